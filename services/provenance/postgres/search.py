"""Finding answers in PostgreSQL, and word of new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from services.common.claims import Verdict
from services.provenance.core.records import Box, Finding, ListedAnswer, Receipt
from services.provenance.core.reviews import ReviewState
from services.provenance.postgres.connection import Connected, only_row
from services.provenance.postgres.filtering import MODEL_SETS, conditions, with_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from psycopg.rows import TupleRow

    from services.provenance.core.filters import AnswerFilter
    from services.provenance.postgres.connection import Connection

_LISTED: Final = """
    SELECT answer_id, create_time, verdicts, abstention_count, trace_id, tenant, models, degradations, latency,
           index, encode(digest, 'hex'), key, summary_box, review_state
    FROM answers JOIN records ON index = record_index
"""


class SearchTables(Connected):
    """What of the port `Records` finds answers."""

    async def newest(
        self, wanted: AnswerFilter, image_tag: bytes | None, *, before: int | None, limit: int
    ) -> Sequence[ListedAnswer]:
        """See `Records`."""
        place = "true" if before is None else "record_index < %(place)s"
        return await self._filtered(wanted, image_tag, place, "DESC", {"place": before, "limit": limit})

    async def oldest(
        self, wanted: AnswerFilter, image_tag: bytes | None, *, after: int, limit: int
    ) -> Sequence[ListedAnswer]:
        """See `Records`."""
        place = "record_index > %(place)s"
        return await self._filtered(wanted, image_tag, place, "ASC", {"place": after, "limit": limit})

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

    async def _filtered(
        self, wanted: AnswerFilter, image_tag: bytes | None, place: str, direction: str, bounds: Mapping[str, Any]
    ) -> Sequence[ListedAnswer]:
        async with self._recording() as connection:
            sets = await self._model_sets(connection, wanted) if wanted.model else ()
            said, facts = conditions(wanted, image_tag, sets)
            where = " AND ".join([*said, place])
            query = f"{_LISTED} WHERE {where} ORDER BY record_index {direction} LIMIT %(limit)s"
            # Not prepared: the best way to few answers is not that to many, and is chosen by what is asked.
            cursor = await connection.execute(query.encode(), {**facts, **bounds}, binary=True, prepare=False)
            return [_listed(row) for row in await cursor.fetchall()]

    async def _model_sets(self, connection: Connection, wanted: AnswerFilter) -> Sequence[Sequence[str]]:
        cursor = await connection.execute(MODEL_SETS, {"tenant": wanted.tenant})
        return with_model(wanted.model.replace("\x00", "\ufffd"), [models for (models,) in await cursor.fetchall()])


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
