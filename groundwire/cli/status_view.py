"""How a mesh is, for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from groundwire import words
from groundwire.status import MeshStatus, State
from groundwire.words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.mesh.local import ComponentStatus
    from groundwire.v1 import perception_service_pb2

_STATES = {State.SERVING: "bold green", State.NOT_SERVING: "bold yellow", State.UNREACHABLE: "bold red"}


def services_table(status: MeshStatus) -> Table:
    """One row a service: what a client can know."""
    table = _table("service", "address", "health", "")
    for service in status.services:
        health = Text(service.state.value, style=_STATES[service.state])
        problem = service.problem.message if service.problem is not None else ""
        table.add_row(service.name, plain(service.address), health, plain(problem))
    return table


def components_table(components: Sequence[ComponentStatus]) -> Table:
    """One row a process of a mesh on this machine: what its launcher knows as well."""
    table = _table("component", "address", "health", "process", "")
    for component in components:
        ready = component.health.ready
        health = Text("ready" if ready else "not ready", style="bold green" if ready else "bold red")
        detail = component.health.detail if ready else f"{component.health.detail} (log: {component.log})"
        process = plain(f"{component.process.state.lower()} {component.process.description}")
        table.add_row(component.name, plain(component.address), health, process, plain(detail))
    return table


def capabilities_table(capabilities: Sequence[perception_service_pb2.CapabilityStatus]) -> Table:
    """One row a bound model, and one for each capability without any, with the way to bind one."""
    table = _table("capability", "tier", "model", "ready", "weights, or remedy")
    for capability in capabilities:
        name = words.capability(capability.capability)
        if not capability.bindings:
            table.add_row(name, "", Text("none", style="dim"), "", Text(plain(capability.remedy), style="dim"))
        for binding in capability.bindings:
            ready = Text("ready", style="bold green") if binding.ready else Text("not ready", style="bold red")
            weights = f"sha256:{plain(binding.weights_digest, 17)}" if binding.weights_digest else ""
            model = plain(f"{binding.model} {binding.version}")
            table.add_row(name, words.tier(binding.tier), model, ready, Text(weights, style="dim"))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.ROUNDED, header_style="bold", border_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
