"""Appending to the log in PostgreSQL: whoever does holds its head, and leaves the tree complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.proofs import merkle, tree
from services.provenance.postgres.connection import hashes_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.provenance.core.records import Receipt
    from services.provenance.postgres.connection import Connection

HEAD: Final = "SELECT next_index, frontier FROM log_head FOR UPDATE"
"""From here to the commit, nobody else appends."""
CHANNEL: Final = "groundwire_log"
"""Where PostgreSQL tells whoever listens that something was appended."""

_LEAVES: Final = """
    WITH leaves AS (
        INSERT INTO records (index, kind, digest, record, nodes)
        SELECT index, %(kind)s, digest, record, nodes
        FROM unnest(%(indexes)b::bigint[], %(digests)b::bytea[], %(records)b::bytea[], %(nodes)b::bytea[])
            AS leaf (index, digest, record, nodes)
    ), head AS (
        UPDATE log_head SET next_index = %(next_index)s, frontier = %(frontier)b
    )
    SELECT pg_notify(%(channel)s, '')
"""


async def insert_leaves(
    connection: Connection, kind: str, leaves: Sequence[tuple[Receipt, bytes]], frontier_column: bytes
) -> None:
    """Write records behind the tree of that frontier, and with each the subtrees that it completes.

    All in one statement: PostgreSQL's work on a statement outweighs that on a row.
    """
    nodes, frontier = [], hashes_from(frontier_column)
    for receipt, record in leaves:
        frontier, completed = tree.append(frontier, receipt.index, merkle.leaf_hash(record))
        nodes.append(b"".join(completed))
    facts = {
        "channel": CHANNEL,
        "kind": kind,
        "indexes": [receipt.index for receipt, _ in leaves],
        "digests": [bytes.fromhex(receipt.digest) for receipt, _ in leaves],
        "records": [record for _, record in leaves],
        "nodes": nodes,
        "next_index": leaves[-1][0].index + 1,
        "frontier": b"".join(frontier),
    }
    await connection.execute(_LEAVES, facts)
