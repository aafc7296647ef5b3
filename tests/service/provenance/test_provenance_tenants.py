"""Tenants, searches, reviews and followers over gRPC, on a database in memory."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import duration_pb2, timestamp_pb2
from pydantic import SecretStr

from groundwire import AsyncClient, Client
from groundwire.credentials import Credentials
from groundwire.errors import InvalidRequest, NotFound
from groundwire.searches import Search
from groundwire.v1 import answer_pb2, claim_pb2, provenance_service_pb2_grpc
from groundwire.v1 import provenance_service_pb2 as pb
from services.provenance.notary import Notary
from services.provenance.settings import ProvenanceSettings
from services.provenance.signing import Signer
from services.runtime.server import Service, serving
from services.runtime.status import from_rpc_error
from tests.fakes.provenance import assembled
from tests.fakes.records import TRACE, MemoryDatabase, an_answer
from tests.fakes.stores import MemoryKeys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub

SIGNER = Signer("test.local/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
CLINIC = (("groundwire-tenant", "clinic"),)


@asynccontextmanager
async def listening() -> AsyncIterator[str]:
    settings = ProvenanceSettings(
        dsn=SecretStr("postgresql://not.used"), signing_key_file=Path("no"), key_folder=Path("no"), port=0, grace_s=1
    )
    database = MemoryDatabase()
    notary = Notary(database, SIGNER, None, every=1000)
    await notary.ready()
    async with assembled(database, MemoryKeys()) as parts:
        service = Service(
            "groundwire.v1.ProvenanceService", lambda server: parts.register(server, notary), database.ready
        )
        async with serving(service, settings) as port:
            yield f"127.0.0.1:{port}"


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with listening() as at:
        yield at


@pytest.fixture
async def stub(address: str) -> AsyncIterator[Stub]:
    async with grpc.aio.insecure_channel(address, options=[("grpc.enable_retries", 0)]) as channel:
        yield provenance_service_pb2_grpc.ProvenanceServiceStub(channel)


async def recorded(stub: Stub, *, clinic: bool = False, question: str = "What?") -> answer_pb2.Answer:
    answer = an_answer(question)
    await stub.Record(pb.RecordRequest(answer=answer.SerializeToString()), metadata=CLINIC if clinic else ())
    return answer


READS: dict[str, Callable[[Stub, str, tuple[tuple[str, str], ...]], object]] = {
    "GetAnswer": lambda stub, answer, whose: stub.GetAnswer(pb.GetAnswerRequest(answer_id=answer), metadata=whose),
    "ExplainClaim": lambda stub, answer, whose: stub.ExplainClaim(
        pb.ExplainClaimRequest(answer_id=answer, claim_id="c1"), metadata=whose
    ),
    "GetInclusionProof": lambda stub, answer, whose: stub.GetInclusionProof(
        pb.GetInclusionProofRequest(answer_id=answer), metadata=whose
    ),
    "Review": lambda stub, answer, whose: stub.Review(
        pb.ReviewRequest(answer_id=answer, claim_id="c1", judgement=pb.JUDGEMENT_WRONG), metadata=whose
    ),
    "Erase": lambda stub, answer, whose: stub.Erase(pb.EraseRequest(answer_id=answer), metadata=whose),
}


@pytest.mark.parametrize("method", READS)
async def test_another_tenants_answer_is_not_found_and_ones_own_is(stub: Stub, method: str) -> None:
    answer = await recorded(stub, clinic=True)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await READS[method](stub, answer.id, ())  # type: ignore[misc]  # each of them is a call
    assert from_rpc_error(caught.value, part="provenance").reason == "RECORD_NOT_FOUND"
    await READS[method](stub, answer.id, CLINIC)  # type: ignore[misc]


async def test_lists_and_the_log_show_ones_own_alone(stub: Stub) -> None:
    own, theirs = await recorded(stub), await recorded(stub, clinic=True)
    for whose, expected in (((), own), (CLINIC, theirs)):
        page = await stub.ListAnswers(pb.ListAnswersRequest(), metadata=whose)
        assert [line.id for line in page.answers] == [expected.id]
    read = [each async for each in stub.ReadRecords(pb.ReadRecordsRequest(with_contents=True))]
    assert [(each.withheld, each.HasField("opening")) for each in read] == [(False, True), (True, False)]
    assert [len(each.nodes) for each in read] == [1, 2]
    proof = await stub.GetInclusionProof(pb.GetInclusionProofRequest(index=1))
    assert (proof.withheld, proof.HasField("opening")) == (True, False)
    with pytest.raises(grpc.aio.AioRpcError, match="no span"):
        await stub.GetTrace(pb.GetTraceRequest(trace_id=TRACE), metadata=(("groundwire-tenant", "other"),))


async def test_an_answer_is_the_calls_tenants_and_no_others(stub: Stub) -> None:
    content = an_answer().SerializeToString()
    with pytest.raises(grpc.aio.AioRpcError, match="the call is made for 'default'"):
        await stub.Record(pb.RecordRequest(answer=content, tenant="clinic"))
    await stub.Record(pb.RecordRequest(answer=content, tenant="clinic"), metadata=CLINIC)
    with pytest.raises(grpc.aio.AioRpcError, match="tenant"):
        await stub.ListAnswers(pb.ListAnswersRequest(), metadata=(("groundwire-tenant", "no tenant!"),))


async def test_of_an_answer_that_is_not_to_be_stored_its_caller_gets_the_salt(stub: Stub) -> None:
    answer = an_answer()
    request = pb.RecordRequest(answer=answer.SerializeToString(), store=answer_pb2.STORE_POLICY_NONE)
    assert len((await stub.Record(request)).receipt.salt) == 32
    (line,) = (await stub.ListAnswers(pb.ListAnswersRequest())).answers
    assert (line.commitments_only, line.question, line.image_digest) == (True, "", "")
    assert list(line.verdicts) == [claim_pb2.VERDICT_SUPPORTED]
    with pytest.raises(grpc.aio.AioRpcError, match="commitments alone"):
        await stub.GetAnswer(pb.GetAnswerRequest(answer_id=answer.id))
    bad = pb.RecordRequest(answer=an_answer().SerializeToString(), store=7)  # type: ignore[arg-type]
    with pytest.raises(grpc.aio.AioRpcError, match="store is 7"):
        await stub.Record(bad)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (pb.AnswerFilter(verdicts=[9]), "filter.verdicts[0]"),  # type: ignore[list-item]
        (pb.AnswerFilter(review_state=9), "filter.review_state"),  # type: ignore[arg-type]
        (pb.AnswerFilter(text="x" * 201), "filter.text"),
        (pb.AnswerFilter(image_digest="x"), "filter.image_digest"),
        (pb.AnswerFilter(min_latency=duration_pb2.Duration(seconds=-1)), "filter.min_latency"),
        (pb.AnswerFilter(since=timestamp_pb2.Timestamp(seconds=2**40)), "filter.since"),
    ],
)
async def test_a_filter_that_nothing_could_agree_with_is_refused(
    stub: Stub, wanted: pb.AnswerFilter, field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ListAnswers(pb.ListAnswersRequest(filter=wanted))
    assert getattr(from_rpc_error(caught.value, part="provenance"), "field", "") == field


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"judgement": 0}, "judgement"),
        ({"note": "x" * 2001}, "note"),
        ({"reviewer": "x" * 201}, "reviewer"),
        ({"claim_id": ""}, "claim_id"),
        ({"claim_id": "\x00"}, "claim_id"),
        ({"answer_id": "x"}, "answer_id"),
    ],
)
async def test_a_review_that_is_none_is_refused(stub: Stub, changes: dict[str, object], field: str) -> None:
    answer = await recorded(stub)
    request = pb.ReviewRequest(answer_id=answer.id, claim_id="c1", judgement=pb.JUDGEMENT_WRONG)
    for name, value in changes.items():
        setattr(request, name, value)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Review(request)
    assert getattr(from_rpc_error(caught.value, part="provenance"), "field", "") == field


async def test_a_client_searches_reviews_and_follows(stub: Stub, address: str) -> None:
    first, second = await recorded(stub, question="one"), await recorded(stub, question="two")
    await recorded(stub, clinic=True)
    async with AsyncClient(provenance_address=address, timeout_s=20) as client:
        reviewed = await client.review(second.id, "c1", "wrong", note="no", reviewer="Ada")
        assert reviewed.review_state == pb.REVIEW_STATE_WRONG
        page = await client.list_answers(Search(review="wrong", text="YAMAHA", model="rules"))
        assert [line.id for line in page.answers] == [second.id]
        told = await client.explain(second.id, "c1")
        assert [(each.note, each.reviewer) for each in told.reviews] == [("no", "Ada")]
        with pytest.raises(NotFound):
            await client.review(first.id, "c9", "correct")
        for wrong in (Search(verdicts=["fine"]), Search(review="good"), Search(max_latency_s=-1)):
            with pytest.raises(InvalidRequest):
                await client.list_answers(wrong)
        with pytest.raises(InvalidRequest):
            await client.review(first.id, "c1", "perhaps")  # type: ignore[arg-type]
        seen = []
        async with asyncio.timeout(20):
            async for line in client.watch_answers(after_index=-1):
                seen.append(line.question)
                if len(seen) == 2:
                    await recorded(stub, question="three")
                if len(seen) == 3:
                    break
        assert seen == ["one", "two", "three"]


async def test_a_client_of_another_tenant_sees_its_own(stub: Stub, address: str) -> None:
    await recorded(stub)
    theirs = await recorded(stub, clinic=True)

    def look() -> list[str]:
        with Client(provenance_address=address, timeout_s=20, credentials=Credentials(tenant="clinic")) as client:
            listed = [line.id for line in client.list_answers().answers]
            watched = [next(iter(client.watch_answers(after_index=-1))).id]
            return listed + watched

    assert await asyncio.to_thread(look) == [theirs.id, theirs.id]
