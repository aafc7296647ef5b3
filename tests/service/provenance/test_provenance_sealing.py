"""Keys in a folder, and what they seal."""

from __future__ import annotations

import asyncio
import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from groundwire.proofs import records
from services.common.errors import MeshError, PartUnavailable, RecordNotFound
from services.provenance import convert_answer
from services.provenance.core.records import DEFAULT_TENANT, Box, Summary
from services.provenance.key_folder import KEYS_AT_ONCE, FolderKeys
from services.provenance.sealing import Sealer
from tests.fakes.provenance import assembled
from tests.fakes.records import IMAGE, MemoryDatabase, an_answer
from tests.fakes.stores import MemoryKeys

if TYPE_CHECKING:
    from pathlib import Path

    from services.provenance.core.records import Answer, AnswerRecord


def an_answer_to_keep(question: str = "What?") -> Answer:
    return convert_answer.answer_from(an_answer(question).SerializeToString())


def boxes_of(sealed: AnswerRecord) -> tuple[Box, Box]:
    assert sealed.content is not None
    assert sealed.summary is not None
    return sealed.content, sealed.summary


async def test_keys_are_all_different_come_back_and_are_for_the_owner_alone(tmp_path: Path) -> None:
    keys = FolderKeys(tmp_path / "keys")
    taken = dict(await asyncio.gather(*[keys.take() for _ in range(KEYS_AT_ONCE + 5)]))
    assert len(set(taken.values())) == len(taken) == KEYS_AT_ONCE + 5
    again = FolderKeys(tmp_path / "keys")
    assert {name: await again.get(name) for name in taken} == taken
    later = dict([await again.take()])
    assert not set(later) & set(taken)
    assert not set(later.values()) & set(taken.values())
    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}


async def test_a_destroyed_key_is_gone_from_the_file_and_the_others_are_not(tmp_path: Path) -> None:
    keys = FolderKeys(tmp_path)
    (gone, value), (stays, other) = await keys.take(), await keys.take()
    await keys.destroy([gone])
    await keys.destroy([gone, "of another store", f"{'0' * 32}:0"])
    assert await keys.get(gone) is None
    assert await keys.get(stays) == other
    files = list(tmp_path.iterdir())  # noqa: ASYNC240 - a few small files
    assert not any(value in file.read_bytes() for file in files)


@pytest.mark.parametrize("name", ["", "x", "../secret:0", f"{'0' * 32}:0", f"{'0' * 32}:-1"])
async def test_a_name_that_names_no_key_gets_none(tmp_path: Path, name: str) -> None:
    keys = FolderKeys(tmp_path)
    await keys.secret()
    assert await keys.get(name) is None


async def test_replicas_share_one_secret(tmp_path: Path) -> None:
    replicas = [FolderKeys(tmp_path / "keys") for _ in range(4)]
    secrets = await asyncio.gather(*[keys.secret() for keys in replicas for _ in range(3)])
    assert len(set(secrets)) == 1
    assert len(secrets[0]) == 32
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["secret"]


async def test_a_folder_that_cannot_be_used_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file in its place")
    with pytest.raises(PartUnavailable) as caught:
        await FolderKeys(tmp_path / "keys").take()
    assert "GROUNDWIRE_PROVENANCE_KEY_FOLDER" in caught.value.remedy


async def test_what_is_sealed_opens_and_nothing_of_it_shows() -> None:
    sealer = Sealer(MemoryKeys())
    answer = an_answer_to_keep("WHOSE-IS-IT")
    sealed = await sealer.seal(answer)
    content, summary = boxes_of(sealed)
    answer_id = answer.finding.answer_id
    assert (await sealer.open("content", answer_id, DEFAULT_TENANT, content)).content == answer.content
    assert await sealer.open_summary(answer_id, DEFAULT_TENANT, summary) == answer.summary
    assert answer.summary == Summary("WHOSE-IS-IT", IMAGE, (), ("It says YAMAHA.", "YAMARA", "YAMAHA", "XMAX"))
    for shown in (sealed.record, content.content, summary.content, sealed.fingerprint, sealed.image_tag):
        assert not any(word in shown for word in (b"WHOSE-IS-IT", b"YAMAHA", IMAGE.encode(), bytes.fromhex(IMAGE)))


async def test_the_same_answer_is_sealed_otherwise_each_time_and_known_again() -> None:
    sealer = Sealer(MemoryKeys())
    answer = an_answer_to_keep()
    first, second = await sealer.seal(answer), await sealer.seal(answer)
    assert (first.fingerprint, first.image_tag) == (second.fingerprint, second.image_tag)
    assert first.record != second.record
    assert not {box.content for box in boxes_of(first)} & {box.content for box in boxes_of(second)}
    assert (await sealer.seal(an_answer_to_keep())).fingerprint != first.fingerprint


async def test_a_box_opens_for_its_own_answer_tenant_kind_and_key_alone() -> None:
    keys = MemoryKeys()
    sealer = Sealer(keys)
    answer = an_answer_to_keep()
    content, summary = boxes_of(await sealer.seal(answer))
    other, _ = boxes_of(await sealer.seal(answer))
    answer_id = answer.finding.answer_id
    spoiled = bytearray(content.content)
    spoiled[-1] ^= 1
    for box in (bytes(spoiled), b"", other.content, summary.content, os.urandom(80)):
        with pytest.raises(MeshError, match="was altered"):
            await sealer.open("content", answer_id, DEFAULT_TENANT, Box(content.key, box))
    for kind, whose, tenant in (
        ("content", uuid4(), DEFAULT_TENANT),
        ("content", answer_id, "clinic"),
        ("review", answer_id, DEFAULT_TENANT),
    ):
        with pytest.raises(MeshError, match="was altered"):
            await sealer.open(kind, whose, tenant, content)
    await keys.destroy([content.key])
    with pytest.raises(MeshError, match="is gone"):
        await sealer.open("content", answer_id, DEFAULT_TENANT, content)


async def test_tenants_have_tags_of_their_own() -> None:
    sealer = Sealer(MemoryKeys())
    content = an_answer().SerializeToString()
    one, other = [
        await sealer.seal(convert_answer.answer_from(content, tenant)) for tenant in (DEFAULT_TENANT, "clinic")
    ]
    assert one.image_tag != other.image_tag
    assert one.fingerprint != other.fingerprint


async def test_of_what_is_not_to_be_stored_there_is_a_record_and_nothing_else() -> None:
    keys = MemoryKeys()
    answer = an_answer_to_keep()
    sealed = await Sealer(keys).seal(answer, stored=False)
    assert (sealed.content, sealed.summary, keys.keys) == (None, None, {})
    said = records.parse(sealed.record)
    assert isinstance(said, records.AnswerRecord)
    assert not said.is_stored
    # Whoever kept the answer and was given the salt can prove it.
    assert said.check(records.Opening(sealed.salt, answer.content)).id == str(answer.finding.answer_id)


async def test_an_erasure_that_was_cut_short_is_finished_at_the_next_start() -> None:
    database, keys = MemoryDatabase(), MemoryKeys()
    answer = an_answer_to_keep()
    answer_id = answer.finding.answer_id
    async with assembled(database, keys) as parts:
        vault = parts.vault
        await vault.record(answer)
        keys.out_of_reach = True
        with pytest.raises(PartUnavailable):
            await vault.erase(DEFAULT_TENANT, answer_id, "", "")
        assert list(await database.doomed()) == ["0"]
        with pytest.raises(RecordNotFound, match="was erased"):
            await vault.read(answer_id, DEFAULT_TENANT)
        keys.out_of_reach = False
        await vault.ready()
        assert keys.keys == {"0": b""}
        assert list(await database.doomed()) == []
        with pytest.raises(RecordNotFound):
            await vault.erase(DEFAULT_TENANT, uuid4(), "", "")


async def test_an_answer_under_another_record_is_not_passed_off_as_the_recorded_one() -> None:
    database, keys = MemoryDatabase(), MemoryKeys()
    sealer = Sealer(keys)
    answer, other = an_answer_to_keep(), an_answer_to_keep()
    async with assembled(database, keys) as parts:
        vault = parts.vault
        sealed, swapped = await sealer.seal(answer), await sealer.seal(other)
        await database.append([replace(sealed, record=swapped.record, digest=swapped.digest)])
        with pytest.raises(MeshError, match="was altered"):
            await vault.read(answer.finding.answer_id, DEFAULT_TENANT)
