"""What is done again and again beside the calls: dropping spans, expiring answers, indexing old ones."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import structlog

from services.common.errors import MeshError
from services.runtime.tasks import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

log = structlog.get_logger()

RETRY_S: Final = 1.0
"""Pause after what could not be done. Seconds."""


@asynccontextmanager
async def repeating(what: str, chore: Callable[[], Awaitable[object]], interval_s: float) -> AsyncIterator[None]:
    """Do a chore, and do it again `interval_s` seconds after it was done, while the context lasts.

    What could not be done for want of the database, at the start above all, is tried again soon.
    """

    async def forever() -> None:
        while True:
            pause_s = interval_s
            try:
                await chore()
            except MeshError:
                # An unreachable database is the readiness probe's to report.
                pause_s = min(interval_s, RETRY_S)
            except Exception:  # a fault of ours must not end the chore for good
                log.exception("a chore failed", chore=what)
            await asyncio.sleep(pause_s)

    task = asyncio.create_task(forever())
    try:
        yield
    finally:
        await end(task)
