"""The plain rule by which spans go: too old, or too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from services.provenance.ports import Spans

log = structlog.get_logger()


async def prune(spans: Spans, *, max_age_s: float, max_spans: int) -> int:
    """Drop all that the rule drops now; how many that was."""
    total = 0
    while dropped := await spans.prune(max_age_s=max_age_s, max_spans=max_spans):
        total += dropped
    if total:
        log.info("spans dropped", count=total)
    return total
