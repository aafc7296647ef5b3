"""Starting a component of a running mesh again with another environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.faults.fault import pause
from groundwire.mesh import supervise
from groundwire.mesh.launch import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundwire.mesh.local import Mesh


def restart_with(mesh: Mesh, environments: Mapping[str, Mapping[str, str]]) -> None:
    """Start components again with further variables, by name; return when the mesh is ready."""
    supervisor = supervise.Supervisor(mesh.home)
    for part, environment in environments.items():
        path = mesh.home / "launch" / f"{part}.json"
        plan = Plan.read(path)
        replace(plan, environment={**plan.environment, **environment}).write(path)
        supervisor.restart(part)
    pause(1.0)
    mesh.wait()
