"""The caller's deadline, carried from the server side of a call to the calls made on its behalf."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Final

_deadline: ContextVar[float | None] = ContextVar("groundwire_deadline", default=None)

HOP_MARGIN_S: Final = 0.02
"""Kept back at each hop, so that the callee's own error arrives before the caller gives up. Seconds."""


def set_remaining(seconds: float | None) -> None:
    """Note how long the current call may still take; None for no limit."""
    _deadline.set(None if seconds is None else time.monotonic() + seconds)


def remaining() -> float | None:
    """Seconds that the current call may still take, never below 0; None for no limit."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def for_next_hop(timeout: float | None) -> float | None:
    """The shorter of `timeout` and what is left less the margin, seconds; None for no limit."""
    left = remaining()
    if left is None:
        return timeout
    left = max(0.0, left - HOP_MARGIN_S)
    return left if timeout is None else min(timeout, left)
