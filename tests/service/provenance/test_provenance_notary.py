"""Signing the log, and refusing to: on a database and copies in memory, keys and folders on disk."""

from __future__ import annotations

import asyncio
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from groundwire.proofs import merkle
from groundwire.proofs.notes import Checkpoint, PublicKey, checkpoint_of
from services.common.errors import MeshError, PartUnavailable
from services.provenance.notary import Notary, signing
from services.provenance.obstore import open_copies
from services.provenance.signing import Signer, load_or_create
from tests.fakes.records import MemoryDatabase, a_record
from tests.fakes.stores import MemoryCopies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIGNER = Signer("test.local/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
OTHER = Signer("test.local/log", Ed25519PrivateKey.from_private_bytes(b"\1" * 32))


async def a_log(size: int) -> MemoryDatabase:
    database = MemoryDatabase()
    await database.append([a_record(f"question {i}") for i in range(size)])
    return database


async def signed(size: int, copies: MemoryCopies | None = None) -> MemoryDatabase:
    """A log with a checkpoint over its records."""
    database = await a_log(size)
    await Notary(database, SIGNER, copies, every=1000).sign()
    return database


def root_of(database: MemoryDatabase) -> bytes:
    return merkle.root([merkle.leaf_hash(entry.record) for entry in database.log])


async def test_a_checkpoint_is_over_every_record_and_is_copied() -> None:
    copies = MemoryCopies()
    database = await signed(5, copies)
    (note,) = database.notes.values()
    assert checkpoint_of(note, SIGNER.public) == Checkpoint("test.local/log", 5, root_of(database))
    assert copies.notes == database.notes == {5: note}


async def test_nothing_new_is_signed_once_and_an_empty_log_not_at_all() -> None:
    database = MemoryDatabase()
    notary = Notary(database, SIGNER, None, every=1000)
    await notary.sign()
    assert database.notes == {}
    await database.append([a_record()])
    await notary.sign()
    await notary.sign()
    assert list(database.notes) == [1]


async def test_each_checkpoint_continues_the_one_before_also_over_a_restart_and_beside_a_replica() -> None:
    database = await signed(3)
    replicas = [Notary(database, SIGNER, None, every=1000) for _ in range(2)]
    for i in range(6):
        await database.append([a_record()])
        await replicas[i % 2].sign()
    assert list(database.notes) == [3, 4, 5, 6, 7, 8, 9]
    assert checkpoint_of(database.notes[9], SIGNER.public).root == root_of(database)


async def test_so_many_records_are_signed_before_their_time() -> None:
    database = MemoryDatabase()
    copies = MemoryCopies()
    async with signing(Notary(database, SIGNER, copies, every=3), interval_s=3600) as notary:
        for i in range(3):
            await database.append([a_record()])
            notary.saw(i)
        async with asyncio.timeout(10):
            await copies.kept.wait()
        await database.append([a_record()])
        notary.saw(3)
    # The last one was signed on the way out.
    assert list(copies.notes) == [3, 4]


async def test_copies_that_are_out_of_reach_are_made_up_for() -> None:
    copies = MemoryCopies()
    database = await signed(2, copies)
    notary = Notary(database, SIGNER, copies, every=1000)
    await notary.sign()
    copies.out_of_reach = True
    for _ in range(2):
        await database.append([a_record()])
        with pytest.raises(PartUnavailable):
            await notary.sign()
    notary.require_sound()
    copies.out_of_reach = False
    await notary.sign()
    assert copies.notes == database.notes
    assert list(copies.notes) == [2, 3, 4]


def _alter_a_record(database: MemoryDatabase) -> None:
    object.__setattr__(database.log[-1], "record", b"other")


def _alter_the_tree(database: MemoryDatabase) -> None:
    object.__setattr__(database.log[3], "nodes", (*database.log[3].nodes[:-1], bytes(32)))


def _alter_the_frontier(database: MemoryDatabase) -> None:
    database._frontier[0] = bytes(32)  # noqa: SLF001 - tampering is the point


def _drop_a_record(database: MemoryDatabase) -> None:
    database.log.pop()


def _sign_with_another_key(database: MemoryDatabase) -> None:
    database.notes[5] = OTHER.sign(5, root_of(database))


def _alter_the_checkpoint(database: MemoryDatabase) -> None:
    database.notes[5] = SIGNER.sign(5, bytes(32))


@pytest.mark.parametrize(
    "tamper",
    [
        _alter_a_record,
        _alter_the_tree,
        _alter_the_frontier,
        _drop_a_record,
        _sign_with_another_key,
        _alter_the_checkpoint,
    ],
)
@pytest.mark.parametrize("running", [False, True])
async def test_a_log_that_is_not_what_was_signed_is_neither_signed_nor_appended_to(
    tamper: Callable[[MemoryDatabase], None], *, running: bool
) -> None:
    database = await signed(5)
    notary = Notary(database, SIGNER, None, every=1000)
    if running:
        await notary.ready()
    await database.append([a_record(), a_record()])
    notes = len(database.notes)
    tamper(database)
    with pytest.raises(MeshError, match="not what was signed"):
        await notary.sign()
    with pytest.raises(MeshError, match="not what was signed"):
        notary.require_sound()
    with pytest.raises(MeshError, match="not what was signed"):
        await notary.ready()
    assert len(database.notes) == notes


async def test_a_database_that_was_set_back_is_known_by_the_copies() -> None:
    copies = MemoryCopies()
    await signed(5, copies)
    with pytest.raises(MeshError, match="3 records, and 5 were signed"):
        await Notary(await signed(3), SIGNER, copies, every=1000).ready()
    with pytest.raises(MeshError, match="not the one that was signed"):
        await Notary(await signed(5), SIGNER, copies, every=1000).ready()


async def test_a_copy_that_says_otherwise_stops_the_signing() -> None:
    copies = MemoryCopies()
    database = await signed(2, copies)
    notary = Notary(database, SIGNER, copies, every=1000)
    await notary.ready()
    copies.notes[3] = SIGNER.sign(3, bytes(32))
    await database.append([a_record()])
    with pytest.raises(MeshError, match="is another one"):
        await notary.sign()


async def test_nothing_is_appended_before_the_log_was_looked_at() -> None:
    database = await signed(2)
    notary = Notary(database, SIGNER, None, every=1000)
    database.out_of_reach = True
    with pytest.raises(PartUnavailable):
        await notary.ready()
    with pytest.raises(PartUnavailable):
        notary.require_sound()
    database.out_of_reach = False
    await notary.ready()
    notary.require_sound()


def test_a_key_is_made_for_its_owner_alone_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "made" / "key.pem"
    made = load_or_create(path, "test.local/log")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path, "test.local/log").public == made.public
    assert PublicKey.parse(path.with_suffix(".pub").read_text()) == made.public


def test_a_file_that_is_no_key_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    other_kind = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content in (b"", b"no key", other_kind):
        path.write_bytes(content)
        with pytest.raises(MeshError) as caught:
            load_or_create(path, "test.local/log")
        assert "GROUNDWIRE_PROVENANCE_SIGNING_KEY_FILE" in caught.value.remedy


async def test_copies_in_a_folder_are_written_once_and_the_newest_is_found(tmp_path: Path) -> None:
    copies = open_copies((tmp_path / "copies").as_uri())
    assert await copies.newest(0) is None
    for size in (9, 10, 123):
        assert await copies.keep(size, f"note {size}") == f"note {size}"
    assert await copies.keep(10, "another") == "note 10"
    assert [await copies.newest(at_least) for at_least in (0, 11, 123, 124)] == ["note 123"] * 3 + [None]


async def test_a_folder_that_cannot_be_written_is_out_of_reach(tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    copies = open_copies(folder.as_uri())
    folder.rmdir()
    folder.write_text("a file in its place")
    with pytest.raises(PartUnavailable) as caught:
        await copies.keep(1, "note")
    assert "GROUNDWIRE_PROVENANCE_CHECKPOINT_URL" in caught.value.remedy


@pytest.mark.parametrize("url", ["copies", "file:copies", "nothing://copies"])
def test_a_url_that_names_no_place_is_refused(url: str) -> None:
    with pytest.raises(MeshError) as caught:
        open_copies(url)
    assert "GROUNDWIRE_PROVENANCE_CHECKPOINT_URL" in caught.value.remedy
