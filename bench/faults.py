"""Ways to hurt a running part of a local mesh, each with its remedy."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from groundwire.mesh.local import Mesh

FREEZE_S = 6.0
SLOW_S = 12.0
SLOW_SHARE = 0.75
"""Share of the time that a slowed part stands still."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to hurt one part.

    Attributes:
        part: The component's name.
        what: What is done to it, for the table.
        inflict: Does it; returns when it is over, or has happened.
    """

    part: str
    what: str
    inflict: Callable[[Mesh, str], None]


def processes(mesh: Mesh, part: str) -> list[psutil.Process]:
    """The part's process and all that it started, children first."""
    root = psutil.Process(next(each.process.pid for each in mesh.status() if each.name == part))
    return [*reversed(root.children(recursive=True)), root]


def kill(mesh: Mesh, part: str) -> None:
    """End it and its children without warning."""
    for process in processes(mesh, part):
        with suppress(psutil.NoSuchProcess):  # a child can end with its parent, sooner than it is reached
            process.kill()


def kill_workers(mesh: Mesh, part: str) -> None:
    """End its children alone: Triton's model processes, PostgreSQL's sessions."""
    for process in processes(mesh, part)[:-1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def freeze(mesh: Mesh, part: str) -> None:
    """Let it stand still for a while (SIGSTOP, SIGCONT): a pause that no connection notices."""
    with _standing(mesh, part):
        _pause(FREEZE_S)


def slow_down(mesh: Mesh, part: str) -> None:
    """Let it stand still three quarters of the time."""
    for _ in range(int(SLOW_S / 0.4)):
        with _standing(mesh, part):
            _pause(0.4 * SLOW_SHARE)
        _pause(0.4 * (1 - SLOW_SHARE))


@contextmanager
def _standing(mesh: Mesh, part: str) -> Iterator[None]:
    held = processes(mesh, part)
    for process in held:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in held:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


FAULTS: tuple[Fault, ...] = (
    *(Fault(part, "killed", kill) for part in ("fusion", "perception", "llm", "provenance", "triton", "postgres")),
    Fault("triton", "its model processes killed", kill_workers),
    Fault("postgres", "its sessions killed", kill_workers),
    *(
        Fault(part, f"frozen for {FREEZE_S:g} s", freeze)
        for part in ("fusion", "perception", "llm", "provenance", "triton", "postgres")
    ),
    *(Fault(part, f"slowed to a quarter for {SLOW_S:g} s", slow_down) for part in ("perception", "triton", "postgres")),
)
"""Every fault, in the order of the table."""
