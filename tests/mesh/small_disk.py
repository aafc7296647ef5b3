"""A small file system of its own, that a test may fill."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class SmallDisk:
    """Where it is mounted."""

    folder: Path

    def fill(self, *, leaving: int) -> None:
        """Take up all of its room but so many bytes."""
        state = os.statvfs(self.folder)
        with (self.folder / "ballast").open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, state.f_bavail * state.f_frsize - leaving)

    def make_room(self) -> None:
        """Give back what was taken up."""
        (self.folder / "ballast").unlink()


@contextmanager
def small_disk(kibibytes: int) -> Iterator[SmallDisk]:
    """A tmpfs of that size, gone afterwards. Skips the test where none may be mounted: that takes root."""
    folder = Path(tempfile.mkdtemp(prefix="groundwire-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kibibytes}k,mode=0777", "tmpfs", str(folder)]
    try:
        if os.getuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603
            pytest.skip("no small file system can be mounted here: that takes root")
        try:
            yield SmallDisk(folder)
        finally:
            subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607
    finally:
        folder.rmdir()
