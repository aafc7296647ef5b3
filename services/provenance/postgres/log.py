"""The log in PostgreSQL as those see it who prove or check it: records by index, hashes of the tree, checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.provenance.postgres.connection import Connected, hashes_from, only_row
from services.provenance.postgres.records import entry_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundwire.proofs.tree import Node
    from services.provenance.core.records import Entry

PAGE_RECORDS: Final = 1024
"""Records of one read."""
PAGE_BYTES: Final = 8 * 1024 * 1024
"""Bytes of one read, unless its first record is larger."""

# The page is cut before anything is joined to it or summed, and by a number that the planner sees: a page of a long log
# costs what one of a short log does, whatever PostgreSQL has counted of the tables by then.
_SIZES: Final = f"""
    WITH page AS MATERIALIZED (
        SELECT index, octet_length(record) + octet_length(nodes) AS bytes
        FROM records WHERE index >= %(start)s AND index < %(end)s ORDER BY index LIMIT {PAGE_RECORDS}
    )
    SELECT index FROM (
        SELECT index, row_number() OVER (ORDER BY index),
               sum(bytes + coalesce(octet_length(box), 0)) OVER (ORDER BY index) AS bytes
        FROM page LEFT JOIN contents ON record_index = index
    ) AS sizes
    WHERE bytes <= {PAGE_BYTES} OR row_number = 1
"""  # noqa: S608 - numbers of our own
_ENTRIES: Final = f"""
    SELECT index, encode(digest, 'hex'), kind, record, nodes, coalesce(answers.key, reviews.key),
           CASE WHEN %(boxes)s THEN coalesce(contents.box, reviews.box) END,
           coalesce(answers.erased_by, reviews.erased_by), coalesce(answers.tenant, reviewed.tenant)
    FROM records
    LEFT JOIN answers ON answers.record_index = index
    LEFT JOIN contents ON contents.record_index = index
    LEFT JOIN reviews ON reviews.record_index = index
    LEFT JOIN answers AS reviewed ON reviewed.answer_id = reviews.answer_id
    WHERE index = ANY({_SIZES})
    ORDER BY index
"""  # noqa: S608 - one constant in another


class LogTables(Connected):
    """The port `Log`."""

    async def head(self) -> tuple[int, Sequence[bytes]]:
        """See `Log`."""
        async with self._recording() as connection:
            size, frontier = await only_row(await connection.execute("SELECT next_index, frontier FROM log_head"))
        return size, hashes_from(frontier)

    async def hashes(self, nodes: Sequence[Node]) -> Mapping[Node, bytes]:
        """See `Log`."""
        indexes = sorted({node.completed_by for node in nodes})
        async with self._recording() as connection:
            cursor = await connection.execute("SELECT index, nodes FROM records WHERE index = ANY(%s)", (indexes,))
            completed = {index: hashes_from(column) for index, column in await cursor.fetchall()}
        return {
            node: completed[node.completed_by][node.level]
            for node in nodes
            if node.level < len(completed.get(node.completed_by, ()))
        }

    async def entries(self, start: int, end: int, *, boxes: bool = False) -> Sequence[Entry]:
        """See `Log`."""
        bounds = {"start": start, "end": end, "boxes": boxes}
        async with self._recording() as connection:
            cursor = await connection.execute(_ENTRIES, bounds, binary=True)
            return [entry_from(row) for row in await cursor.fetchall()]

    async def newest_note(self) -> str | None:
        """See `Log`."""
        async with self._recording() as connection:
            cursor = await connection.execute("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1")
            row = await cursor.fetchone()
        return None if row is None else str(row[0])

    async def keep_note(self, size: int, note: str) -> None:
        """See `Log`."""
        async with self._recording() as connection:
            await connection.execute(
                "INSERT INTO checkpoints (size, note) VALUES (%s, %s) ON CONFLICT DO NOTHING", (size, note)
            )

    async def uncopied(self) -> Sequence[tuple[int, str]]:
        """See `Log`."""
        async with self._recording() as connection:
            cursor = await connection.execute(
                "SELECT size, note FROM checkpoints WHERE NOT copied ORDER BY size LIMIT %s", (PAGE_RECORDS,)
            )
            return await cursor.fetchall()

    async def copied(self, size: int) -> None:
        """See `Log`."""
        async with self._recording() as connection:
            await connection.execute("UPDATE checkpoints SET copied = true WHERE size = %s", (size,))
