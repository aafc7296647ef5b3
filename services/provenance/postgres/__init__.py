"""PostgreSQL, by psycopg: the log and its tree, what finds answers in it, and the spans."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.provenance.postgres.connection import MAX_SPAN_CALLS_WAITING, Limits, open_pools
from services.provenance.postgres.log import LogTables
from services.provenance.postgres.records import RecordTables
from services.provenance.postgres.spans import SpanTable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.provenance.migrate import Seal

__all__ = ["MAX_SPAN_CALLS_WAITING", "Limits", "PostgresDatabase", "open_database"]


class PostgresDatabase(RecordTables, LogTables, SpanTable):
    """The ports `Records`, `Log` and `Spans` on PostgreSQL."""


@asynccontextmanager
async def open_database(dsn: str, limits: Limits, seal: Seal | None = None) -> AsyncIterator[PostgresDatabase]:
    """A database that connects as soon as PostgreSQL is there, and again whenever it is back.

    Args:
        dsn: Where it is, as `psycopg.connect` takes it.
        limits: What it may take.
        seal: See `services.provenance.migrate.upgrade`; called from another thread.
    """
    async with open_pools(dsn, limits) as pools:
        yield PostgresDatabase(pools, seal)
