"""The start of a mesh: each component begun when it can be, watched until ready, given up in its own words."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundwire.mesh import health, triton
from groundwire.mesh.errors import StartFailed
from groundwire.mesh.health import Health
from groundwire.mesh.supervise import Process, Supervisor
from groundwire.mesh.table import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundwire.mesh.table import Component

POLL_S = 0.1
TAIL_LINES = 20

HUNG_S = 60.0
"""A Triton that has not come up by then is started again, once. Seconds. On a starved machine its python backend was
seen to wait for ever for a model's process; otherwise the shipped models load within a few seconds."""

BOUND_MODEL_S = 120.0
"""How much longer all that may take for each bound model: to load a gigabyte of weights takes a minute. Seconds."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A step that a component took while the mesh was starting.

    Attributes:
        component: Its name.
        state: waiting (for one it cannot do without), starting, restarting (it ended), or ready.
        detail: What is known beyond that; may be empty.
        elapsed_s: Seconds since the start of the mesh.
    """

    component: str
    state: str
    detail: str
    elapsed_s: float


class Startup:
    """One start of one mesh, whose supervisord runs already.

    Args:
        home: The folder of its state.
        components: What to start.
        addresses: Where each is to be found, by name.
        progress: Called with every step that a component takes.
    """

    def __init__(
        self,
        home: Path,
        components: Sequence[Component],
        addresses: Mapping[str, str],
        progress: Callable[[Progress], None],
    ) -> None:
        self._home = home
        self._components = components
        self._addresses = addresses
        self._progress = progress
        self._supervisor = Supervisor(home)
        self._begun = time.monotonic()
        self._steps: dict[str, Progress] = {}
        self._restarted: set[str] = set()
        self._loading_s = BOUND_MODEL_S * len(list(triton.bound_folder(home).glob("*")))

    def run(self, timeout_s: float) -> None:
        """Return when every component is ready.

        Raises:
            StartFailed: supervisord has given one up, or time is up.
        """
        while unready := [component for component in self._components if not self._is_ready(component.name)]:
            processes = self._supervisor.processes()
            for component in unready:
                process = processes[component.name]
                state, detail = self._advance(component, process)
                self._report(component.name, state, detail)
                if process.state == "FATAL" or self._elapsed_s() > timeout_s + self._loading_s:
                    raise failure(self._home, component.name, process.description, Health(ready=False, detail=detail))
            time.sleep(POLL_S)

    def _advance(self, component: Component, process: Process) -> tuple[str, str]:
        """Start a component if it is time; its state and what is known beyond that."""
        if process.state == "STOPPED":
            missing = [name for name in component.after if name in self._addresses and not self._is_ready(name)]
            if missing:
                return "waiting", f"for {', '.join(missing)}"
            self._supervisor.start(component)
            return "starting", ""
        if process.state == "BACKOFF":
            return "restarting", process.description
        answer = health.ask(component.kind, self._addresses[component.name])
        if not answer.ready and self._hangs(component):
            self._restarted.add(component.name)
            self._supervisor.restart(component.name)
            return "restarting", f"not up after {HUNG_S:.0f} s"
        return ("ready" if answer.ready else "starting"), answer.detail

    def _hangs(self, component: Component) -> bool:
        """Whether it is time to start a component again that runs and does not come up."""
        is_triton = component.kind is Kind.TRITON
        return is_triton and component.name not in self._restarted and self._elapsed_s() > HUNG_S + self._loading_s

    def _report(self, name: str, state: str, detail: str) -> None:
        """Tell of a step that is news."""
        last = self._steps.get(name)
        if not last or (last.state, last.detail) != (state, detail):
            self._steps[name] = Progress(name, state, detail, self._elapsed_s())
            self._progress(self._steps[name])

    def _is_ready(self, name: str) -> bool:
        """Whether it has been seen ready."""
        return name in self._steps and self._steps[name].state == "ready"

    def _elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._begun


def log_file(home: Path, name: str) -> Path:
    """A component's log."""
    return home / "logs" / f"{name}.log"


def set_aside(log: Path) -> None:
    """Begin a log anew; the last start's stays beside it, under the name that rotation gives."""
    if log.exists():
        log.replace(f"{log}.1")


def failure(home: Path, name: str, description: str, answer: Health) -> StartFailed:
    """The error for a component that will not become ready."""
    log = log_file(home, name)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    why = "; ".join(filter(None, (description, answer.detail)))
    return StartFailed(name, why, log=log, tail="\n".join(lines[-TAIL_LINES:]))
