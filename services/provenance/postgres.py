"""PostgreSQL, by psycopg: the log, what finds answers in it, and the spans.

Records and spans have connections of their own, so that a flood of spans never keeps a record waiting.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from services.common.claims import Verdict
from services.common.errors import DeadlineExceeded, MeshError, Overloaded, PartUnavailable
from services.provenance import migrate
from services.provenance.core.records import ListedAnswer, Receipt, StoredRecord, Summary, place
from services.provenance.core.traces import Link, Span
from services.runtime import deadlines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from uuid import UUID

    from services.common.errors import InvalidField
    from services.provenance.core.records import AnswerRecord

Connection = psycopg.AsyncConnection[TupleRow]
Pool = AsyncConnectionPool[Connection]

MAX_SPAN_CALLS_WAITING: Final = 16
"""Calls that may wait to keep spans; their senders try again."""
PRUNE_ROWS: Final = 10_000
"""Spans dropped by one statement."""

_CONNECTION: Final = {
    "application_name": "groundwire-provenance",
    # A host that vanished is noticed within seconds, not hours. The connection string may say otherwise.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
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


@asynccontextmanager
async def open_database(dsn: str, limits: Limits) -> AsyncIterator[PostgresDatabase]:
    """A database that connects as soon as PostgreSQL is there, and again whenever it is back."""
    settings = {**_CONNECTION, "connect_timeout": str(max(2, round(limits.connect_s))), **conninfo_to_dict(dsn)}
    conninfo = make_conninfo("", **settings)
    async with AsyncExitStack() as stack:
        records = await stack.enter_async_context(_pool(conninfo, "records", limits.records_connections, limits))
        spans = await stack.enter_async_context(
            _pool(conninfo, "spans", limits.spans_connections, limits, max_waiting=MAX_SPAN_CALLS_WAITING)
        )
        yield PostgresDatabase(conninfo, records, spans, limits)


@asynccontextmanager
async def _pool(conninfo: str, name: str, size: int, limits: Limits, *, max_waiting: int = 0) -> AsyncIterator[Pool]:
    pool: Pool = AsyncConnectionPool(
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
        check=AsyncConnectionPool.check_connection,
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


class PostgresDatabase:
    """The ports `Records` and `Spans` on PostgreSQL."""

    def __init__(self, conninfo: str, records: Pool, spans: Pool, limits: Limits) -> None:
        """Work over open pools; nothing is asked of PostgreSQL yet."""
        self._conninfo = conninfo
        self._records = records
        self._spans = spans
        self._limits = limits
        self._migrated = False

    async def ready(self) -> None:
        """Return when PostgreSQL answers and has the schema, which the first call that reaches it brings up to date.

        Raises:
            PartUnavailable: It does not.
        """
        if not self._migrated:
            await asyncio.to_thread(migrate.upgrade, self._conninfo)
            self._migrated = True
        # Replaces the connections that died with a server, so that calls need not find them one by one.
        for pool in (self._records, self._spans):
            await pool.check()
        async with self._transaction(self._records) as connection:
            await connection.execute("SELECT next_index FROM log_head")

    async def append(self, batch: Sequence[AnswerRecord]) -> Sequence[Receipt | InvalidField]:
        """See `Records`."""
        async with self._transaction(self._records) as connection:
            # 1. Durability is not the server's to choose: a receipt is a promise.
            await connection.execute(_DURABLE)
            # 2. Hold the head of the log: from here to the commit, nobody else appends.
            head = await connection.execute("SELECT next_index FROM log_head FOR UPDATE")
            known = await connection.execute(_KNOWN, ([record.summary.answer_id for record in batch],))
            # 3. Place each record.
            (next_index,) = await _only_row(head)
            receipts = {answer_id: Receipt(*rest) for answer_id, *rest in await known.fetchall()}
            placement = place(batch, receipts, next_index)
            # 4. Write what is new.
            if placement.appended:
                await _insert(connection, placement.appended)
        return placement.outcomes

    async def read(self, answer_id: UUID) -> StoredRecord | None:
        """See `Records`."""
        async with self._transaction(self._records) as connection:
            cursor = await connection.execute(
                """
                SELECT content, index, encode(digest, 'hex') FROM answers JOIN records ON index = record_index
                WHERE answer_id = %s
                """,
                (answer_id,),
                binary=True,
            )
            row = await cursor.fetchone()
        if row is None:
            return None
        content, index, digest = row
        return StoredRecord(content, Receipt(index, digest))

    async def newest(self, *, before: int | None, limit: int) -> Sequence[ListedAnswer]:
        """See `Records`."""
        async with self._transaction(self._records) as connection:
            cursor = await connection.execute(
                """
                SELECT answer_id, question, image_digest, create_time, verdicts, abstention_count, trace_id,
                       index, encode(digest, 'hex')
                FROM answers JOIN records ON index = record_index
                WHERE %(before)s::bigint IS NULL OR record_index < %(before)s
                ORDER BY record_index DESC
                LIMIT %(limit)s
                """,
                {"before": before, "limit": limit},
            )
            return [_listed(row) for row in await cursor.fetchall()]

    async def keep(self, spans: Sequence[Span]) -> None:
        """See `Spans`."""
        # In one order for all writers: two that bring the same spans never wait for one another in a circle.
        rows = [_span_row(span) for span in sorted(spans, key=lambda span: (span.trace_id, span.span_id))]
        async with self._transaction(self._spans) as connection, connection.cursor() as cursor:
            # A crash may cost the last few spans; waiting for the disk would cost the records' writer its turn there.
            await cursor.execute("SELECT set_config('synchronous_commit', 'off', true)")
            await cursor.executemany(_KEEP_SPAN, rows)

    async def trace(self, trace_id: str, *, limit: int) -> Sequence[Span]:
        """See `Spans`."""
        async with self._transaction(self._records) as connection:
            cursor = await connection.execute(
                _READ_TRACE,
                (trace_id, limit),
            )
            return [_span(row) for row in await cursor.fetchall()]

    async def prune(self, *, max_age_s: float, max_spans: int) -> int:
        """See `Spans`. Arrivals are counted, not spans, so a span that was sent twice makes room for one fewer."""
        async with self._transaction(self._spans) as connection:
            cursor = await connection.execute(
                """
                WITH dropped AS (
                    DELETE FROM spans WHERE arrival IN (
                        SELECT arrival FROM spans
                        WHERE arrival_time < clock_timestamp() - make_interval(secs => %s)
                           OR arrival <= (SELECT max(arrival) FROM spans) - %s
                        ORDER BY arrival
                        LIMIT %s
                    )
                    RETURNING 1
                )
                SELECT count(*) FROM dropped
                """,
                (max_age_s, max_spans, PRUNE_ROWS),
            )
            (count,) = await _only_row(cursor)
        return int(count)

    @asynccontextmanager
    async def _transaction(self, pool: Pool) -> AsyncIterator[Connection]:
        """A connection inside a transaction that is committed on the way out, within the call's deadline."""
        if not self._migrated:
            raise _out_of_reach("its schema is not up to date yet")
        left = deadlines.remaining()
        budget = self._limits.statement_s if left is None else min(left, self._limits.statement_s)
        if budget <= 0:
            raise _too_late()
        try:
            async with (
                asyncio.timeout(budget + _HANG_MARGIN_S),
                pool.connection(min(budget, self._limits.connect_s)) as connection,
                # What needs no answer yet travels with what comes next.
                connection.pipeline(),
            ):
                await connection.execute(
                    "SELECT set_config('statement_timeout', %s, true)", (f"{max(1, budget * 1e3):.0f}",)
                )
                yield connection
        except (psycopg.Error, TimeoutError) as error:
            translated = _translated(error)
            if translated is None:
                raise
            raise translated from error


_DURABLE: Final = """
    SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'
"""
_KNOWN: Final = """
    SELECT answer_id, index, encode(digest, 'hex') FROM answers JOIN records ON index = record_index
    WHERE answer_id = ANY(%s)
"""
_READ_TRACE: Final = """
    SELECT trace_id, span_id, parent_span_id, name, service, start_ns, duration_ns, attributes, links, error
    FROM spans WHERE trace_id = %s ORDER BY start_ns, span_id LIMIT %s
"""
_KEEP_SPAN: Final = """
    INSERT INTO spans
        (trace_id, span_id, parent_span_id, name, service, start_ns, duration_ns, attributes, links, error)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (trace_id, span_id) DO UPDATE SET
        parent_span_id = excluded.parent_span_id, name = excluded.name, service = excluded.service,
        start_ns = excluded.start_ns, duration_ns = excluded.duration_ns,
        attributes = excluded.attributes, links = excluded.links, error = excluded.error
"""


async def _insert(connection: Connection, appended: Sequence[tuple[Receipt, AnswerRecord]]) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO records (index, kind, digest, content) VALUES (%s, 'answer', %s, %b)",
            [(receipt.index, bytes.fromhex(receipt.digest), record.content) for receipt, record in appended],
        )
        await cursor.executemany(
            """
            INSERT INTO answers (answer_id, record_index, question, image_digest, create_time, verdicts,
                                 abstention_count, trace_id)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [_answer_row(receipt, record.summary) for receipt, record in appended],
        )
        await cursor.execute("UPDATE log_head SET next_index = %s", (appended[-1][0].index + 1,))


async def _only_row(cursor: psycopg.AsyncCursor[TupleRow]) -> TupleRow:
    row = await cursor.fetchone()
    if row is None:
        msg = "a row that is always there is missing"
        raise LookupError(msg)
    return row


def _answer_row(receipt: Receipt, summary: Summary) -> tuple[Any, ...]:
    return (
        summary.answer_id,
        receipt.index,
        summary.question,
        summary.image_digest,
        summary.create_time,
        [int(verdict) for verdict in summary.verdicts],
        summary.abstention_count,
        summary.trace_id,
    )


def _listed(row: TupleRow) -> ListedAnswer:
    *columns, index, digest = row
    answer_id, question, image_digest, create_time, verdicts, abstention_count, trace_id = columns
    found = tuple(Verdict(verdict) for verdict in verdicts)
    summary = Summary(answer_id, question, image_digest, create_time, found, abstention_count, trace_id)
    return ListedAnswer(summary, Receipt(index, digest))


def _span_row(span: Span) -> tuple[Any, ...]:
    links = [[link.trace_id, link.span_id, dict(link.attributes)] for link in span.links]
    return (
        span.trace_id,
        span.span_id,
        span.parent_span_id,
        span.name,
        span.service,
        span.start_ns,
        span.duration_ns,
        Jsonb(dict(span.attributes)),
        Jsonb(links),
        span.error,
    )


def _span(row: TupleRow) -> Span:
    trace_id, span_id, parent, name, service, start_ns, duration_ns, attributes, links, error = row
    pointed_to = tuple(Link(*link) for link in links)
    return Span(trace_id, span_id, parent, name, service, start_ns, duration_ns, attributes, pointed_to, error)


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
