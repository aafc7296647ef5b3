"""Erasing answers in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.proofs.records import ERASURE
from services.provenance.core.records import Erased, Receipt, digest_of
from services.provenance.postgres.appending import HEAD, insert_leaves
from services.provenance.postgres.connection import Connected, only_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from psycopg.rows import TupleRow

    from services.provenance.core.records import Subject
    from services.provenance.postgres.connection import Connection

DOOMED_AT_ONCE: Final = 1000
"""Keys of erased answers that are read at once, and answers that expire at once."""

_SUBJECT: Final = """
    SELECT answer_id, record_index, key, trace_id, erased_by FROM answers
    WHERE tenant = %(tenant)s
      AND (answer_id = %(answer_id)s OR image_tag = %(image_tag)s
           OR (create_time < %(before)s AND erased_by IS NULL))
    ORDER BY record_index
    LIMIT %(limit)s
"""


class ErasingTables(Connected):
    """What of the port `Records` erases."""

    async def erase(self, subject: Subject, compose: Callable[[Sequence[int]], bytes]) -> Erased | None:
        """See `Records`."""
        async with self._recording() as connection:
            # 1. Hold the head of the log, as an append does, so that no answer of the subject comes in between.
            head = await connection.execute(HEAD)
            found = await connection.execute(_SUBJECT, _asked(subject), binary=True)
            next_index, frontier = await only_row(head)
            rows = await found.fetchall()
            doomed = [row for row in rows if row[4] is None]
            # 2. What was erased before has its record.
            if not rows:
                return None
            ids = tuple(row[0] for row in rows)
            if not doomed:
                return Erased(await _receipt(connection, rows[-1][4]), ids)
            # 3. Say what goes, and let it go.
            reviews = await connection.execute(
                "SELECT record_index, key FROM reviews WHERE answer_id = ANY(%s) AND erased_by IS NULL",
                ([row[0] for row in doomed],),
            )
            reviewed = await reviews.fetchall()
            record = compose(sorted([*(row[1] for row in doomed), *(index for index, _ in reviewed)]))
            receipt = Receipt(next_index, digest_of(record))
            await insert_leaves(connection, ERASURE, [(receipt, record)], frontier)
            await _remove_answers(connection, doomed, receipt.index)
            await _remove_reviews(connection, [index for index, _ in reviewed], receipt.index)
            await _doom(connection, [*(row[2] for row in doomed), *(key for _, key in reviewed)])
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


def _asked(subject: Subject) -> dict[str, object]:
    return {
        "tenant": subject.tenant,
        "answer_id": subject.answer_id,
        "image_tag": subject.image_tag,
        "before": subject.before,
        "limit": DOOMED_AT_ONCE if subject.before else None,
    }


async def _receipt(connection: Connection, index: int) -> Receipt:
    cursor = await connection.execute("SELECT index, encode(digest, 'hex') FROM records WHERE index = %s", (index,))
    return Receipt(*await only_row(cursor))


async def _remove_answers(connection: Connection, doomed: Sequence[TupleRow], erased_by: int) -> None:
    ids: Sequence[UUID]
    ids, indexes, _, traces, _ = (list(column) for column in zip(*doomed, strict=True))
    await connection.execute("DELETE FROM contents WHERE record_index = ANY(%s)", (indexes,))
    await connection.execute("DELETE FROM spans WHERE trace_id = ANY(%s)", (traces,))
    await connection.execute(
        """
        UPDATE answers SET key = NULL, fingerprint = NULL, image_tag = NULL, summary_box = NULL, is_indexed = true,
            erased_by = %s
        WHERE answer_id = ANY(%s)
        """,
        (erased_by, ids),
    )


async def _remove_reviews(connection: Connection, indexes: Sequence[int], erased_by: int) -> None:
    await connection.execute(
        "UPDATE reviews SET key = NULL, box = NULL, erased_by = %s WHERE record_index = ANY(%s)",
        (erased_by, list(indexes)),
    )


async def _doom(connection: Connection, keys: Sequence[str | None]) -> None:
    await connection.execute(
        "INSERT INTO doomed_keys (key) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
        ([key for key in keys if key is not None],),
    )
