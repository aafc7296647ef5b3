"""Proofs over gRPC, on a database in memory, checked as any caller can."""

from __future__ import annotations

import hashlib
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from groundwire.proofs import merkle
from groundwire.proofs.notes import PublicKey, checkpoint_of
from groundwire.v1 import provenance_service_pb2 as pb
from groundwire.v1 import provenance_service_pb2_grpc
from services.provenance.notary import Notary
from services.provenance.settings import ProvenanceSettings
from services.provenance.signing import Signer
from services.runtime.server import Service, serving
from services.runtime.status import from_rpc_error
from tests.fakes.provenance import assembled
from tests.fakes.records import MemoryDatabase, an_answer
from tests.fakes.stores import MemoryKeys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from pathlib import Path

    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub
    from services.common.errors import MeshError

SIGNER = Signer("test.local/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@pytest.fixture
async def notary(database: MemoryDatabase) -> Notary:
    made = Notary(database, SIGNER, None, every=1000)
    await made.ready()
    return made


@pytest.fixture
async def stub(database: MemoryDatabase, notary: Notary, tmp_path: Path) -> AsyncIterator[Stub]:
    async with serving_log(database, notary, tmp_path) as stub:
        yield stub


@asynccontextmanager
async def serving_log(database: MemoryDatabase, notary: Notary, folder: Path) -> AsyncIterator[Stub]:
    settings = ProvenanceSettings(
        dsn=SecretStr("postgresql://not.used"), signing_key_file=folder, key_folder=folder, port=0
    )
    keys = MemoryKeys()
    async with assembled(database, keys) as parts:

        def register(server: grpc.aio.Server) -> None:
            parts.register(server, notary)

        async with (
            serving(Service("groundwire.v1.ProvenanceService", register, notary.ready), settings) as port,
            grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_retries", 0)]) as channel,
        ):
            yield provenance_service_pb2_grpc.ProvenanceServiceStub(channel)


async def recorded(stub: Stub, count: int) -> list[str]:
    """Ids of so many new answers, recorded one after the other."""
    answers = [an_answer(f"question {i}") for i in range(count)]
    for answer in answers:
        await stub.Record(pb.RecordRequest(answer=answer.SerializeToString()))
    return [answer.id for answer in answers]


async def refused(call: Awaitable[object]) -> MeshError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return from_rpc_error(caught.value, part="provenance")


async def test_every_record_is_proved_to_be_in_the_signed_log(stub: Stub, notary: Notary) -> None:
    ids = await recorded(stub, 11)
    await notary.sign()
    for index, answer_id in enumerate(ids):
        by_id = await stub.GetInclusionProof(pb.GetInclusionProofRequest(answer_id=answer_id))
        assert by_id == await stub.GetInclusionProof(pb.GetInclusionProofRequest(index=index))
        assert by_id.index == index
        checkpoint = checkpoint_of(by_id.checkpoint, PublicKey.parse(by_id.public_key))
        merkle.verify_inclusion(
            merkle.leaf_hash(by_id.record), index, checkpoint.size, list(by_id.hashes), checkpoint.root
        )


async def test_a_record_that_is_younger_than_the_checkpoint_comes_without_a_proof(stub: Stub, notary: Notary) -> None:
    await recorded(stub, 1)
    first = await stub.GetInclusionProof(pb.GetInclusionProofRequest(index=0))
    assert (first.checkpoint, list(first.hashes)) == ("", [])
    assert (await stub.GetCheckpoint(pb.GetCheckpointRequest())).checkpoint == ""
    await notary.sign()
    await recorded(stub, 1)
    second = await stub.GetInclusionProof(pb.GetInclusionProofRequest(index=1))
    assert (second.checkpoint, list(second.hashes)) == ("", [])
    assert second.record


async def test_the_log_is_proved_to_begin_with_what_it_was(stub: Stub, notary: Notary) -> None:
    checkpoints = []
    for _ in range(4):
        await recorded(stub, 3)
        await notary.sign()
        said = await stub.GetCheckpoint(pb.GetCheckpointRequest())
        checkpoints.append(checkpoint_of(said.checkpoint, PublicKey.parse(said.public_key)))
    for i, old in enumerate(checkpoints):
        for new in checkpoints[i:]:
            request = pb.GetConsistencyProofRequest(old_size=old.size, new_size=new.size)
            hashes = list((await stub.GetConsistencyProof(request)).hashes)
            merkle.verify_consistency(old.size, new.size, hashes, old.root, new.root)


async def test_the_log_is_read_in_order_in_whole_and_in_part(stub: Stub, database: MemoryDatabase) -> None:
    await recorded(stub, 7)
    for start, end, expected in ((0, 0, range(7)), (2, 5, range(2, 5)), (5, 99, range(5, 7)), (7, 0, range(0))):
        read = [entry async for entry in stub.ReadRecords(pb.ReadRecordsRequest(start=start, end=end))]
        assert [entry.receipt.index for entry in read] == list(expected)
        assert [entry.record for entry in read] == [database.log[i].record for i in expected]
        assert all(entry.receipt.digest == hashlib.sha256(entry.record).hexdigest() for entry in read)
        assert {entry.kind for entry in read} <= {"answer"}


async def test_what_is_not_there_or_badly_named_is_refused_in_words(stub: Stub) -> None:
    await recorded(stub, 3)
    include, connect = pb.GetInclusionProofRequest, pb.GetConsistencyProofRequest
    wrong: list[tuple[Awaitable[object], str, str]] = [
        (stub.GetInclusionProof(include()), "INVALID_FIELD", "record"),
        (stub.GetInclusionProof(include(index=-1)), "INVALID_FIELD", "index"),
        (stub.GetInclusionProof(include(answer_id="x")), "INVALID_FIELD", "answer_id"),
        (stub.GetInclusionProof(include(index=3)), "RECORD_NOT_FOUND", ""),
        (stub.GetInclusionProof(include(answer_id=str(uuid.uuid4()))), "RECORD_NOT_FOUND", ""),
        (stub.GetConsistencyProof(connect(old_size=0, new_size=2)), "INVALID_FIELD", "old_size"),
        (stub.GetConsistencyProof(connect(old_size=3, new_size=2)), "INVALID_FIELD", "old_size"),
        (stub.GetConsistencyProof(connect(old_size=1, new_size=4)), "INVALID_FIELD", "new_size"),
    ]
    for call, reason, field in wrong:
        error = await refused(call)
        assert (error.reason, getattr(error, "field", "")) == (reason, field)
        assert error.remedy
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        [entry async for entry in stub.ReadRecords(pb.ReadRecordsRequest(start=-1))]
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_log_that_is_not_what_was_signed_takes_no_answer_and_is_not_ready(
    stub: Stub, database: MemoryDatabase, notary: Notary
) -> None:
    await recorded(stub, 3)
    await notary.sign()
    database.log.pop()
    with pytest.raises(Exception, match="not what was signed"):
        await notary.sign()
    error = await refused(stub.Record(pb.RecordRequest(answer=an_answer().SerializeToString())))
    assert "not what was signed" in error.message
    assert "groundwire verify" in error.remedy
    assert len(database.log) == 2


async def test_a_tree_that_lost_hashes_proves_nothing(stub: Stub, database: MemoryDatabase, notary: Notary) -> None:
    await recorded(stub, 4)
    await notary.sign()
    del database.log[1:]
    error = await refused(stub.GetInclusionProof(pb.GetInclusionProofRequest(index=0)))
    assert "not what was signed" in error.message
