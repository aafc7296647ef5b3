"""The plain rule by which spans go: too old, or too many."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from services.common.errors import MeshError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.provenance.ports import Spans

log = structlog.get_logger()


@asynccontextmanager
async def pruning(spans: Spans, *, max_age_s: float, max_spans: int, interval_s: float) -> AsyncIterator[None]:
    """Drop old spans every `interval_s` seconds while the context lasts."""

    async def forever() -> None:
        while True:
            try:
                await prune(spans, max_age_s=max_age_s, max_spans=max_spans)
            except MeshError:
                pass  # An unreachable database is the readiness probe's to report; the next look drops what is left.
            except Exception:  # a fault of ours must not end the rule for good
                log.exception("spans could not be dropped")
            await asyncio.sleep(interval_s)

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def prune(spans: Spans, *, max_age_s: float, max_spans: int) -> int:
    """Drop all that the rule drops now; how many that was."""
    total = 0
    while dropped := await spans.prune(max_age_s=max_age_s, max_spans=max_spans):
        total += dropped
    if total:
        log.info("spans dropped", count=total)
    return total
