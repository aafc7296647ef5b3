"""Connections to PostgreSQL: pools, transactions with a time limit, errors in the mesh's words.

Records and spans have connections of their own, so that a flood of spans never keeps a record waiting.
"""

from __future__ import annotations

import asyncio
import select
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from groundwire.proofs.merkle import HASH_BYTES
from services.common.errors import DeadlineExceeded, MeshError, Overloaded, PartUnavailable
from services.provenance import migrate
from services.runtime import deadlines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Connection = psycopg.AsyncConnection[TupleRow]


class Pool(AsyncConnectionPool[Connection]):
    """The library's pool, with a check of connections that asks PostgreSQL only where there is reason to.

    To ask at every turn would cost a third of what recording does.
    """

    @staticmethod
    async def check_connection(conn: Connection) -> None:
        """Return if PostgreSQL has not ended an idle connection: whatever ends one can be read from its socket.

        Raises:
            psycopg.Error: The connection is lost.
        """
        heard = select.poll()
        heard.register(conn.fileno(), select.POLLIN | select.POLLPRI)
        if heard.poll(0):
            await AsyncConnectionPool.check_connection(conn)


MAX_SPAN_CALLS_WAITING: Final = 16
"""Calls that may wait to keep spans; their senders try again."""

_CONNECTION: Final = {
    "application_name": "groundwire-provenance",
    # A host that vanished is noticed within seconds, not hours. The connection string may say otherwise.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
_SETTINGS: Final = """
    SELECT set_config('statement_timeout', %s, true),
           set_config('synchronous_commit', replace(current_setting('synchronous_commit'), 'off', 'on'), true)
"""
"""Of every transaction. Durability is not the server's to choose: a receipt is a promise."""
_HANG_MARGIN_S: Final = 1.0
"""PostgreSQL ends a statement by itself when its time is over; this much later it is given up for lost. Seconds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections and how much time work on PostgreSQL gets, at most.

    `connect_s` is the time to wait for a connection, `statement_s` that of one piece of work, seconds.
    """

    records_connections: int = 8
    spans_connections: int = 2
    connect_s: float = 2.0
    statement_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Pools:
    """Open pools to one database, for records and for spans."""

    conninfo: str
    records: Pool
    spans: Pool
    limits: Limits


@asynccontextmanager
async def open_pools(dsn: str, limits: Limits) -> AsyncIterator[Pools]:
    """Pools that connect as soon as PostgreSQL is there, and again whenever it is back."""
    settings = {**_CONNECTION, "connect_timeout": str(max(2, round(limits.connect_s))), **conninfo_to_dict(dsn)}
    conninfo = make_conninfo("", **settings)
    async with AsyncExitStack() as stack:
        records = await stack.enter_async_context(_pool(conninfo, "records", limits.records_connections, limits))
        spans = await stack.enter_async_context(
            _pool(conninfo, "spans", limits.spans_connections, limits, max_waiting=MAX_SPAN_CALLS_WAITING)
        )
        yield Pools(conninfo, records, spans, limits)


@asynccontextmanager
async def _pool(conninfo: str, name: str, size: int, limits: Limits, *, max_waiting: int = 0) -> AsyncIterator[Pool]:
    pool = Pool(
        conninfo,
        name=name,
        min_size=1,
        max_size=size,
        max_waiting=max_waiting,
        timeout=limits.connect_s,
        # The pool's own pauses between attempts grow to minutes. Given up soon, it starts afresh at the next call,
        # and the readiness probe calls every second.
        reconnect_timeout=limits.connect_s / 4,
        configure=_configure,
        check=Pool.check_connection,
        open=False,
    )
    await pool.open(wait=False)
    try:
        yield pool
    finally:
        await pool.close()


async def _configure(connection: Connection) -> None:
    # Appending relies on it: what follows the lock on the log's head must see what its holder before committed.
    await connection.set_isolation_level(psycopg.IsolationLevel.READ_COMMITTED)


class Connected:
    """What the tables stand on: transactions over open pools."""

    def __init__(self, pools: Pools, seal: migrate.Seal | None) -> None:
        """Nothing is asked of PostgreSQL yet.

        Args:
            pools: Open pools.
            seal: See `migrate.upgrade`; called from another thread.
        """
        self._pools = pools
        self._seal = seal
        self._migrated = False

    async def ready(self) -> None:
        """Return when PostgreSQL answers and has the schema, which the first call that reaches it brings up to date.

        Raises:
            PartUnavailable: It does not.
        """
        if not self._migrated:
            await asyncio.to_thread(migrate.upgrade, self._pools.conninfo, self._seal)
            self._migrated = True
        # Replaces the connections that died with a server, so that calls need not find them one by one.
        for pool in (self._pools.records, self._pools.spans):
            await pool.check()
        async with self._recording() as connection:
            await connection.execute("SELECT next_index FROM log_head")

    @asynccontextmanager
    async def _recording(self) -> AsyncIterator[Connection]:
        """A transaction for records."""
        async with self._transaction(self._pools.records) as connection:
            yield connection

    @asynccontextmanager
    async def _tracing(self) -> AsyncIterator[Connection]:
        """A transaction for spans."""
        async with self._transaction(self._pools.spans) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, pool: Pool) -> AsyncIterator[Connection]:
        """A connection inside a transaction that is committed on the way out, within the call's deadline."""
        if not self._migrated:
            raise _out_of_reach("its schema is not up to date yet")
        left = deadlines.remaining()
        budget = self._pools.limits.statement_s if left is None else min(left, self._pools.limits.statement_s)
        if budget <= 0:
            raise _too_late()
        try:
            async with (
                asyncio.timeout(budget + _HANG_MARGIN_S),
                pool.connection(min(budget, self._pools.limits.connect_s)) as connection,
                # What needs no answer yet travels with what comes next.
                connection.pipeline(),
            ):
                await connection.execute(_SETTINGS, (f"{max(1, budget * 1e3):.0f}",))
                yield connection
        except (psycopg.Error, TimeoutError) as error:
            translated = _translated(error)
            if translated is None:
                raise
            raise translated from error


def hashes_from(column: bytes) -> list[bytes]:
    """The hashes of the tree that a column holds one behind the other."""
    return [column[i : i + HASH_BYTES] for i in range(0, len(column), HASH_BYTES)]


async def only_row(cursor: psycopg.AsyncCursor[TupleRow]) -> TupleRow:
    """The row of a query that always has one."""
    row = await cursor.fetchone()
    if row is None:
        msg = "a row that is always there is missing"
        raise LookupError(msg)
    return row


def _translated(error: psycopg.Error | TimeoutError) -> MeshError | None:
    """What a caller is told; None for a fault of ours. PostgreSQL's own words name hosts and users: not for callers."""
    if isinstance(error, TooManyRequests):
        return Overloaded("too many calls wait for postgres", retry_after_s=1.0, remedy="try again a little later")
    if isinstance(error, psycopg.errors.QueryCanceled):
        return _too_late()
    if isinstance(error, psycopg.errors.DiskFull):
        return _out_of_reach("its disk is full")
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return _out_of_reach("it takes no writes")
    if isinstance(error, (PoolTimeout, PoolClosed, TimeoutError, psycopg.OperationalError, psycopg.InterfaceError)):
        return _out_of_reach()
    return None


def _out_of_reach(why: str = "") -> PartUnavailable:
    return PartUnavailable(
        f"postgres is out of reach: {why}" if why else "postgres is out of reach",
        remedy="try again; if it lasts, see that PostgreSQL runs, and GROUNDWIRE_PROVENANCE_DSN",
        part="postgres",
    )


def _too_late() -> DeadlineExceeded:
    return DeadlineExceeded("the deadline passed in postgres", remedy="allow more time", step="record")
