"""Appending to the log in PostgreSQL: whoever does holds its head, and leaves the tree complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.proofs import merkle, tree
from services.provenance.postgres.connection import hashes_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.provenance.core.records import Receipt
    from services.provenance.postgres.connection import Connection

DURABLE: Final = """
    SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'
"""
"""Durability is not the server's to choose: a receipt is a promise."""
HEAD: Final = "SELECT next_index, frontier FROM log_head FOR UPDATE"
"""From here to the commit, nobody else appends."""
CHANNEL: Final = "groundwire_log"
"""Where PostgreSQL tells whoever listens that something was appended."""

_TELL: Final = f"NOTIFY {CHANNEL}"


async def insert_leaves(
    connection: Connection, kind: str, leaves: Sequence[tuple[Receipt, bytes]], frontier_column: bytes
) -> None:
    """Write records behind the tree of that frontier, and with each the subtrees that it completes."""
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
        await cursor.execute(_TELL.encode())
