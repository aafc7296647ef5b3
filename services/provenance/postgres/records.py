"""The answers in PostgreSQL: appending them to the log, and reading one back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from groundwire.proofs.records import ANSWER
from services.provenance.core.records import Box, Entry, Known, Receipt, place
from services.provenance.postgres.appending import HEAD, insert_leaves
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
_ANSWERS: Final = """
    WITH kept AS (
        INSERT INTO contents (record_index, box) SELECT * FROM unnest(%b::bigint[], %b::bytea[])
    )
    INSERT INTO answers (answer_id, record_index, create_time, verdicts, abstention_count, trace_id, tenant, models,
                         degradations, latency, is_stored, is_indexed, key, fingerprint, image_tag, summary_box)
    SELECT answer_id, record_index, create_time, verdicts, abstention_count, trace_id, tenant, models,
           degradations, latency, key IS NOT NULL, true, key, fingerprint, image_tag, summary_box
    FROM json_to_recordset(%s::json) AS new (
        answer_id uuid, record_index bigint, create_time timestamptz, verdicts smallint[], abstention_count integer,
        trace_id text, tenant text, models text[], degradations smallint[], latency interval, key text,
        fingerprint bytea, image_tag bytea, summary_box bytea)
"""
_MICROSECOND: Final = timedelta(microseconds=1)


class RecordTables(Connected):
    """What of the port `Records` appends and reads answers."""

    async def append(self, batch: Sequence[AnswerRecord]) -> Sequence[Receipt | InvalidField]:
        """See `Records`."""
        async with self._recording() as connection:
            # 1. Hold the head of the log.
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
    """Write what finds the answers, and their boxes."""
    boxes = [(receipt.index, record.content.content) for receipt, record in appended if record.content]
    rows = [_answer_row(receipt, record) for receipt, record in appended]
    facts = ([index for index, _ in boxes], [box for _, box in boxes], json.dumps(rows))
    await connection.execute(_ANSWERS, facts)
    unkept = [record.finding.trace_id for _, record in appended if record.content is None]
    if unkept:
        # Those that came before their answer; later ones are not let in.
        await connection.execute("DELETE FROM spans WHERE trace_id = ANY(%s)", (unkept,))


def _answer_row(receipt: Receipt, record: AnswerRecord) -> dict[str, Any]:
    """The columns of an answer, as JSON has them: lists differ in length from row to row, which arrays may not."""
    finding = record.finding
    return {
        "answer_id": str(finding.answer_id),
        "record_index": receipt.index,
        "create_time": finding.create_time.isoformat(),
        "verdicts": [int(verdict) for verdict in finding.verdicts],
        "abstention_count": finding.abstention_count,
        "trace_id": finding.trace_id,
        "tenant": finding.tenant,
        "models": finding.models,
        "degradations": finding.degradations,
        "latency": f"{finding.latency // _MICROSECOND} microseconds",
        "key": record.content and record.content.key,
        "fingerprint": _bytea(record.fingerprint),
        "image_tag": _bytea(record.image_tag),
        "summary_box": record.summary and _bytea(record.summary.content),
    }


def _bytea(value: bytes) -> str:
    return f"\\x{value.hex()}"
