"""Full disks and cut connections, on a real PostgreSQL: an answer is recorded or refused, and nothing between."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
import pytest

from services.common.errors import MeshError, PartUnavailable
from services.provenance import convert_answer
from services.provenance.key_folder import KEYS_AT_ONCE, FolderKeys
from services.provenance.notary import Notary
from services.provenance.obstore import open_copies
from services.provenance.postgres import Limits, PostgresDatabase, open_database
from services.provenance.signing import load_or_create
from tests.fakes.provenance import Assembled, assembled
from tests.fakes.records import an_answer
from tests.mesh.embedded_postgres import EmbeddedPostgres, embedded_postgres
from tests.mesh.small_disk import small_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from services.provenance.core.records import Receipt

CALLERS = 8
ROOM = 1024 * 1024
LARGE = "x" * 20_000
"""A question that fills disks."""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with embedded_postgres() as server:
        yield server


@dataclass
class Callers:
    """Callers that record until they are refused, and what they were told."""

    parts: Assembled
    receipts: dict[bytes, Receipt] = field(default_factory=dict)
    refused: dict[bytes, MeshError] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def record(self, content: bytes) -> None:
        """Record an answer, and note what comes of it."""
        try:
            self.receipts[content], _ = await self.parts.vault.record(convert_answer.answer_from(content))
        except MeshError as error:
            self.refused[content] = error
        self.news.set()

    async def record_until(self, is_enough: Callable[[], bool]) -> None:
        """All of them at once, without a pause."""

        async def call() -> None:
            while not is_enough():
                await self.record(an_answer(LARGE).SerializeToString())

        await asyncio.gather(*[call() for _ in range(CALLERS)])

    async def try_again(self) -> None:
        """What was refused may be in the log: then this is its receipt, else a new one."""
        again, self.refused = list(self.refused), {}
        for content in again:
            await self.record(content)

    async def check(self, database: PostgresDatabase, key: Path) -> None:
        """Every receipt holds, the log has nothing else, and its tree is whole."""
        assert not self.refused
        for content, receipt in self.receipts.items():
            answer = convert_answer.answer_from(content)
            assert await self.parts.vault.read(answer.finding.answer_id, answer.finding.tenant) == (receipt, content)
        assert sorted(receipt.index for receipt in self.receipts.values()) == list(range(len(self.receipts)))
        assert await database.last_index() == len(self.receipts) - 1
        await Notary(database, load_or_create(key, "test.local/log"), None, every=1000).sign()


async def back(database: PostgresDatabase) -> None:
    """Return once the database is ready again."""
    async with asyncio.timeout(60):
        while True:
            try:
                await database.ready()
            except PartUnavailable:
                await asyncio.sleep(0.1)
            else:
                return


async def test_on_a_full_disk_an_answer_is_recorded_or_refused_and_with_room_again_the_log_goes_on(
    tmp_path: Path,
) -> None:
    with small_disk(192 * 1024) as disk:
        server = EmbeddedPostgres(disk.folder / "data")
        try:
            async with (
                open_database(server.new_database(), Limits()) as database,
                assembled(database, FolderKeys(tmp_path / "keys")) as parts,
            ):
                await database.ready()
                callers = Callers(parts)
                disk.fill(leaving=ROOM)
                await callers.record_until(lambda: bool(callers.refused))
                assert {type(error) for error in callers.refused.values()} == {PartUnavailable}
                assert any("disk is full" in error.message for error in callers.refused.values())
                disk.make_room()
                # A PostgreSQL that could not write its own log has stopped.
                await asyncio.to_thread(server.start)
                await back(database)
                await callers.try_again()
                await callers.check(database, tmp_path / "key.pem")
        finally:
            server.crash()


async def test_connections_that_are_cut_under_load_cost_answers_their_receipts_and_never_a_record(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    dsn = server.new_database()
    cuts = 10
    async with (
        open_database(dsn, Limits()) as database,
        assembled(database, FolderKeys(tmp_path / "keys")) as parts,
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as knife,
    ):
        await database.ready()
        callers = Callers(parts)
        is_over = asyncio.Event()
        recording = asyncio.create_task(callers.record_until(is_over.is_set))
        for _ in range(cuts):
            had = len(callers.receipts)
            while len(callers.receipts) < had + CALLERS:
                callers.news.clear()
                await callers.news.wait()
            await knife.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        is_over.set()
        await recording
        assert {type(error) for error in callers.refused.values()} <= {PartUnavailable}
        await back(database)
        await callers.try_again()
        await callers.check(database, tmp_path / "key.pem")


async def test_without_room_for_a_key_nothing_is_recorded_and_with_room_again_it_is(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    with small_disk(256) as disk:
        keys = FolderKeys(disk.folder / "keys")
        async with open_database(server.new_database(), Limits()) as database, assembled(database, keys) as parts:
            await database.ready()
            await keys.secret()
            disk.fill(leaving=16 * 1024)  # Half of what the first keys take.
            callers, content = Callers(parts), an_answer().SerializeToString()
            await callers.record(content)
            assert callers.refused[content].metadata == {"part": "keys"}
            assert await database.last_index() == -1
            disk.make_room()
            await callers.try_again()
            await callers.check(database, tmp_path / "key.pem")


async def test_no_key_is_given_out_that_had_no_room() -> None:
    with small_disk(256) as disk:
        keys = FolderKeys(disk.folder / "keys")
        await keys.secret()
        disk.fill(leaving=16 * 1024)
        with pytest.raises(PartUnavailable):
            await keys.take()
        disk.make_room()
        taken = [await keys.take() for _ in range(KEYS_AT_ONCE)]
        reader = FolderKeys(disk.folder / "keys")
        assert [await reader.get(name) for name, _ in taken] == [key for _, key in taken]


async def test_without_room_for_copies_answers_are_recorded_and_the_copies_are_made_up_for(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    with small_disk(64) as disk:
        copies = open_copies((disk.folder / "copies").as_uri())
        async with (
            open_database(server.new_database(), Limits()) as database,
            assembled(database, FolderKeys(tmp_path / "keys")) as parts,
        ):
            await database.ready()
            notary = Notary(database, load_or_create(tmp_path / "key.pem", "test.local/log"), copies, every=1000)
            callers = Callers(parts)
            disk.fill(leaving=0)
            await callers.record(an_answer().SerializeToString())
            with pytest.raises(PartUnavailable, match="copies of checkpoints"):
                await notary.sign()
            await callers.record(an_answer().SerializeToString())
            disk.make_room()
            await notary.sign()
            assert len(callers.receipts) == 2
            assert await database.newest_note() == await copies.newest(0)
            assert await database.uncopied() == []
