"""Full disks: the folders of a mesh on small file systems of their own, filled to the last byte and emptied again.

They are tmpfs, mounted by root into the mesh's home before it starts.
"""

from __future__ import annotations

import errno
import os
import subprocess
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from bench.faults.fault import Fault, pause
from bench.faults.processes import ended, processes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundwire.mesh.local import Mesh

RIG = "disks"
FULL_S = 8.0
MIB = 1 << 20
HOME_MIB = 512
"""Of the file system that holds everything but the logs, PostgreSQL's data among it."""
SMALL = {"keys": 1, "checkpoints": 1, "objects": 48}
"""Folders with a file system of their own, MiB."""

FULL = (
    "[Nn]o space left on device|disk is full|cannot be written to|key store is out of reach|no checkpoint was published"
)


def lacking() -> str:
    """Why disks cannot be filled here; empty where they can."""
    return "" if os.geteuid() == 0 else "mounting file systems takes root"


@contextmanager
def small_disks(home: Path) -> Iterator[None]:
    """A home, and folders of it, on small file systems until the context ends; its logs are elsewhere."""
    with ExitStack() as mounted:
        mounted.enter_context(_mounted(home, HOME_MIB))
        for name, size in SMALL.items():
            (home / name).mkdir()
            mounted.enter_context(_mounted(home / name, size))
        logs = home.with_name(f"{home.name}-logs")
        logs.mkdir()
        (home / "logs").symlink_to(logs)
        yield


@contextmanager
def _mounted(folder: Path, mib: int) -> Iterator[None]:
    command = ("mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "tmpfs", str(folder))
    subprocess.run(command, check=True)  # noqa: S603 - our own
    try:
        yield
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)  # noqa: S603, S607


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """No byte is left on a folder's file system until the context ends."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (MIB, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    try:
        yield
    finally:
        filler.unlink()


def filled(name: str, part: str, what: str, *, restarts: bool = False, sends_pictures: bool = False) -> Fault:
    """A folder's disk is full for a while; `restarts` kills the part meanwhile, which then has to start on it."""

    def inflict(mesh: Mesh) -> str:
        with full(mesh.home / name if name in SMALL else mesh.home):
            if restarts:
                ended(processes(mesh, part))
            pause(FULL_S)
        return ""

    what = f"{what} for {FULL_S:g} s"
    return Fault(f"{part}-{name}-full", part, what, inflict, RIG, FULL, sends_pictures=sends_pictures)
