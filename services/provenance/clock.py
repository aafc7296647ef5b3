"""The time of day, and whether it can be trusted with what cannot be undone."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

JUMP_S: Final = 300.0
"""By how much the time of day may move otherwise than the monotonic clock. Seconds; a slew moves it by less a day."""


class SystemClock:
    """The port `Clock`: this machine's."""

    def now(self) -> datetime:
        """See `Clock`."""
        return datetime.now(UTC)


class Jumps:
    """Tells when the time of day was set: what is erased by a clock that is wrong is gone, and tomorrow will do too.

    Args:
        wall: The time of day, seconds.
        monotonic: Seconds from any beginning, which nobody sets.
    """

    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._offset = wall() - monotonic()

    def seen(self) -> float:
        """By how much the time of day jumped since this was last asked, seconds; 0 where it did not."""
        before, self._offset = self._offset, self._wall() - self._monotonic()
        moved = self._offset - before
        return moved if abs(moved) > JUMP_S else 0.0
