"""What a fault is, and how it is known that it bit."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundwire.mesh.startup import log_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundwire.mesh.local import Mesh


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to hurt one part.

    Attributes:
        name: On the command line.
        part: The component's name, which is also that of its log.
        what: What is done to it, for the table.
        inflict: Does it; returns when it is over, or has happened, with what shows that it did; "" for nothing.
        rig: The kind of mesh that it needs.
        sign: Pattern of what the part's log, or a caller, says of it, which tells more than what `inflict` returns; ""
            where nobody says anything.
        prepare: Makes a mesh of that rig ready for it, once.
        sends_pictures: Whether callers send pictures that were never seen, not the digest of one that is held.
    """

    name: str
    part: str
    what: str
    inflict: Callable[[Mesh], str]
    rig: str = "whole"
    sign: str = ""
    prepare: Callable[[Mesh], None] | None = None
    sends_pictures: bool = False


class Log:
    """What a component's log says from now on."""

    def __init__(self, mesh: Mesh, part: str) -> None:
        self._path = log_file(mesh.home, part)
        self._start = self._path.stat().st_size if self._path.exists() else 0

    def lines(self) -> list[str]:
        """Its new lines; after a rotation, the whole new file's."""
        if not self._path.exists():
            return []
        start = self._start if self._path.stat().st_size >= self._start else 0
        with self._path.open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace").splitlines()

    def says(self, pattern: str) -> str:
        """The piece of the first line that the pattern matches; empty where none does."""
        return next((found[0] for line in self.lines() if (found := re.search(pattern, line))), "")


def pause(seconds: float) -> None:
    """Let time pass."""
    threading.Event().wait(seconds)
