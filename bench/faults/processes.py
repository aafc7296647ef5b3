"""Killing, freezing and slowing down processes, and leaving them no file descriptor."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.faults.fault import Fault, pause
from groundwire.mesh.supervise import Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from groundwire.mesh.local import Mesh

FREEZE_S = 6.0
SLOW_S = 12.0
SLOW_SHARE = 0.75
"""Share of the time that a slowed part stands still."""
STARVE_S = 8.0
FEWEST = 3
"""Descriptors are given below this number: input, output and errors, which a process has from the beginning.

What it has open beyond stays open, but what it closes it cannot open again.
"""

NO_DESCRIPTORS = r"[Tt]oo many open files|EMFILE|out of file descriptors"


def processes(mesh: Mesh, part: str) -> list[psutil.Process]:
    """The part's process and all that it started, children first."""
    root = psutil.Process(Supervisor(mesh.home).processes()[part].pid)
    return [*reversed(root.children(recursive=True)), root]


def ended(found: list[psutil.Process]) -> str:
    """End processes without warning, and say how many."""
    for process in found:
        with suppress(psutil.NoSuchProcess):  # a child can end with its parent, sooner than it is reached
            process.kill()
    psutil.wait_procs(found, timeout=1)
    gone = sum(map(_is_over, found))
    return f"{gone} of {len(found)} processes ended" if found else ""


def _is_over(process: psutil.Process) -> bool:
    """Whether a process ended; its parent may not have taken note of it yet."""
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True


def killed(part: str, rig: str = "whole") -> Fault:
    """The part and its children end."""
    return Fault(f"{part}-killed", part, "killed", lambda mesh: ended(processes(mesh, part)), rig)


def workers_killed(part: str, what: str) -> Fault:
    """Its children alone end: Triton's model processes, PostgreSQL's sessions."""
    return Fault(f"{part}-workers-killed", part, what, lambda mesh: ended(processes(mesh, part)[:-1]))


def killed_while_starting() -> Fault:
    """Triton's model processes end while it loads its models, which leaves it waiting for them."""

    def inflict(mesh: Mesh) -> str:
        ended(processes(mesh, "triton"))
        for _ in range(1200):
            pause(0.05)
            with suppress(psutil.NoSuchProcess):
                if len(found := processes(mesh, "triton")) > 1:
                    return f"while starting: {ended(found[:-1])}"
        return ""

    return Fault("triton-killed-while-starting", "triton", "killed, its model processes while it starts again", inflict)


def frozen(part: str, rig: str = "whole") -> Fault:
    """It stands still for a while (SIGSTOP, SIGCONT): a pause that no connection notices."""

    def inflict(mesh: Mesh) -> str:
        with _standing(mesh, part) as held:
            pause(FREEZE_S)
            return _stopped(held)

    return Fault(f"{part}-frozen", part, f"frozen for {FREEZE_S:g} s", inflict, rig)


def slowed(part: str, rig: str = "whole") -> Fault:
    """It stands still three quarters of the time."""

    def inflict(mesh: Mesh) -> str:
        said = ""
        for _ in range(int(SLOW_S / 0.4)):
            with _standing(mesh, part) as held:
                said = _stopped(held)
                pause(0.4 * SLOW_SHARE)
            pause(0.4 * (1 - SLOW_SHARE))
        return said

    return Fault(f"{part}-slowed", part, f"slowed to a quarter for {SLOW_S:g} s", inflict, rig)


def starved(part: str) -> Fault:
    """Its processes may open nothing more than they have open."""

    def inflict(mesh: Mesh) -> str:
        found = processes(mesh, part)
        before = {process: limits for process in found if (limits := _limits(process))}
        for process, (_, hard) in before.items():
            _allow(process, FEWEST, hard)
        pause(STARVE_S)
        full = sum(map(_is_full, found))
        for process, limits in before.items():
            _allow(process, *limits)
        return f"{full} of {len(found)} processes had every descriptor in use" if full else ""

    what = f"no further file descriptor for {STARVE_S:g} s"
    return Fault(f"{part}-descriptors", part, what, inflict, sign=NO_DESCRIPTORS)


def _limits(process: psutil.Process) -> tuple[int, int] | None:
    """How many files a process may have open, softly and hard; None where it has ended."""
    with suppress(OSError):
        found = re.search(
            r"^Max open files +(\d+) +(\d+)", Path(f"/proc/{process.pid}/limits").read_text(), re.MULTILINE
        )
        return (int(found[1]), int(found[2])) if found else None
    return None


def _allow(process: psutil.Process, soft: int, hard: int) -> None:
    """Change that, as the user and group that the process belongs to: even root may not where it lacks that right.

    By setpriv: with `user=`, Python would fork this process, and gRPC's threads may kill the child before it begins.
    """
    with suppress(psutil.NoSuchProcess):
        uid, gid = process.uids().real, process.gids().real
        another = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"] if uid != os.geteuid() else []
        command = [*another, "prlimit", "--pid", str(process.pid), f"--nofile={soft}:{hard}"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own words
        if done.returncode and process.is_running():
            raise RuntimeError(f"the limit of process {process.pid} could not be set: {done.stderr.strip()}")


def _is_full(process: psutil.Process) -> bool:
    """Whether a process would be given no further descriptor: it gets the lowest number that is free."""
    with suppress(OSError):
        used = {int(entry.name) for entry in Path(f"/proc/{process.pid}/fd").iterdir()}
        limits = _limits(process)
        return limits is not None and used.issuperset(range(limits[0]))
    return False


@contextmanager
def _standing(mesh: Mesh, part: str) -> Iterator[list[psutil.Process]]:
    held = processes(mesh, part)
    for process in held:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield held
    finally:
        for process in held:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def _stopped(held: list[psutil.Process]) -> str:
    count = 0
    for process in held:
        with suppress(psutil.NoSuchProcess):
            count += process.status() == psutil.STATUS_STOPPED
    return f"{count} of {len(held)} processes stopped" if count else ""
