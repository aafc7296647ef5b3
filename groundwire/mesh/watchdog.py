"""Starts again what supervisord has given up, and what runs and answers nothing.

supervisord sees processes that end. It leaves alone what failed four times running, as everything does on a full disk,
and it does not see a Triton that waits for ever for a model's process, or a service that stands still. It runs this as
one more program, `python -m groundwire.mesh.watchdog HOME`; a cluster's liveness probes do the same there.
"""

from __future__ import annotations

import fcntl
import sys
import time
import xmlrpc.client
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from groundwire.mesh import supervise
from groundwire.mesh.errors import LaunchError
from groundwire.mesh.state import State
from groundwire.mesh.table import Kind
from groundwire.mesh.triton import bound_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundwire.mesh.supervise import Process

LOOK_S: Final = 2.0
"""Between two looks. Seconds."""

GIVEN_UP_S: Final = 10.0
"""How long what supervisord gave up is left alone before it is started again. Seconds."""

SILENT_S: Final = 60.0
"""How long a component may run without answering. Seconds. On a starved machine Triton takes half of that to start."""

SILENT_BOUND_S: Final = 120.0
"""How much longer Triton may for each bound model, whose weights it has to load. Seconds."""

MOST_DOUBLED: Final = 4
"""How often patience doubles."""

PATIENCE_S: Final = {Kind.SERVICE: SILENT_S, Kind.WEB: SILENT_S, Kind.TRITON: SILENT_S, Kind.VLLM: 900.0}
"""By kind. PostgreSQL is not among them: after a crash it may have much to recover, and it looks after its own."""


@dataclass
class Watch:
    """What is known of each component, and what is due.

    Patience doubles with every start that brought no answer: where a machine is so starved that nothing comes up in
    time, starting it again and again is no help.

    Attributes:
        patience_s: How long each may run without answering, by name; who is not named, for ever.
        given_up_s: How long what supervisord gave up is left alone.
    """

    patience_s: Mapping[str, float]
    given_up_s: float = GIVEN_UP_S
    _since: dict[tuple[str, str, int], float] = field(default_factory=dict)
    _in_vain: dict[str, int] = field(default_factory=dict)

    def due(self, name: str, process: Process, *, answers: bool, now: float) -> str:
        """Why a component has to be started again now; empty where it has not.

        Args:
            name: Its name.
            process: What supervisord says of it.
            answers: Whether it answers.
            now: Seconds from any beginning.
        """
        waits = self._patience(name, process.state)
        trouble = (name, process.state, process.pid)
        for other in [other for other in self._since if other[0] == name and other != trouble]:
            del self._since[other]
        if process.state == "RUNNING" and answers:
            self._in_vain.pop(name, None)
            waits = None
        if waits is None:
            self._since.pop(trouble, None)
            return ""
        if now - self._since.setdefault(trouble, now) < waits:
            return ""
        del self._since[trouble]
        if process.state == "RUNNING":
            self._in_vain[name] = self._in_vain.get(name, 0) + 1
        return process.description if process.state == "FATAL" else f"no answer for {waits:.0f} s"

    def _patience(self, name: str, state: str) -> float | None:
        """How long a component may be in a state; None for ever. Seconds."""
        if state == "FATAL":
            return self.given_up_s
        if state != "RUNNING" or name not in self.patience_s:
            return None
        doubled: float = self.patience_s[name] * 2 ** min(self._in_vain.get(name, 0), MOST_DOUBLED)
        return doubled


def patience(home: Path, kinds: Mapping[str, Kind]) -> dict[str, float]:
    """How long each component of a mesh may run without answering, seconds."""
    waits = {name: PATIENCE_S[kind] for name, kind in kinds.items() if kind in PATIENCE_S}
    bound = len(list(bound_folder(home).glob("*")))
    return {name: s + (SILENT_BOUND_S * bound if kinds[name] is Kind.TRITON else 0) for name, s in waits.items()}


def look(state: State, watch: Watch) -> None:
    """Look at every component once, and start again what has to be.

    Raises:
        Unanswered: supervisord is gone.
    """
    from groundwire.mesh import health  # noqa: PLC0415 - heavy, and not wanted while the mesh is starting

    supervisor = supervise.Supervisor(state.home)
    processes = supervisor.processes()
    for name, kind in state.kinds.items():
        process = processes[name]
        watched = process.state == "RUNNING" and name in watch.patience_s
        answers = not watched or health.ask(kind, state.addresses[name]).answered
        why = watch.due(name, process, answers=answers, now=time.monotonic())
        if why:
            sys.stdout.write(f"{name} is started again: {why}\n")
            sys.stdout.flush()
            with suppress(xmlrpc.client.Fault):  # supervisord was quicker
                supervisor.restart(name)


def is_starting(home: Path) -> bool:
    """Whether the mesh of a home is being started, which is watched by whoever starts it."""
    with (home / "lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def main(home: Path) -> None:
    """Watch until supervisord is gone."""
    watch = Watch({})
    while True:
        time.sleep(LOOK_S)
        if is_starting(home):
            continue
        try:
            state = State.find(home)
            watch.patience_s = patience(home, state.kinds)
            look(state, watch)
        except LaunchError:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
