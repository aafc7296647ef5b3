"""The plain rules by which things go: spans too old, or too many; answers that a policy lets be kept no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from services.provenance.clock import Jumps
    from services.provenance.ports import Spans
    from services.provenance.vault import Vault

log = structlog.get_logger()


async def prune(spans: Spans, *, max_age_s: float, max_spans: int) -> int:
    """Drop all that the rule drops now; how many that was."""
    total = 0
    while dropped := await spans.prune(max_age_s=max_age_s, max_spans=max_spans):
        total += dropped
    if total:
        log.info("spans dropped", count=total)
    return total


async def expire(vault: Vault, jumps: Jumps) -> int:
    """Erase what policies do not let be kept any longer, unless the time of day was just set; how many answers it was.

    An hour later, at the next look, a clock that was wrong has been mended, or it was right all along.
    """
    if moved_s := jumps.seen():
        log.warning("the time of day was set: nothing expires until the next look", moved_s=round(moved_s))
        return 0
    return await vault.expire()
