"""The time and the ids of the real world."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import uuid_utils

from services.runtime import deadlines


class RealWorld:
    """The `World` port."""

    def now(self) -> datetime:
        """The time, UTC."""
        return datetime.now(UTC)

    def seconds(self) -> float:
        """A monotonic clock, seconds."""
        return time.perf_counter()

    def time_left(self) -> float | None:
        """Seconds until the current call's deadline; None for no deadline."""
        return deadlines.remaining()

    def new_answer_id(self) -> str:
        """A UUID version 7: ids sort by time."""
        return str(uuid_utils.uuid7())
