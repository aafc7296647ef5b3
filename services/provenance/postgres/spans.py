"""The spans in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from psycopg.types.json import Jsonb

from services.provenance.core.traces import Link, Span
from services.provenance.postgres.connection import Connected, only_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.rows import TupleRow

PRUNE_ROWS: Final = 10_000
"""Spans dropped by one statement."""

_READ_TRACE: Final = """
    SELECT trace_id, span_id, parent_span_id, name, service, start_ns, duration_ns, attributes, links, error
    FROM spans WHERE trace_id = %s ORDER BY start_ns, span_id LIMIT %s
"""
_KEEP_SPANS: Final = """
    INSERT INTO spans
        (trace_id, span_id, parent_span_id, name, service, start_ns, duration_ns, attributes, links, error)
    SELECT span.* FROM jsonb_to_recordset(%s) AS span (
        trace_id text, span_id text, parent_span_id text, name text, service text, start_ns bigint, duration_ns bigint,
        attributes jsonb, links jsonb, error text
    )
    WHERE NOT EXISTS (
        SELECT FROM answers WHERE answers.trace_id = span.trace_id AND (erased_by IS NOT NULL OR NOT is_stored)
    )
    ORDER BY span.trace_id, span.span_id
    ON CONFLICT (trace_id, span_id) DO UPDATE SET
        parent_span_id = excluded.parent_span_id, name = excluded.name, service = excluded.service,
        start_ns = excluded.start_ns, duration_ns = excluded.duration_ns,
        attributes = excluded.attributes, links = excluded.links, error = excluded.error
"""
"""All spans of a request in one statement: one for each takes several times as long, here and in PostgreSQL.

In one order for all writers: two that bring the same spans never wait for one another in a circle.
"""


class SpanTable(Connected):
    """The port `Spans`."""

    async def keep(self, spans: Sequence[Span]) -> None:
        """See `Spans`."""
        # One statement writes a row once: of a span that was sent twice, the later is kept.
        rows = {(span.trace_id, span.span_id): _span_row(span) for span in spans}
        async with self._tracing() as connection:
            # A crash may cost the last few spans; waiting for the disk would cost the records' writer its turn there.
            await connection.execute("SELECT set_config('synchronous_commit', 'off', true)")
            await connection.execute(_KEEP_SPANS, (Jsonb(list(rows.values())),))

    async def trace(self, trace_id: str, *, limit: int) -> Sequence[Span]:
        """See `Spans`."""
        async with self._recording() as connection:
            cursor = await connection.execute(
                _READ_TRACE,
                (trace_id, limit),
            )
            return [_span(row) for row in await cursor.fetchall()]

    async def prune(self, *, max_age_s: float, max_spans: int) -> int:
        """See `Spans`. Arrivals are counted, not spans, so a span that was sent twice makes room for one fewer."""
        async with self._tracing() as connection:
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
            (count,) = await only_row(cursor)
        return int(count)


def _span_row(span: Span) -> dict[str, Any]:
    links = [[link.trace_id, link.span_id, dict(link.attributes)] for link in span.links]
    return {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_span_id,
        "name": span.name,
        "service": span.service,
        "start_ns": span.start_ns,
        "duration_ns": span.duration_ns,
        "attributes": dict(span.attributes),
        "links": links,
        "error": span.error,
    }


def _span(row: TupleRow) -> Span:
    trace_id, span_id, parent, name, service, start_ns, duration_ns, attributes, links, error = row
    pointed_to = tuple(Link(*link) for link in links)
    return Span(trace_id, span_id, parent, name, service, start_ns, duration_ns, attributes, pointed_to, error)
