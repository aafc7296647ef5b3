"""What can go wrong in starting, finding and stopping a local mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class LaunchError(Exception):
    """The local mesh cannot do what was asked of it.

    Args:
        message: What was wrong, one sentence for a person.
        remedy: What that person can do about it.
    """

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy


class PortInUse(LaunchError):
    """A port that a component would listen on is taken; nothing was started."""

    def __init__(self, port: int, *, component: str, variable: str, holder: str) -> None:
        super().__init__(
            f"Port {port}, on which {component} would listen, is in use by {holder}.",
            remedy=f"Stop that, or choose another port with {variable}.",
        )
        self.port = port
        self.component = component


class PartMissing(LaunchError):
    """A part that has to be installed beforehand is not there."""

    def __init__(self, part: str, message: str, *, remedy: str) -> None:
        super().__init__(message, remedy=remedy)
        self.part = part


class StartFailed(LaunchError):
    """A component did not become ready; everything that had been started was stopped again.

    Args:
        component: Its name.
        why: What was seen of it.
        log: Its log file.
        tail: The last lines of that file.
    """

    def __init__(self, component: str, why: str, *, log: Path, tail: str) -> None:
        super().__init__(f"{component} did not become ready: {why}.", remedy=f"Its log, {log}, ends:\n{tail}")
        self.component = component
        self.log = log
        self.tail = tail


class AlreadyRunning(LaunchError):
    """A mesh is running in that home already."""

    def __init__(self, home: Path) -> None:
        super().__init__(f"A mesh is running in {home} already.", remedy="Use it, or stop it with `groundwire down`.")
        self.home = home


class NotRunning(LaunchError):
    """No mesh is running in that home."""

    def __init__(self, home: Path) -> None:
        super().__init__(f"No mesh is running in {home}.", remedy="Start one with `groundwire up`.")
        self.home = home


class StopFailed(LaunchError):
    """Processes of a mesh that was told to stop are still there."""

    def __init__(self, home: Path, *, pids: Sequence[int], timeout_s: float) -> None:
        super().__init__(
            f"The mesh in {home} has not stopped within {timeout_s:g} s.",
            remedy=f"End what is left of it: `kill -9 {' '.join(map(str, pids))}`.",
        )
        self.pids = tuple(pids)
