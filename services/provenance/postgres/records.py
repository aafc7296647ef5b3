"""The answers in PostgreSQL: appending them to the log, and reading one back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from groundwire.proofs.records import ANSWER
from services.provenance.core.records import Box, Entry, Known, Receipt, place
from services.provenance.postgres.appending import DURABLE, HEAD, insert_leaves
from services.provenance.postgres.connection import Connected, hashes_from, only_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from psycopg.rows import TupleRow

    from services.common.errors import InvalidField
    from services.provenance.core.records import AnswerRecord
    from services.provenance.postgres.connection import Connection

_KNOWN: Final = """
    SELECT answer_id, index, encode(digest, 'hex'), fingerprint FROM answers JOIN records ON index = record_index
    WHERE answer_id = ANY(%s)
"""
_READ: Final = """
    SELECT index, encode(digest, 'hex'), kind, record, nodes, key, contents.box, erased_by, tenant
    FROM answers JOIN records ON index = answers.record_index LEFT JOIN contents USING (record_index)
    WHERE answer_id = %s
"""
_INSERT: Final = """
    INSERT INTO answers (answer_id, record_index, create_time, verdicts, abstention_count, trace_id, tenant, models,
                         degradations, latency, is_stored, is_indexed, key, fingerprint, image_tag, summary_box)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true, %s, %b, %b, %b)
"""


class RecordTables(Connected):
    """What of the port `Records` appends and reads answers."""

    async def append(self, batch: Sequence[AnswerRecord]) -> Sequence[Receipt | InvalidField]:
        """See `Records`."""
        async with self._recording() as connection:
            # 1. Hold the head of the log.
            await connection.execute(DURABLE)
            head = await connection.execute(HEAD)
            known = await connection.execute(_KNOWN, ([record.finding.answer_id for record in batch],))
            # 2. Place each record.
            next_index, frontier = await only_row(head)
            there = {
                answer_id: Known(Receipt(index, digest), fingerprint)
                for answer_id, index, digest, fingerprint in await known.fetchall()
            }
            placement = place(batch, there, next_index)
            # 3. Write what is new.
            if placement.appended:
                leaves = [(receipt, record.record) for receipt, record in placement.appended]
                await insert_leaves(connection, ANSWER, leaves, frontier)
                await _insert_answers(connection, placement.appended)
        return placement.outcomes

    async def read(self, answer_id: UUID) -> Entry | None:
        """See `Records`."""
        async with self._recording() as connection:
            row = await (await connection.execute(_READ, (answer_id,), binary=True)).fetchone()
        return None if row is None else entry_from(row)


def entry_from(row: TupleRow) -> Entry:
    """A record from its columns: index, digest, kind, record, nodes; then, where it has them, key, box, erased_by and
    tenant.
    """  # noqa: D205 - one sentence
    index, digest, kind, record, nodes, key, box, erased_by, tenant = row
    kept = None if box is None else Box(key or "", box)
    return Entry(Receipt(index, digest), kind, record, tuple(hashes_from(nodes)), kept, erased_by, tenant or "")


async def _insert_answers(connection: Connection, appended: Sequence[tuple[Receipt, AnswerRecord]]) -> None:
    boxes = [(receipt.index, record.content.content) for receipt, record in appended if record.content]
    unkept = [record.finding.trace_id for _, record in appended if record.content is None]
    async with connection.cursor() as cursor:
        await cursor.executemany(_INSERT, [_answer_row(receipt, record) for receipt, record in appended])
        await cursor.executemany("INSERT INTO contents (record_index, box) VALUES (%s, %b)", boxes)
        if unkept:
            # Those that came before their answer; later ones are not let in.
            await cursor.execute("DELETE FROM spans WHERE trace_id = ANY(%s)", (unkept,))


def _answer_row(receipt: Receipt, record: AnswerRecord) -> tuple[Any, ...]:
    finding = record.finding
    return (
        finding.answer_id,
        receipt.index,
        finding.create_time,
        [int(verdict) for verdict in finding.verdicts],
        finding.abstention_count,
        finding.trace_id,
        finding.tenant,
        list(finding.models),
        list(finding.degradations),
        finding.latency,
        record.content is not None,
        record.content and record.content.key,
        record.fingerprint,
        record.image_tag,
        record.summary and record.summary.content,
    )
