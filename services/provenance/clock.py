"""The time of day."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The port `Clock`: this machine's."""

    def now(self) -> datetime:
        """See `Clock`."""
        return datetime.now(UTC)
