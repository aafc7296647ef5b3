"""The log and its tree on PostgreSQL: what the port promises, in memory and there alike, and what tampering does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from groundwire.proofs import merkle, tree
from groundwire.proofs.notes import checkpoint_of
from services.common.errors import MeshError, PartUnavailable
from services.provenance import convert_answer, migrate
from services.provenance.core.records import DEFAULT_TENANT
from services.provenance.notary import Notary
from services.provenance.obstore import open_copies
from services.provenance.postgres import Limits, PostgresDatabase, open_database
from services.provenance.proving import Prover
from services.provenance.sealing import Sealer, sealing_from
from services.provenance.signing import Signer
from tests.fakes.provenance import assembled
from tests.fakes.records import IMAGE, TRACE, MemoryDatabase, a_record, an_answer, everything
from tests.fakes.stores import MemoryKeys
from tests.mesh.embedded_postgres import EmbeddedPostgres, embedded_postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from services.provenance.core.records import Entry

SIGNER = Signer("test.local/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
Database = MemoryDatabase | PostgresDatabase


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with embedded_postgres() as server:
        yield server


@pytest.fixture
def dsn(server: EmbeddedPostgres) -> str:
    return server.new_database()


@pytest.fixture
async def postgres(dsn: str) -> AsyncIterator[PostgresDatabase]:
    async with open_database(dsn, Limits()) as database:
        await database.ready()
        yield database


@pytest.fixture(params=["memory", "postgres"])
async def database(request: pytest.FixtureRequest, dsn: str) -> AsyncIterator[Database]:
    if request.param == "memory":
        yield MemoryDatabase()
        return
    async with open_database(dsn, Limits()) as database:
        await database.ready()
        yield database


async def grow(database: Database, *batches: int) -> list[bytes]:
    """Leaf hashes of new records, appended in batches of these sizes."""
    leaves = []
    for size in batches:
        records = [a_record() for _ in range(size)]
        await database.append(records)
        leaves += [merkle.leaf_hash(record.record) for record in records]
    return leaves


async def test_the_tree_grows_with_the_records_whatever_the_batches(database: Database) -> None:
    leaves = await grow(database, 1, 5, 2, 8, 1, 3)
    size, frontier = await database.head()
    assert (size, tree.root_of(frontier)) == (20, merkle.root(leaves))
    kept = await database.hashes(tree.cover(0, 20))
    assert [kept[node] for node in tree.cover(0, 20)] == list(frontier)
    for index in range(20):
        ranges = tree.inclusion_ranges(index, 20)
        hashes = await database.hashes(tree.nodes_of(ranges))
        assert tree.proof(ranges, hashes) == merkle.inclusion_proof(leaves, index)
    beyond = tree.Node(0, 99)
    assert beyond not in await database.hashes([tree.Node(0, 3), beyond])


async def test_records_are_read_by_index_page_by_page(database: Database) -> None:
    await grow(database, 5)
    start = 1
    seen: list[Entry] = []
    while page := await database.entries(start, 4):
        seen += page
        start = page[-1].receipt.index + 1
    assert [entry.receipt.index for entry in seen] == [1, 2, 3]
    assert all(entry.nodes[0] == merkle.leaf_hash(entry.record) for entry in seen)
    assert list(await database.entries(5, 9)) == []


async def test_checkpoints_are_kept_by_size_and_marked_when_copied(database: Database) -> None:
    assert await database.newest_note() is None
    for size, note in ((9, "nine"), (10, "ten"), (9, "another nine")):
        await database.keep_note(size, note)
    assert await database.newest_note() == "ten"
    assert list(await database.uncopied()) == [(9, "nine"), (10, "ten")]
    await database.copied(9)
    assert list(await database.uncopied()) == [(10, "ten")]


async def test_a_page_holds_no_more_bytes_than_it_may(postgres: PostgresDatabase, dsn: str) -> None:
    await grow(postgres, 6)
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE records SET record = decode(repeat('00', 5000000), 'hex') WHERE index < 5")
    assert [len(await postgres.entries(start, 6)) for start in (0, 2, 4, 5)] == [1, 1, 2, 1]


async def test_a_proof_reads_few_rows(postgres: PostgresDatabase) -> None:
    leaves = await grow(postgres, 300)
    notary = Notary(postgres, SIGNER, None, every=1000)
    await notary.sign()
    included, erasure = await Prover(postgres, notary).include(123)
    assert erasure is None
    checkpoint = checkpoint_of(included.note, SIGNER.public)
    merkle.verify_inclusion(leaves[123], 123, 300, included.hashes, checkpoint.root)
    assert len(included.hashes) <= 9


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records SET record = 'x' WHERE index = 6",
        "UPDATE records SET nodes = overlay(nodes PLACING '\\x00' FROM 65) WHERE index = 3",
        "UPDATE records SET nodes = overlay(nodes PLACING '\\x00' FROM 1) WHERE index = 6",
        "UPDATE log_head SET next_index = 4",
        "UPDATE log_head SET frontier = overlay(frontier PLACING '\\x00' FROM 1)",
        "UPDATE checkpoints SET note = replace(note, E'\\n5\\n', E'\\n4\\n')",
        "UPDATE records SET index = 100 WHERE index = 6",
    ],
)
async def test_a_change_behind_its_back_stops_the_signing(
    postgres: PostgresDatabase, dsn: str, tmp_path: Path, change: str
) -> None:
    copies = open_copies((tmp_path / "copies").as_uri())
    await grow(postgres, 5)
    await Notary(postgres, SIGNER, copies, every=1000).sign()
    await grow(postgres, 3)
    with psycopg.connect(dsn) as connection:
        connection.execute("SET session_replication_role = replica")  # Foreign keys are not looked at.
        connection.execute(change.encode())
    with pytest.raises(MeshError, match="not what was signed"):
        await Notary(postgres, SIGNER, copies, every=1000).ready()


async def test_answers_of_the_first_schema_are_sealed_and_get_their_tree(dsn: str) -> None:
    migrate.upgrade(dsn, to="0001")
    answers = [an_answer(f"an old question {i}") for i in range(5)]
    with psycopg.connect(dsn) as connection:
        for index, answer in enumerate(answers):
            content = answer.SerializeToString()
            connection.execute(
                "INSERT INTO records (index, kind, digest, content) VALUES (%s, 'answer', sha256(%s), %s)",
                (index, content, content),
            )
            connection.execute(
                "INSERT INTO answers VALUES (%s, %s, %s, %s, %s, %s, 1, %s)",
                (answer.id, index, answer.question, IMAGE, datetime.now(UTC), [1], TRACE),
            )
        connection.execute("UPDATE log_head SET next_index = 5")
    keys = MemoryKeys()
    sealer = Sealer(keys)
    async with open_database(dsn, Limits(), sealing_from(sealer, asyncio.get_running_loop())) as database:
        await database.ready()
        async with assembled(database, keys) as parts:
            vault = parts.vault
            for answer in answers:
                _, content = await vault.read(UUID(answer.id), DEFAULT_TENANT)
                assert content == answer.SerializeToString()
            # Recording the same again still gives the first receipt, and the next one follows.
            again, _ = await vault.record(convert_answer.answer_from(answers[3].SerializeToString()))
            later, _ = await vault.record(convert_answer.answer_from(an_answer().SerializeToString()))
            assert (again.index, later.index) == (3, 5)
            lines, _ = await parts.lister.page(everything(), before=5, limit=2)
            assert [summary.question for _, summary in lines] == ["an old question 4", "an old question 3"]
        await Notary(database, SIGNER, None, every=1000).sign()
    with psycopg.connect(dsn) as connection:
        tables = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        assert not [name for (name,) in tables if name.startswith("old")]


async def test_without_a_sealer_answers_of_the_first_schema_are_left_as_they_are(dsn: str) -> None:
    migrate.upgrade(dsn, to="0001")
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO records (index, kind, digest, content) VALUES (0, 'answer', sha256('x'), 'x')")
        connection.execute("UPDATE log_head SET next_index = 1")
    with pytest.raises(PartUnavailable, match="nothing to seal them with"):
        migrate.upgrade(dsn)
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT content FROM records").fetchall() == [(b"x",)]
