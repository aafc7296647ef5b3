"""PostgreSQL, by psycopg: the log and its tree, what finds answers in it, and the spans."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.provenance.postgres.connection import MAX_SPAN_CALLS_WAITING, Limits, open_pools
from services.provenance.postgres.erasing import ErasingTables
from services.provenance.postgres.log import LogTables
from services.provenance.postgres.news import PostgresNews, listening
from services.provenance.postgres.records import RecordTables
from services.provenance.postgres.reviews import ReviewTable
from services.provenance.postgres.search import SearchTables
from services.provenance.postgres.spans import SpanTable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from services.provenance.migrate import Seal
    from services.provenance.postgres.connection import Pools

__all__ = ["MAX_SPAN_CALLS_WAITING", "Limits", "PostgresDatabase", "open_database"]


class PostgresDatabase(RecordTables, SearchTables, ReviewTable, ErasingTables, LogTables, SpanTable):
    """The ports `Records`, `Log`, `Spans` and `News` on PostgreSQL."""

    def __init__(self, pools: Pools, seal: Seal | None, news: PostgresNews) -> None:
        """See `Connected`; word of new records comes by `news`."""
        super().__init__(pools, seal)
        self._news = news

    def subscribed(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """See `News`."""
        return self._news.subscribed()


@asynccontextmanager
async def open_database(dsn: str, limits: Limits, seal: Seal | None = None) -> AsyncIterator[PostgresDatabase]:
    """A database that connects as soon as PostgreSQL is there, and again whenever it is back.

    Args:
        dsn: Where it is, as `psycopg.connect` takes it.
        limits: What it may take.
        seal: See `services.provenance.migrate.upgrade`; called from another thread.
    """
    async with open_pools(dsn, limits) as pools, listening(pools.conninfo) as news:
        yield PostgresDatabase(pools, seal, news)
