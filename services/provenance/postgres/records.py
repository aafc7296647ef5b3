"""The answers in PostgreSQL: appending them to the log, what finds them in it, and erasing them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from groundwire.proofs import merkle, tree
from groundwire.proofs.records import ANSWER, ERASURE
from services.common.claims import Verdict
from services.provenance.core.records import (
    Box,
    Entry,
    Erased,
    Finding,
    Known,
    ListedAnswer,
    Receipt,
    digest_of,
    place,
)
from services.provenance.postgres.connection import Connected, hashes_from, only_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from psycopg.rows import TupleRow

    from services.common.errors import InvalidField
    from services.provenance.core.records import AnswerRecord, Subject
    from services.provenance.postgres.connection import Connection

DOOMED_AT_ONCE: Final = 1000
"""Keys of erased answers that are read at once."""

_DURABLE: Final = """
    SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'
"""
_HEAD: Final = "SELECT next_index, frontier FROM log_head FOR UPDATE"
_KNOWN: Final = """
    SELECT answer_id, index, encode(digest, 'hex'), fingerprint FROM answers JOIN records ON index = record_index
    WHERE answer_id = ANY(%s)
"""
_READ: Final = """
    SELECT index, encode(digest, 'hex'), kind, record, nodes, key, contents.box, erased_by
    FROM answers JOIN records ON index = answers.record_index LEFT JOIN contents USING (record_index)
    WHERE answer_id = %s
"""
_NEWEST: Final = """
    SELECT answer_id, create_time, verdicts, abstention_count, trace_id,
           index, encode(digest, 'hex'), key, summary_box
    FROM answers JOIN records ON index = record_index
    WHERE (%(before)s::bigint IS NULL OR record_index < %(before)s) AND erased_by IS NULL
    ORDER BY record_index DESC
    LIMIT %(limit)s
"""
_SUBJECT: Final = """
    SELECT answer_id, record_index, key, trace_id, erased_by FROM answers
    WHERE answer_id = %(answer_id)s OR image_tag = %(image_tag)s
    ORDER BY record_index
"""


class RecordTables(Connected):
    """The port `Records`."""

    async def append(self, batch: Sequence[AnswerRecord]) -> Sequence[Receipt | InvalidField]:
        """See `Records`."""
        async with self._recording() as connection:
            # 1. Durability is not the server's to choose: a receipt is a promise.
            await connection.execute(_DURABLE)
            # 2. Hold the head of the log: from here to the commit, nobody else appends.
            head = await connection.execute(_HEAD)
            known = await connection.execute(_KNOWN, ([record.finding.answer_id for record in batch],))
            # 3. Place each record.
            next_index, frontier = await only_row(head)
            there = {
                answer_id: Known(Receipt(index, digest), fingerprint)
                for answer_id, index, digest, fingerprint in await known.fetchall()
            }
            placement = place(batch, there, next_index)
            # 4. Write what is new, and with each record the subtrees that it completes.
            if placement.appended:
                leaves = [(receipt, record.record) for receipt, record in placement.appended]
                await _insert_leaves(connection, ANSWER, leaves, frontier)
                await _insert_answers(connection, placement.appended)
        return placement.outcomes

    async def read(self, answer_id: UUID) -> Entry | None:
        """See `Records`."""
        async with self._recording() as connection:
            row = await (await connection.execute(_READ, (answer_id,), binary=True)).fetchone()
        return None if row is None else entry_from(row)

    async def newest(self, *, before: int | None, limit: int) -> Sequence[ListedAnswer]:
        """See `Records`."""
        async with self._recording() as connection:
            cursor = await connection.execute(_NEWEST, {"before": before, "limit": limit}, binary=True)
            return [_listed(row) for row in await cursor.fetchall()]

    async def erase(self, subject: Subject, compose: Callable[[Sequence[int]], bytes]) -> Erased | None:
        """See `Records`."""
        async with self._recording() as connection:
            # 1. Hold the head of the log, as an append does, so that no answer of the subject comes in between.
            await connection.execute(_DURABLE)
            head = await connection.execute(_HEAD)
            found = await connection.execute(
                _SUBJECT, {"answer_id": subject.answer_id, "image_tag": subject.image_tag}, binary=True
            )
            next_index, frontier = await only_row(head)
            rows = await found.fetchall()
            ids = tuple(row[0] for row in rows)
            doomed = [row[1:4] for row in rows if row[4] is None]
            # 2. What was erased before has its record.
            if rows and not doomed:
                index, digest = await only_row(
                    await connection.execute(
                        "SELECT index, encode(digest, 'hex') FROM records WHERE index = %s", (rows[-1][4],)
                    )
                )
                return Erased(Receipt(index, digest), ids)
            if not rows:
                return None
            # 3. Say what goes, and let it go.
            record = compose([index for index, _, _ in doomed])
            receipt = Receipt(next_index, digest_of(record))
            await _insert_leaves(connection, ERASURE, [(receipt, record)], frontier)
            await _remove(connection, doomed, receipt.index)
        return Erased(receipt, ids)

    async def doomed(self) -> Sequence[str]:
        """See `Records`."""
        async with self._recording() as connection:
            cursor = await connection.execute("SELECT key FROM doomed_keys LIMIT %s", (DOOMED_AT_ONCE,))
            return [key for (key,) in await cursor.fetchall()]

    async def buried(self, keys: Sequence[str]) -> None:
        """See `Records`."""
        async with self._recording() as connection:
            await connection.execute("DELETE FROM doomed_keys WHERE key = ANY(%s)", (list(keys),))


def entry_from(row: TupleRow) -> Entry:
    """A record from its columns: index, digest, kind, record, nodes; then, of an answer, key, box, erased_by."""
    index, digest, kind, record, nodes, key, box, erased_by = row
    kept = None if box is None else Box(key or "", box)
    return Entry(Receipt(index, digest), kind, record, tuple(hashes_from(nodes)), kept, erased_by)


async def _insert_leaves(
    connection: Connection, kind: str, leaves: Sequence[tuple[Receipt, bytes]], frontier_column: bytes
) -> None:
    rows, frontier = [], hashes_from(frontier_column)
    for receipt, record in leaves:
        frontier, completed = tree.append(frontier, receipt.index, merkle.leaf_hash(record))
        rows.append((receipt.index, kind, bytes.fromhex(receipt.digest), record, b"".join(completed)))
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO records (index, kind, digest, record, nodes) VALUES (%s, %s, %s, %b, %b)", rows
        )
        await cursor.execute(
            "UPDATE log_head SET next_index = %s, frontier = %b", (leaves[-1][0].index + 1, b"".join(frontier))
        )


async def _insert_answers(connection: Connection, appended: Sequence[tuple[Receipt, AnswerRecord]]) -> None:
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """
            INSERT INTO answers (answer_id, record_index, create_time, verdicts, abstention_count, trace_id,
                                 key, fingerprint, image_tag, summary_box)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %b, %b, %b)
            """,
            [_answer_row(receipt, record) for receipt, record in appended],
        )
        await cursor.executemany(
            "INSERT INTO contents (record_index, box) VALUES (%s, %b)",
            [(receipt.index, record.content_box) for receipt, record in appended],
        )


async def _remove(connection: Connection, doomed: Sequence[Sequence[Any]], erased_by: int) -> None:
    indexes, keys, traces = (list(column) for column in zip(*doomed, strict=True))
    await connection.execute("DELETE FROM contents WHERE record_index = ANY(%s)", (indexes,))
    await connection.execute("DELETE FROM spans WHERE trace_id = ANY(%s)", (traces,))
    await connection.execute(
        """
        UPDATE answers SET key = NULL, fingerprint = NULL, image_tag = NULL, summary_box = NULL, erased_by = %s
        WHERE record_index = ANY(%s)
        """,
        (erased_by, indexes),
    )
    await connection.execute("INSERT INTO doomed_keys (key) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", (keys,))


def _answer_row(receipt: Receipt, record: AnswerRecord) -> tuple[Any, ...]:
    return (
        record.finding.answer_id,
        receipt.index,
        record.finding.create_time,
        [int(verdict) for verdict in record.finding.verdicts],
        record.finding.abstention_count,
        record.finding.trace_id,
        record.key,
        record.fingerprint,
        record.image_tag,
        record.summary_box,
    )


def _listed(row: TupleRow) -> ListedAnswer:
    answer_id, create_time, verdicts, abstention_count, trace_id, index, digest, key, box = row
    found = tuple(Verdict(verdict) for verdict in verdicts)
    finding = Finding(answer_id, create_time, found, abstention_count, trace_id)
    return ListedAnswer(finding, Receipt(index, digest), Box(key, box))
