"""Further replicas of every service of a running mesh, beside the ones it has: on its Triton and its PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.meshes import surroundings
from groundwire.mesh import health, launch
from groundwire.mesh.launch import Plan
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS, Kind, address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from groundwire.mesh.local import Mesh

READY_S = 120.0
STOP_S = 60.0
SERVICES = tuple(component for component in COMPONENTS if component.kind is Kind.SERVICE)


@contextmanager
def another(mesh: Mesh, folder: Path, environ: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """One more of each service, calling each other, in the environment that the mesh has; their addresses by name."""
    ports = free_ports(SERVICES)
    addresses = {service.name: address(service, ports) for service in SERVICES}
    with ExitStack() as running:
        for service in SERVICES:
            plan = _moved(Plan.read(mesh.home / "launch" / f"{service.name}.json"), mesh.addresses, addresses)
            own = {service.listeners[0].variable: addresses[service.name].rpartition(":")[2]}
            file = folder / f"{service.name}-{own[service.listeners[0].variable]}.json"
            replace(plan, environment=plan.environment | own).write(file)
            running.enter_context(_process(file, environ))
        for service in SERVICES:
            _wait(service.kind, addresses[service.name])
        yield addresses


def _moved(plan: Plan, old: Mapping[str, str], new: Mapping[str, str]) -> Plan:
    """The plan with the replica's own services for callees."""
    environment = dict(plan.environment)
    for name, place in new.items():
        environment = {key: value.replace(old[name], place) for key, value in environment.items()}
    return replace(plan, environment=environment)


@contextmanager
def _process(plan: Path, environ: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, launch.__file__, str(plan)]
    with plan.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=surroundings(environ))  # noqa: S603 - ours
        try:
            yield
        finally:
            process.terminate()
            process.wait(STOP_S)


def _wait(kind: Kind, place: str) -> None:
    until = time.monotonic() + READY_S
    while not health.ask(kind, place).ready:
        if time.monotonic() > until:
            raise TimeoutError(f"the replica at {place} is not ready after {READY_S:.0f} s")
        time.sleep(0.2)
