"""The service as it runs, on a real PostgreSQL, and whoever checks it: valid, erased, tampered with, too young."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import re
from datetime import UTC
from typing import TYPE_CHECKING, Any

import grpc
import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundwire.proofs import merkle, tree
from groundwire.proofs.claim_bundles import bundle_in
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import PublicKey
from groundwire.proofs.outcomes import Outcome
from groundwire.v1 import provenance_service_pb2 as pb
from services.provenance import migrate
from services.provenance.key_folder import FolderKeys
from tests.fakes.records import TRACE, an_answer
from tests.mesh.embedded_postgres import EmbeddedPostgres, embedded_postgres
from tests.mesh.running_provenance import Running, running, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from groundwire.v1 import answer_pb2


RECORDED = 12


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with embedded_postgres() as server:
        yield server


@pytest.fixture
async def log(server: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Running]:
    async with running(server.new_database(), tmp_path) as at:
        yield at


async def test_a_log_an_answer_and_a_bundle_are_valid_and_the_bundle_without_a_server(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    bundle = tmp_path / "claim.json"
    async with running(server.new_database(), tmp_path) as at:
        answers = await at.record(RECORDED)
        await signed(at, RECORDED)
        assert (await at.verify())[:2] == ("VALID", 0)
        assert (await at.verify(answers[3].id))[:2] == ("VALID", 0)
        made = await at.cli("bundle", answers[3].id, "c1", "-o", str(bundle), "--key", str(at.key))
        assert made.exit_code == 0
        wrong_claim = await at.cli("bundle", answers[3].id, "c9", "-o", str(bundle), "--key", str(at.key))
        assert (wrong_claim.exit_code, "no claim c9" in wrong_claim.output) == (1, True)
        # Without a key to trust, the service's own word is taken, and that is said.
        assert "pin it" in (await at.cli("verify")).output
    key = at.key.read_text().strip()
    assert (await at.verify(str(bundle)))[:2] == ("VALID", 0)
    unkeyed = await at.cli("verify", str(bundle))
    assert unkeyed.exit_code == 2
    other = await at.cli(
        "verify", str(bundle), "--key", "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    )
    assert (other.exit_code, other.output.split()[0]) == (1, "INVALID")
    assert re.fullmatch(r"groundwire\.local/log\+[0-9a-f]{8}\+\S+", key)


@pytest.mark.parametrize("claim", [[], ["c1"], ["c1", "--question"]])
async def test_any_changed_value_of_a_bundle_is_found(log: Running, tmp_path: Path, claim: list[str]) -> None:
    (answer,) = await log.record(1)
    await log.record(4)
    await signed(log, 5)
    bundle = tmp_path / "bundle.json"
    await log.cli("bundle", answer.id, *claim, "-o", str(bundle), "--key", str(log.key))
    said = json.loads(bundle.read_text())
    key = PublicKey.parse(log.key.read_text())
    assert bundle_in(json.dumps(said)).verify(key).outcome is Outcome.VALID
    # What it says of keys counts for nothing.
    assert bundle_in(json.dumps({**said, "public_key": "x"})).verify(key).outcome is Outcome.VALID
    spoiled = list(changes({name: value for name, value in said.items() if name != "public_key"}))
    assert len(spoiled) >= 10
    for other in spoiled:
        try:
            finding = bundle_in(json.dumps({"public_key": "", **other})).verify(key)
        except ProofError:
            continue
        assert not finding.holds, other


def changes(said: Any) -> Iterator[Any]:
    """A value with one thing in it changed, for each thing in it."""
    if isinstance(said, dict):
        yield from ({**said, name: other} for name, value in said.items() for other in changes(value))
    elif isinstance(said, list):
        yield from ([*said[:i], other, *said[i + 1 :]] for i, value in enumerate(said) for other in changes(value))
        yield said[1:]
    elif isinstance(said, int):
        yield said + 1
    elif isinstance(said, str):
        half = len(said) // 2
        yield said[:half] + ("B" if said[half : half + 1] == "A" else "A") + said[half + 1 :]


async def test_what_no_checkpoint_reaches_is_unanchored(server: EmbeddedPostgres, tmp_path: Path) -> None:
    async with running(server.new_database(), tmp_path, every=1000) as at:
        (answer,) = await at.record(1)
        assert (await at.verify())[:2] == ("UNANCHORED", 1)
        assert (await at.verify(answer.id))[:2] == ("UNANCHORED", 1)
        bundle = await at.cli("bundle", answer.id, "-o", str(tmp_path / "b"), "--key", str(at.key))
        assert "next checkpoint" in bundle.output
        assert not (tmp_path / "b").exists()


async def test_what_was_erased_is_gone_and_says_erased(log: Running, tmp_path: Path) -> None:
    answers = await log.record(3)
    await signed(log, 3)
    stale = tmp_path / "stale.json"
    await log.cli("bundle", answers[1].id, "-o", str(stale), "--key", str(log.key))
    erased = await log.cli("erase", "--answer", answers[1].id, "--reason", "asked for")
    assert erased.exit_code == 0
    assert answers[1].id in erased.output
    await signed(log, 4)
    outcome, status, detail = await log.verify()
    assert (outcome, status) == ("VALID", 0)
    assert "4 records, 1 of them erased" in detail
    assert (await log.verify(answers[1].id))[:2] == ("ERASED", 0)
    assert (await log.verify(answers[2].id))[:2] == ("VALID", 0)
    bundle = tmp_path / "erased.json"
    await log.cli("bundle", answers[1].id, "-o", str(bundle), "--key", str(log.key))
    assert (await log.verify(str(bundle)))[:2] == ("ERASED", 0)
    with pytest.raises(grpc.aio.AioRpcError, match="was erased, by record 3"):
        await log.stub.GetAnswer(pb.GetAnswerRequest(answer_id=answers[1].id))
    with pytest.raises(grpc.aio.AioRpcError, match="and then erased"):
        await log.stub.Record(pb.RecordRequest(answer=answers[1].SerializeToString()))
    lines = (await log.stub.ListAnswers(pb.ListAnswersRequest())).answers
    assert [line.id for line in lines] == [answers[2].id, answers[0].id]
    again = await log.stub.Erase(pb.EraseRequest(answer_id=answers[1].id))
    assert (again.receipt.index, list(again.answer_ids)) == (3, [answers[1].id])
    # All about an image goes at once; a second time there is nothing left about it.
    whole = await log.stub.Erase(pb.EraseRequest(image_digest=answers[0].image.digest))
    assert list(whole.answer_ids) == [answers[0].id, answers[2].id]
    with pytest.raises(grpc.aio.AioRpcError, match="no answer about that image"):
        await log.stub.Erase(pb.EraseRequest(image_digest=answers[0].image.digest))
    await signed(log, 5)
    assert "3 of them erased" in (await log.verify())[2]


TAMPERING = {
    "a record": "UPDATE records SET record = overlay(record PLACING 'A' FROM 3) WHERE index = 4",
    "a digest": "UPDATE records SET digest = sha256('x') WHERE index = 4",
    "a hash for proofs": "UPDATE records SET nodes = overlay(nodes PLACING '\\x00000000' FROM 33) WHERE index = 1",
    "a kind": "UPDATE records SET kind = 'erasure' WHERE index = 4",
    "a content": "UPDATE contents SET box = overlay(box PLACING '\\x00000000' FROM 40) WHERE record_index = 4",
    "a lost content": "DELETE FROM contents WHERE record_index = 4",
    "a swapped content": "UPDATE contents AS a SET box = b.box FROM contents b "
    "WHERE a.record_index = 4 AND b.record_index = 5",
    "a lost row": "DELETE FROM records WHERE index = 4",
    "a cut tail": "DELETE FROM records WHERE index >= 9; UPDATE log_head SET next_index = 9",
    "a new order": "UPDATE records SET index = CASE index WHEN 4 THEN 105 ELSE 104 END WHERE index IN (4, 5);"
    "UPDATE records SET index = index - 100 WHERE index > 100",
    "a rewritten past": "UPDATE records SET (record, digest) = (SELECT record, digest FROM records WHERE index = 2) "
    "WHERE index = 4",
    "a checkpoint": "UPDATE checkpoints SET note = replace(note, 'groundwire.local', 'groundwire.global')",
    "a made-up erasure": "UPDATE answers SET (key, fingerprint, image_tag, summary_box, erased_by) = "
    "(NULL, NULL, NULL, NULL, 5) WHERE record_index = 4; DELETE FROM contents WHERE record_index = 4",
}


@pytest.mark.parametrize("what", TAMPERING)
async def test_tampering_is_found(server: EmbeddedPostgres, tmp_path: Path, what: str) -> None:
    dsn = server.new_database()
    async with running(dsn, tmp_path) as at:
        await at.record(RECORDED)
        await signed(at, RECORDED)
        with psycopg.connect(dsn) as connection:
            connection.execute("SET session_replication_role = replica")  # Foreign keys are not looked at.
            connection.execute(TAMPERING[what].encode())
        outcome, status, detail = await at.verify()
        assert (outcome, status) == ("INVALID", 1), detail
        assert re.search("record|checkpoint|copy", detail)


async def test_a_lost_key_reads_as_invalid_and_never_as_erased(log: Running) -> None:
    answers = await log.record(2)
    await signed(log, 2)
    for file in (log.folder / "keys").glob("*.keys"):
        file.write_bytes(bytes(file.stat().st_size))
    assert (await log.verify())[:2] == ("INVALID", 1)
    assert (await log.verify(answers[0].id))[:2] == ("INVALID", 1)


async def test_a_fork_and_a_rollback_are_found_by_the_copies(server: EmbeddedPostgres, tmp_path: Path) -> None:
    folder = tmp_path / "checkpoints"
    async with running(server.new_database(), tmp_path) as at:
        for size in (4, 8):
            await at.record(4)
            await signed(at, size)
    kept = {copy.name: copy.read_bytes() for copy in folder.iterdir()}
    for name in kept:
        (folder / name).unlink()
    # The operator begins another history with the same key; an auditor kept checkpoints of the first.
    async with running(server.new_database(), tmp_path) as at:
        (answer, *_) = await at.record(6)
        await signed(at, 6)
        for size, why in ((4, "not those that were signed"), (8, "8 records were signed, and 6 are here")):
            name = f"{size:020d}.checkpoint"
            before = (folder / name).read_bytes() if (folder / name).exists() else None
            (folder / name).write_bytes(kept[name])
            outcome, status, detail = await at.verify()
            assert (outcome, status) == ("INVALID", 1)
            assert name in detail
            assert why in detail
            if before is not None:
                (folder / name).write_bytes(before)
        outcome, status, detail = await at.verify(answer.id)
        assert (outcome, status) == ("INVALID", 1)
        assert "8 records were signed" in detail


async def test_a_spoiled_copy_is_named(log: Running) -> None:
    await log.record(3)
    await signed(log, 3)
    (log.folder / "checkpoints" / f"{7:020d}.checkpoint").write_text("no note")
    outcome, _, detail = await log.verify()
    assert outcome == "INVALID"
    assert "00007.checkpoint" in detail


async def test_nothing_of_an_erased_answer_is_left_on_the_disk(tmp_path: Path) -> None:
    question, reading, claim = "WHOSE-IS-THE-ZEPPELIN", "LETTERING-QUASAR", "IT-READS-QUASAR"
    answer = an_answer(question)
    answer.regions[1].text = reading
    answer.claims[0].text = claim
    answer.image.digest = "5ec2e7" * 10 + "abcd"
    for region in answer.regions:
        region.image_digest = answer.image.digest
    secrets = [text.encode() for text in (question, reading, claim, answer.image.digest)]
    secrets.append(bytes.fromhex(answer.image.digest))
    with embedded_postgres() as own_server:
        async with running(own_server.new_database(), tmp_path) as at:
            await at.record(2)
            await at.stub.Record(pb.RecordRequest(answer=answer.SerializeToString()))
            found = list(residue(own_server.data, tmp_path, secrets))
            keys = {bytes(key) for file in (tmp_path / "keys").glob("*.keys") for key in chunks(file.read_bytes())}
            assert found == []  # Not even before: PostgreSQL never saw it.
            await at.cli("erase", "--answer", answer.id)
            await signed(at, 4)
        own_server.crash()
        assert list(residue(own_server.data, tmp_path, secrets)) == []
        left = {bytes(key) for file in (tmp_path / "keys").glob("*.keys") for key in chunks(file.read_bytes())}
        (destroyed,) = keys - left
        assert list(residue(own_server.data, tmp_path, [destroyed])) == []
        # The search finds what is there: the trace's name is in the clear.
        assert list(residue(own_server.data, tmp_path, [TRACE.encode()]))


def chunks(content: bytes) -> Iterator[bytes]:
    return (content[i : i + 32] for i in range(0, len(content), 32))


def residue(database: Path, folder: Path, secrets: list[bytes]) -> Iterator[tuple[Path, bytes]]:
    """Files of the database, its write-ahead log, the keys and the copies that hold one of these."""
    for file in (*database.rglob("*"), *folder.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            yield from ((file, secret) for secret in secrets if secret in content)


async def test_a_log_of_the_second_schema_is_valid_as_it_stands_and_found_by_the_new_filters(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    dsn, keys = server.new_database(), FolderKeys(tmp_path / "keys")
    await asyncio.to_thread(migrate.upgrade, dsn, to="0002")
    answers = [an_answer(f"an old question {i}") for i in range(3)]
    frontier: list[bytes] = []
    with psycopg.connect(dsn) as connection:
        for index, answer in enumerate(answers):
            record, row = await as_the_second_schema_had_it(answer, keys)
            frontier, completed = tree.append(frontier, index, merkle.leaf_hash(record))
            connection.execute(
                "INSERT INTO records (index, kind, digest, record, nodes) VALUES (%s, 'answer', sha256(%s), %s, %s)",
                (index, record, record, b"".join(completed)),
            )
            connection.execute(
                "INSERT INTO answers VALUES (%s, %s, %s, '{1}', 1, %s, %s, %s, %s, %s)",
                (answer.id, index, answer.create_time.ToDatetime(UTC), TRACE, *row[:4]),
            )
            connection.execute("INSERT INTO contents VALUES (%s, %s)", (index, row[4]))
        connection.execute("UPDATE log_head SET next_index = 3, frontier = %s", (b"".join(frontier),))
    async with running(dsn, tmp_path) as at:
        (young,) = await at.record(1)
        await signed(at, 4)
        outcome, _, detail = await at.verify()
        assert (outcome, detail.startswith("4 records, 0 of them erased")) == ("VALID", True)
        assert (await at.verify(answers[0].id))[0] == "VALID"
        # Recorded again it is known, it is found by what it says, and soon by the models that had a part in it.
        receipt = (await at.stub.Record(pb.RecordRequest(answer=answers[1].SerializeToString()))).receipt
        assert receipt.index == 1
        for wanted in (pb.AnswerFilter(text="old question"), pb.AnswerFilter(model="read_text", text="old question")):
            async with asyncio.timeout(30):
                while len((await at.stub.ListAnswers(pb.ListAnswersRequest(filter=wanted))).answers) < 3:
                    pass
        assert (await at.stub.ListAnswers(pb.ListAnswersRequest())).answers[0].id == young.id
        # A claim of it has no proof of its own, and that is said; the whole answer has.
        alone = await at.cli("bundle", answers[0].id, "c1", "-o", str(tmp_path / "b"), "--key", str(at.key))
        assert (alone.exit_code, "recorded before" in alone.output) == (1, True)
        whole = await at.cli("bundle", answers[0].id, "-o", str(tmp_path / "b"), "--key", str(at.key))
        assert whole.exit_code == 0
        assert (await at.verify(str(tmp_path / "b")))[0] == "VALID"


async def as_the_second_schema_had_it(
    answer: answer_pb2.Answer, keys: FolderKeys
) -> tuple[bytes, tuple[str, bytes, bytes, bytes, bytes]]:
    """The record of version 1; key, fingerprint, tag, and the two boxes as they were written then."""
    content, salt = answer.SerializeToString(), os.urandom(32)
    name, key = await keys.take()
    secret = await keys.secret()
    values = {"content": content, "image": answer.image.digest.encode(), "question": answer.question.encode()}
    commitments = {
        what: hmac.digest(salt, f"groundwire.v1/{what}".encode() + b"\0" + value, "sha256").hex()
        for what, value in values.items()
    }
    said = {
        "answer": answer.id,
        "commitments": commitments,
        "kind": "answer",
        "time": "t",
        "trace": TRACE,
        "version": 1,
    }
    boxes = []
    for what, plain in (
        ("summary", json.dumps([answer.question, answer.image.digest]).encode()),
        ("content", salt + content),
    ):
        nonce = os.urandom(12)
        boxes.append(nonce + AESGCM(key).encrypt(nonce, plain, f"groundwire.v1/{what}/{answer.id}".encode()))
    fingerprint = hmac.digest(secret, b"answer\0" + content, "sha256")
    image_tag = hmac.digest(secret, b"image\0" + answer.image.digest.encode(), "sha256")
    record = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    return record, (name, fingerprint, image_tag, boxes[0], boxes[1])
