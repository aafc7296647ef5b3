"""Finding answers in PostgreSQL, and word of new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from services.common.claims import Verdict
from services.provenance.core.records import Box, Finding, ListedAnswer, Receipt
from services.provenance.core.reviews import ReviewState
from services.provenance.postgres.connection import Connected, only_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from psycopg.rows import TupleRow

    from services.provenance.core.filters import AnswerFilter

_FILTERED: Final = """
    SELECT answer_id, create_time, verdicts, abstention_count, trace_id, tenant, models, degradations, latency,
           index, encode(digest, 'hex'), key, summary_box, review_state
    FROM answers JOIN records ON index = record_index
    WHERE tenant = %(tenant)s AND erased_by IS NULL
      AND (%(since)s::timestamptz IS NULL OR create_time >= %(since)s)
      AND (%(until)s::timestamptz IS NULL OR create_time < %(until)s)
      AND (%(verdicts)s::smallint[] IS NULL OR verdicts && %(verdicts)s::smallint[])
      AND (%(model)s::text = '' OR EXISTS (
            SELECT FROM unnest(models) AS model
            WHERE model = %(model)s OR regexp_replace(model, '@[^@]*$', '') = %(model)s))
      AND (%(degradations)s::smallint[] IS NULL OR degradations && %(degradations)s::smallint[])
      AND (%(review_state)s::smallint IS NULL OR review_state = %(review_state)s)
      AND (%(min_latency)s::interval IS NULL OR latency >= %(min_latency)s)
      AND (%(max_latency)s::interval IS NULL OR latency < %(max_latency)s)
      AND (%(image_tag)s::bytea IS NULL OR image_tag = %(image_tag)s)
"""
_NEWEST: Final = f"""
    {_FILTERED} AND (%(place)s::bigint IS NULL OR record_index < %(place)s) ORDER BY record_index DESC LIMIT %(limit)s
"""
_OLDEST: Final = f"{_FILTERED} AND record_index > %(place)s ORDER BY record_index LIMIT %(limit)s"


class SearchTables(Connected):
    """What of the port `Records` finds answers."""

    async def newest(
        self, wanted: AnswerFilter, image_tag: bytes | None, *, before: int | None, limit: int
    ) -> Sequence[ListedAnswer]:
        """See `Records`."""
        return await self._filtered(_NEWEST, {**_asked(wanted, image_tag), "place": before, "limit": limit})

    async def oldest(
        self, wanted: AnswerFilter, image_tag: bytes | None, *, after: int, limit: int
    ) -> Sequence[ListedAnswer]:
        """See `Records`."""
        return await self._filtered(_OLDEST, {**_asked(wanted, image_tag), "place": after, "limit": limit})

    async def last_index(self) -> int:
        """See `Records`."""
        async with self._recording() as connection:
            (size,) = await only_row(await connection.execute("SELECT next_index FROM log_head"))
        return int(size) - 1

    async def tenants(self) -> Sequence[str]:
        """See `Records`."""
        async with self._recording() as connection:
            cursor = await connection.execute("SELECT DISTINCT tenant FROM answers WHERE erased_by IS NULL")
            return [tenant for (tenant,) in await cursor.fetchall()]

    async def tenants_of_trace(self, trace_id: str) -> Sequence[str]:
        """See `Records`."""
        async with self._recording() as connection:
            cursor = await connection.execute("SELECT DISTINCT tenant FROM answers WHERE trace_id = %s", (trace_id,))
            return [tenant for (tenant,) in await cursor.fetchall()]

    async def unindexed(self, limit: int) -> Sequence[tuple[UUID, str]]:
        """See `Records`."""
        async with self._recording() as connection:
            cursor = await connection.execute(
                "SELECT answer_id, tenant FROM answers WHERE NOT is_indexed ORDER BY record_index LIMIT %s", (limit,)
            )
            return await cursor.fetchall()

    async def index(self, answer_id: UUID, finding: Finding | None) -> None:
        """See `Records`."""
        facts = (
            finding and list(finding.models),
            finding and list(finding.degradations),
            finding and finding.latency,
            answer_id,
        )
        async with self._recording() as connection:
            await connection.execute(
                """
                UPDATE answers SET is_indexed = true, models = coalesce(%s, models),
                    degradations = coalesce(%s::smallint[], degradations), latency = coalesce(%s, latency)
                WHERE answer_id = %s
                """,
                facts,
            )

    async def _filtered(self, query: str, asked: Mapping[str, Any]) -> Sequence[ListedAnswer]:
        async with self._recording() as connection:
            cursor = await connection.execute(query.encode(), asked, binary=True)
            return [_listed(row) for row in await cursor.fetchall()]


def _asked(wanted: AnswerFilter, image_tag: bytes | None) -> dict[str, Any]:
    return {
        "tenant": wanted.tenant,
        "since": wanted.since,
        "until": wanted.until,
        "verdicts": [int(verdict) for verdict in wanted.verdicts] or None,
        "model": wanted.model.replace("\x00", "\ufffd"),
        "degradations": list(wanted.degradations) or None,
        "review_state": wanted.review_state and int(wanted.review_state),
        "min_latency": wanted.min_latency,
        "max_latency": wanted.max_latency,
        "image_tag": image_tag,
    }


def _listed(row: TupleRow) -> ListedAnswer:
    answer_id, create_time, verdicts, abstention_count, trace_id, tenant, models, degradations, latency = row[:9]
    index, digest, key, box, review_state = row[9:]
    finding = Finding(
        answer_id=answer_id,
        create_time=create_time,
        verdicts=tuple(Verdict(verdict) for verdict in verdicts),
        abstention_count=abstention_count,
        trace_id=trace_id,
        tenant=tenant,
        models=tuple(models),
        degradations=tuple(degradations),
        latency=latency,
    )
    return ListedAnswer(finding, Receipt(index, digest), key and Box(key, box), ReviewState(review_state))
