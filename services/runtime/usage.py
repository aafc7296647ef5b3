"""How much each tenant has had lately; what was long ago is forgotten."""

from __future__ import annotations

import math
from typing import Final

FORGET_S: Final = 30.0
"""What was had so long ago counts for 1/e of it. Seconds."""

MOST: Final = 1024
"""Tenants that are remembered; beyond, the one that had the least is forgotten."""


class Usage:
    """Seconds of turns by tenant, fading."""

    def __init__(self) -> None:
        """Nobody had any."""
        self._had: dict[str, tuple[float, float]] = {}

    def add(self, tenant: str, seconds: float, now: float) -> None:
        """Count a turn that ended now."""
        self._had[tenant] = (self.of(tenant, now) + seconds, now)
        if len(self._had) > MOST:
            del self._had[min(self._had, key=lambda each: self.of(each, now))]

    def of(self, tenant: str, now: float) -> float:
        """What a tenant has had lately, seconds."""
        seconds, at = self._had.get(tenant, (0.0, now))
        return seconds * math.exp(-max(0.0, now - at) / FORGET_S)
