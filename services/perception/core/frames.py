"""The frames of a stream that wait for their turn, and which of them goes when there are too many. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

MAX_WAITING: Final = 64
DEFAULT_WAITING: Final = 2
"""Frames that may wait, at most and where the caller does not say."""

MAX_REPORTS: Final = 1024
"""Dropped frames whose report waits for the frames before them. Beyond that, the stream takes no more frames."""


class LatePolicy(IntEnum):
    """What happens to a frame too many; the numbers are those of the contract."""

    DROP_OLDEST = 1
    DROP_NEWEST = 2
    WAIT = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: the caller's number and time for it, and its picture, encoded, or the digest of one that is held."""

    sequence: int
    taken_unix_nanos: int
    picture: bytes | str


@dataclass(frozen=True, slots=True)
class Turn:
    """A frame whose turn has come; `dropped` if it was dropped while it waited, and then without its picture."""

    frame: Frame
    dropped: bool


class Waiting:
    """Frames in the order of their arrival. Dropped ones keep their place, so that they are reported in order.

    Args:
        room: Frames that may wait.
        policy: What happens to one more.
    """

    def __init__(self, room: int, policy: LatePolicy) -> None:
        self._room = room
        self._policy = policy
        self._turns: deque[Turn] = deque()
        self._live = 0

    @property
    def takes_more(self) -> bool:
        """Whether a frame may be added now."""
        if self._policy is LatePolicy.WAIT:
            return self._live < self._room
        return len(self._turns) < MAX_REPORTS + self._room

    def add(self, frame: Frame) -> None:
        """Let a frame wait, or drop it or the one that has waited longest, as the policy says."""
        full = self._live >= self._room
        if full and self._policy is LatePolicy.DROP_OLDEST:
            oldest = next(index for index, turn in enumerate(self._turns) if not turn.dropped)
            self._turns[oldest] = _dropped(self._turns[oldest].frame)
            self._live -= 1
        if full and self._policy is LatePolicy.DROP_NEWEST:
            self._turns.append(_dropped(frame))
            return
        self._turns.append(Turn(frame, dropped=False))
        self._live += 1

    def next(self) -> Turn | None:
        """Whose turn it is; None while nobody waits."""
        if not self._turns:
            return None
        turn = self._turns.popleft()
        self._live -= not turn.dropped
        return turn


def _dropped(frame: Frame) -> Turn:
    return Turn(replace(frame, picture=b""), dropped=True)
