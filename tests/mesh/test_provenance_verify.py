"""The service as it runs, on a real PostgreSQL, and whoever checks it: valid, erased, tampered with, too young."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import psycopg
import pytest
from pydantic import SecretStr

from groundwire.proofs.bundles import Bundle
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import PublicKey
from groundwire.proofs.outcomes import Outcome
from groundwire.v1 import provenance_service_pb2 as pb
from groundwire.v1 import provenance_service_pb2_grpc
from services.provenance.__main__ import provenance
from services.provenance.settings import ProvenanceSettings
from services.runtime.server import serving
from tests.fakes.records import TRACE, an_answer
from tests.mesh.embedded_postgres import EmbeddedPostgres, embedded_postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from groundwire.v1 import answer_pb2
    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub

RECORDED = 12


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with embedded_postgres() as server:
        yield server


@dataclass
class Ended:
    """A command that has ended: its exit status, and what it printed."""

    exit_code: int
    output: str


class Running:
    """A service, a caller of it, and the command line pointed at it."""

    def __init__(self, stub: Stub, port: int, folder: Path) -> None:
        self.stub = stub
        self.port = port
        self.folder = folder

    async def record(self, count: int) -> list[answer_pb2.Answer]:
        answers = [an_answer(f"question {i}") for i in range(count)]
        for answer in answers:
            await self.stub.Record(pb.RecordRequest(answer=answer.SerializeToString()))
        return answers

    async def cli(self, *arguments: str) -> Ended:
        """A command, as a person gives it, in a folder without a mesh of its own."""
        environment = {
            "GROUNDWIRE_PROVENANCE_ADDRESS": f"127.0.0.1:{self.port}",
            "GROUNDWIRE_HOME": str(self.folder / "no mesh"),
            "COLUMNS": "500",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "groundwire", *arguments, env=os.environ | environment, stdout=PIPE, stderr=STDOUT
        )
        output, _ = await process.communicate()
        return Ended(process.returncode or 0, output.decode())

    async def verify(self, *arguments: str) -> tuple[str, int, str]:
        """Outcome, exit status and detail of a verification with the key and the copies of this log."""
        checkpoints = str(self.folder / "checkpoints")
        result = await self.cli("verify", *arguments, "--key", str(self.key), "--checkpoints", checkpoints)
        outcome, _, detail = result.output.strip().partition(" ")
        return outcome, result.exit_code, detail

    @property
    def key(self) -> Path:
        return self.folder / "key.pub"


@asynccontextmanager
async def running(dsn: str, folder: Path, *, every: int = 1) -> AsyncIterator[Running]:
    settings = ProvenanceSettings(
        dsn=SecretStr(dsn),
        signing_key_file=folder / "key.pem",
        key_folder=folder / "keys",
        checkpoint_url=(folder / "checkpoints").as_uri(),
        checkpoint_interval_s=3600,
        checkpoint_records=every,
        port=0,
        grace_s=5,
    )
    async with (
        asynccontextmanager(provenance)(settings) as service,
        serving(service, settings) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        await service.ready()
        yield Running(provenance_service_pb2_grpc.ProvenanceServiceStub(channel), port, folder)


async def signed(at: Running, size: int) -> None:
    """Return once a checkpoint of so many records is out."""
    async with asyncio.timeout(30):
        while True:
            said = await at.stub.GetCheckpoint(pb.GetCheckpointRequest())
            if said.checkpoint and int(said.checkpoint.split("\n")[1]) >= size:
                return


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
        assert wrong_claim.exit_code == 1
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


async def test_any_changed_value_of_a_bundle_is_found(log: Running, tmp_path: Path) -> None:
    (answer,) = await log.record(1)
    await log.record(4)
    await signed(log, 5)
    bundle = tmp_path / "claim.json"
    await log.cli("bundle", answer.id, "c1", "-o", str(bundle), "--key", str(log.key))
    said = json.loads(bundle.read_text())
    key = PublicKey.parse(log.key.read_text())
    assert Bundle.parse(json.dumps(said)).verify(key).outcome is Outcome.VALID
    # What it says of keys counts for nothing.
    assert Bundle.parse(json.dumps({**said, "public_key": "x"})).verify(key).outcome is Outcome.VALID
    spoiled = list(changes({name: value for name, value in said.items() if name != "public_key"}))
    assert len(spoiled) >= 10
    for other in spoiled:
        try:
            finding = Bundle.parse(json.dumps({"public_key": "", **other})).verify(key)
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
