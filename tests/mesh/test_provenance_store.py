"""What the ports promise, kept by the database in memory and by PostgreSQL alike; then what only PostgreSQL can."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
import pytest

from groundwire.proofs import merkle
from services.common.errors import DeadlineExceeded, InvalidField, Overloaded, PartUnavailable
from services.provenance import migrate
from services.provenance.core.records import Box, Entry, Receipt
from services.provenance.core.traces import Link, Span
from services.provenance.postgres import MAX_SPAN_CALLS_WAITING, Limits, PostgresDatabase, open_database
from services.provenance.retention import prune
from services.runtime import deadlines
from tests.fakes.records import MemoryDatabase, a_record, everything
from tests.mesh.embedded_postgres import EmbeddedPostgres, embedded_postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

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


def a_span(number: int, trace: str = "ab" * 16, **changes: object) -> Span:
    link = Link("cd" * 16, "12" * 8, {"groundwire.region.id": "r1", "groundwire.citation.role": "supports"})
    plain = Span(trace, f"{number:016x}", "", "claim", "fusion", number, 5, {"groundwire.claim.id": "c1"}, (link,), "")
    return replace(plain, **changes)  # type: ignore[arg-type]  # a table of fields


async def test_a_record_is_read_back_bit_for_bit(database: Database) -> None:
    record = replace(a_record(), content=Box("a key", bytes(range(256))))
    (receipt,) = await database.append([record])
    assert receipt == Receipt(0, record.digest)
    entry = await database.read(record.finding.answer_id)
    leaf = merkle.leaf_hash(record.record)
    assert entry == Entry(receipt, "answer", record.record, (leaf,), record.content, None, "default")


async def test_nothing_to_append_is_nothing(database: Database) -> None:
    assert list(await database.append([])) == []
    assert (await database.append([a_record()]))[0] == Receipt(
        0, (await database.newest(everything(), None, before=None, limit=1))[0].receipt.digest
    )


async def test_an_unknown_answer_is_none(database: Database) -> None:
    assert await database.read(UUID(int=7)) is None


async def test_indexes_are_dense_over_concurrent_batches(database: Database) -> None:
    batches = [[a_record() for _ in range(size)] for size in (1, 5, 2, 8, 3, 1, 10, 4)]
    outcomes = await asyncio.gather(*[database.append(batch) for batch in batches])
    receipts = [outcome for batch in outcomes for outcome in batch]
    assert all(isinstance(receipt, Receipt) for receipt in receipts)
    assert sorted(receipt.index for receipt in receipts if isinstance(receipt, Receipt)) == list(range(34))


async def test_the_same_answers_from_all_sides_are_appended_once(database: Database) -> None:
    records = [a_record() for _ in range(4)]
    outcomes = await asyncio.gather(*[database.append(records) for _ in range(6)])
    assert all(list(outcome) == list(outcomes[0]) for outcome in outcomes)
    assert len(await database.newest(everything(), None, before=None, limit=100)) == 4


async def test_other_bytes_are_refused_beside_what_is_taken(database: Database) -> None:
    first = a_record()
    await database.append([first])
    changed = replace(first, fingerprint=b"other", content=Box("other", b"other"))
    refused, taken = await database.append([changed, a_record()])
    assert isinstance(refused, InvalidField)
    assert isinstance(taken, Receipt)
    assert taken.index == 1
    stored = await database.read(first.finding.answer_id)
    assert stored is not None
    assert stored.box == first.content


async def test_lists_go_from_new_to_old(database: Database) -> None:
    records = [a_record(f"question {i} \N{SNOWMAN} é") for i in range(5)]
    await database.append(records)
    listed = await database.newest(everything(), None, before=None, limit=3)
    assert [entry.receipt.index for entry in listed] == [4, 3, 2]
    newest = list(reversed(records[2:]))
    assert [entry.finding for entry in listed] == [record.finding for record in newest]
    assert [entry.box for entry in listed] == [record.summary for record in newest]
    assert [entry.receipt.index for entry in await database.newest(everything(), None, before=2, limit=10)] == [1, 0]
    assert list(await database.newest(everything(), None, before=0, limit=10)) == []
    assert len(await database.newest(everything(), None, before=2**62, limit=10)) == 5


async def test_spans_come_back_whole_by_start_time(database: Database) -> None:
    late, early = a_span(9, error="it broke"), a_span(3, attributes={"key": "ü \ufffd \"'"}, links=())
    await database.keep([late, early, a_span(1, trace="ef" * 16)])
    assert list(await database.trace("ab" * 16, limit=10)) == [early, late]
    assert list(await database.trace("ab" * 16, limit=1)) == [early]
    assert list(await database.trace("99" * 16, limit=10)) == []


async def test_a_span_that_comes_again_is_replaced(database: Database) -> None:
    await database.keep([a_span(1), a_span(1, name="again")])
    await database.keep([a_span(1, name="and again")])
    assert [span.name for span in await database.trace("ab" * 16, limit=10)] == ["and again"]


async def test_spans_beyond_the_newest_are_dropped(database: Database) -> None:
    for number in range(1, 6):
        await database.keep([a_span(number)])
    assert await prune(database, max_age_s=3600, max_spans=2) == 3
    assert [span.start_ns for span in await database.trace("ab" * 16, limit=10)] == [4, 5]
    assert await prune(database, max_age_s=3600, max_spans=2) == 0


async def test_spans_that_are_too_old_are_dropped_and_records_are_not(database: Database) -> None:
    await database.append([a_record()])
    await database.keep([a_span(1)])
    assert await prune(database, max_age_s=3600, max_spans=100) == 0
    assert await prune(database, max_age_s=0, max_spans=100) == 1
    assert len(await database.newest(everything(), None, before=None, limit=10)) == 1


async def test_postgres_holds_the_bytes_their_digest_and_no_gap(postgres: PostgresDatabase, dsn: str) -> None:
    records = [a_record() for _ in range(3)]
    await postgres.append(records)
    await postgres.append([records[1], a_record()])
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT index, kind, record, digest = sha256(record) FROM records ORDER BY index")
        found = rows.fetchall()
        (next_index,) = connection.execute("SELECT next_index FROM log_head").fetchone() or (None,)
    assert [index for index, *_ in found] == list(range(4))
    assert [content for _, _, content, _ in found[:3]] == [record.record for record in records]
    assert all(kind == "answer" and same for _, kind, _, same in found)
    assert next_index == 4


async def test_a_receipt_is_durable_even_where_the_server_would_not_wait(server: EmbeddedPostgres) -> None:
    dsn = server.new_database()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET synchronous_commit = off".encode())
        # Notes what the setting is when a record goes in.
        migrate.upgrade(dsn)
        connection.execute("CREATE TABLE seen (setting text)")
        connection.execute(
            """
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$
            """
        )
        connection.execute("CREATE TRIGGER note AFTER INSERT ON records FOR EACH ROW EXECUTE FUNCTION note()")
        async with open_database(dsn, Limits()) as database:
            await database.ready()
            await database.append([a_record()])
        assert connection.execute("SELECT setting FROM seen").fetchall() == [("on",)]


async def test_a_failed_append_leaves_no_trace_and_no_gap(postgres: PostgresDatabase) -> None:
    unfit = replace(a_record(), content=Box("a\x00b", b""))
    with pytest.raises(psycopg.DataError):
        await postgres.append([a_record(), unfit])
    assert list(await postgres.newest(everything(), None, before=None, limit=10)) == []
    assert isinstance(receipt := (await postgres.append([a_record()]))[0], Receipt)
    assert receipt.index == 0


async def test_a_deadline_ends_the_work_in_postgres(postgres: PostgresDatabase, dsn: str) -> None:
    await postgres.append([a_record()])
    # Somebody holds the head of the log; whoever appends waits, and only as long as its caller does.
    async with await psycopg.AsyncConnection.connect(dsn) as holder:
        await holder.execute("SELECT * FROM log_head FOR UPDATE")
        with pytest.raises(DeadlineExceeded):
            await _within(0.2, postgres)
        await holder.rollback()
    deadlines.set_remaining(None)
    assert isinstance((await postgres.append([a_record()]))[0], Receipt)


async def _within(seconds: float, database: PostgresDatabase) -> None:
    deadlines.set_remaining(seconds)
    await database.append([a_record()])


async def test_no_time_left_is_told_before_postgres_is_asked(postgres: PostgresDatabase) -> None:
    deadlines.set_remaining(0)
    with pytest.raises(DeadlineExceeded):
        await postgres.read(uuid4())


async def test_waiting_spans_do_not_keep_records_waiting(postgres: PostgresDatabase, dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn) as holder:
        await holder.execute("LOCK TABLE spans IN ACCESS EXCLUSIVE MODE")
        calls = MAX_SPAN_CALLS_WAITING + Limits().spans_connections + 1
        waiting = [asyncio.create_task(postgres.keep([a_span(i)])) for i in range(1, calls + 1)]
        assert isinstance((await postgres.append([a_record()]))[0], Receipt)
        # One more than may wait was turned away at once; the rest goes on when the table is free.
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await holder.rollback()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {type(None), Overloaded}


async def test_migrations_lead_from_nothing_to_here_and_again_to_here(dsn: str) -> None:
    migrate.upgrade(dsn)
    migrate.upgrade(dsn)
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        ).fetchall()
    assert [name for (name,) in found] == [
        "alembic_version",
        "answers",
        "checkpoints",
        "contents",
        "doomed_keys",
        "log_head",
        "records",
        "reviews",
        "spans",
    ]


async def test_replicas_that_start_together_migrate_once(dsn: str) -> None:
    code = "import sys; from services.provenance import migrate; migrate.upgrade(sys.argv[1])"
    replicas = [await asyncio.create_subprocess_exec(sys.executable, "-c", code, dsn) for _ in range(3)]
    assert await asyncio.gather(*[replica.wait() for replica in replicas]) == [0, 0, 0]
    async with open_database(dsn, Limits()) as database:
        await database.ready()
        assert isinstance((await database.append([a_record()]))[0], Receipt)


async def test_a_schema_of_a_later_version_is_not_worked_on(dsn: str) -> None:
    migrate.upgrade(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    async with open_database(dsn, Limits()) as database:
        with pytest.raises(PartUnavailable, match="does not know"):
            await database.ready()


async def test_a_database_that_is_not_there_is_out_of_reach() -> None:
    async with open_database("postgresql://u:hunter2@127.0.0.1:1/none", Limits(connect_s=0.2)) as database:
        with pytest.raises(PartUnavailable) as caught:
            await database.ready()
        assert caught.value.metadata == {"part": "postgres"}
        assert "hunter2" not in caught.value.message
        with pytest.raises(PartUnavailable):
            await database.append([a_record()])
