"""Word of new records, by LISTEN and NOTIFY: what one replica appends, the watchers of all hear of."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Final

import psycopg
import structlog

from services.provenance.postgres.appending import CHANNEL
from services.runtime.tasks import end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

log = structlog.get_logger()

LOOK_AGAIN_S: Final = 10.0
"""Watchers look for new records as often as that even if they hear nothing. Seconds."""
RECONNECT_S: Final = 1.0
"""Pause before the next attempt to connect. Seconds."""


class PostgresNews:
    """The port `News`. It promises no more than that a watcher looks; what there is, the watcher reads for itself, so
    that nothing is lost with a connection.
    """  # noqa: D205 - one sentence

    def __init__(self, conninfo: str) -> None:
        """Nothing is connected yet."""
        self._conninfo = conninfo
        self._watchers: set[asyncio.Event] = set()

    @asynccontextmanager
    async def subscribed(self) -> AsyncIterator[asyncio.Event]:
        """See `News`."""
        with self._watching() as changed:
            yield changed

    @contextmanager
    def _watching(self) -> Iterator[asyncio.Event]:
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            yield changed
        finally:
            self._watchers.discard(changed)

    async def listen(self) -> None:
        """Listen for ever, and connect again whenever PostgreSQL is back."""
        while True:
            try:
                await self._listen_once()
            except (psycopg.Error, OSError):
                # That PostgreSQL is gone is the readiness probe's to report.
                await asyncio.sleep(RECONNECT_S)
            except Exception:  # a fault of ours must not leave the watchers deaf for good
                log.exception("new records could not be listened for")
                await asyncio.sleep(RECONNECT_S)
            self._tell()

    async def _listen_once(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}".encode())
            while True:
                # What came before it listened, and what it was not told of.
                self._tell()
                async for _ in connection.notifies(timeout=LOOK_AGAIN_S):
                    self._tell()

    def _tell(self) -> None:
        for changed in self._watchers:
            changed.set()


@asynccontextmanager
async def listening(conninfo: str) -> AsyncIterator[PostgresNews]:
    """Word of new records, while the context lasts."""
    news = PostgresNews(conninfo)
    task = asyncio.create_task(news.listen())
    try:
        yield news
    finally:
        await end(task)
