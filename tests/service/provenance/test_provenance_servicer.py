"""The service over gRPC, on a database in memory."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import duration_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from pydantic import SecretStr

from groundwire.v1 import answer_pb2, claim_pb2, provenance_service_pb2, provenance_service_pb2_grpc
from services.provenance.convert_answer import MAX_ANSWER_BYTES
from services.provenance.notary import Notary
from services.provenance.settings import ProvenanceSettings
from services.provenance.signing import Signer
from services.runtime.server import Service, serving
from services.runtime.status import from_rpc_error
from tests.fakes.provenance import assembled
from tests.fakes.records import IMAGE, TRACE, MemoryDatabase, an_answer
from tests.fakes.stores import HeldPictures, MemoryKeys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub
    from services.common.errors import MeshError

SIGNER = Signer("test.local/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))

ProvenanceStub = provenance_service_pb2_grpc.ProvenanceServiceStub


@pytest.fixture
def database() -> MemoryDatabase:
    return MemoryDatabase()


@asynccontextmanager
async def connected(database: MemoryDatabase, pictures: HeldPictures | None = None) -> AsyncIterator[grpc.aio.Channel]:
    settings = ProvenanceSettings(
        dsn=SecretStr("postgresql://not.used"), signing_key_file=Path("no"), key_folder=Path("no"), port=0, grace_s=5
    )
    notary = Notary(database, SIGNER, None, every=1000)
    await notary.ready()
    keys = MemoryKeys()

    async with assembled(database, keys, pictures=pictures) as parts:

        def register(server: grpc.aio.Server) -> None:
            parts.register(server, notary)

        service = Service("groundwire.v1.ProvenanceService", register, database.ready)
        async with (
            serving(service, settings) as port,
            grpc.aio.insecure_channel(
                f"127.0.0.1:{port}",
                options=[
                    ("grpc.max_send_message_length", -1),
                    ("grpc.max_receive_message_length", -1),
                    ("grpc.enable_retries", 0),
                ],
            ) as channel,
        ):
            yield channel


@pytest.fixture
async def channel(database: MemoryDatabase) -> AsyncIterator[grpc.aio.Channel]:
    async with connected(database) as channel:
        yield channel


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> Stub:
    return ProvenanceStub(channel)


async def record(stub: Stub, content: bytes) -> answer_pb2.RecordReceipt:
    return (await stub.Record(provenance_service_pb2.RecordRequest(answer=content))).receipt


async def refused(call: Awaitable[object]) -> tuple[grpc.StatusCode, MeshError]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), from_rpc_error(caught.value, part="provenance")


async def test_the_receipt_is_over_the_record_of_the_bytes_as_sent_and_the_answer_comes_back_with_it(
    stub: Stub, database: MemoryDatabase
) -> None:
    answer = an_answer()
    # Two fields of the record swapped, and one that this version does not know: equal messages, other bytes.
    content = answer_pb2.Answer(trace_id=TRACE).SerializeToString() + answer.SerializeToString() + b"\xfa\x3e\x01x"
    receipt = await record(stub, content)
    entry = database.log[receipt.index]
    assert receipt.digest == hashlib.sha256(entry.record).hexdigest()
    proved = await stub.GetInclusionProof(provenance_service_pb2.GetInclusionProofRequest(answer_id=answer.id))
    assert proved.opening.content == content
    back = await stub.GetAnswer(provenance_service_pb2.GetAnswerRequest(answer_id=answer.id))
    assert back.answer.record == receipt
    back.answer.ClearField("record")
    back.answer.DiscardUnknownFields()
    assert back.answer == answer


async def test_recording_again_returns_the_first_receipt(stub: Stub) -> None:
    content = an_answer().SerializeToString()
    first = await record(stub, content)
    await record(stub, an_answer().SerializeToString())
    assert await record(stub, content) == first


async def test_other_bytes_for_a_recorded_answer_are_refused(stub: Stub) -> None:
    answer = an_answer()
    await record(stub, answer.SerializeToString())
    answer.question = "Another one?"
    code, error = await refused(record(stub, answer.SerializeToString()))
    assert (code, error.reason, error.metadata["index"]) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", "0")


def _unset(name: str) -> Callable[[answer_pb2.Answer], None]:
    return lambda answer: answer.ClearField(name)  # type: ignore[arg-type]


def _cite_nothing(answer: answer_pb2.Answer) -> None:
    del answer.claims[0].citations[:]


@pytest.mark.parametrize(
    ("field", "spoil"),
    [
        ("answer.id", _unset("id")),
        ("answer.id", lambda a: setattr(a, "id", "seven")),
        ("answer.id", lambda a: setattr(a, "id", a.id.upper())),
        ("answer.record", lambda a: a.record.SetInParent()),
        ("answer.question", _unset("question")),
        ("answer.image.digest", _unset("image")),
        ("answer.create_time", _unset("create_time")),
        ("answer.create_time", lambda a: setattr(a.create_time, "seconds", 2**60)),
        ("answer.trace_id", _unset("trace_id")),
        ("answer.trace_id", lambda a: setattr(a, "trace_id", "0" * 32)),
        ("answer.regions[1].id", lambda a: setattr(a.regions[1], "id", "r1")),
        ("answer.regions[2].id", lambda a: setattr(a.regions[2], "id", "")),
        ("answer.regions[0].box", lambda a: a.regions[0].ClearField("box")),
        ("answer.regions[0].box", lambda a: setattr(a.regions[0].box, "x_max", float("nan"))),
        ("answer.regions[0].image_digest", lambda a: setattr(a.regions[0], "image_digest", "b" * 64)),
        ("answer.claims[0].id", lambda a: setattr(a.claims[0], "id", "")),
        ("answer.claims[0].text", lambda a: setattr(a.claims[0], "text", "")),
        ("answer.claims[0].verdict", lambda a: setattr(a.claims[0], "verdict", 0)),
        ("answer.claims[0].verdict", lambda a: setattr(a.claims[0], "verdict", 99)),
        ("answer.claims[0].predicate", lambda a: a.claims[0].ClearField("predicate")),
        ("answer.claims[0].predicate.target_id", lambda a: setattr(a.claims[0].predicate, "target_id", "t9")),
        ("answer.claims[0].citations", _cite_nothing),
        ("answer.claims[0].citations[0].region_id", lambda a: setattr(a.claims[0].citations[0], "region_id", "r9")),
        ("answer.claims[0].citations[0].role", lambda a: setattr(a.claims[0].citations[0], "role", 0)),
        ("answer.abstentions[0].reason", lambda a: setattr(a.abstentions[0], "reason", 0)),
        ("answer.abstentions[0].near_region_ids", lambda a: a.abstentions[0].near_region_ids.append("r9")),
        ("answer.escalations[0].target_id", lambda a: setattr(a.escalations[0], "target_id", "t9")),
    ],
)
async def test_an_answer_that_is_not_whole_is_refused_by_the_field(
    stub: Stub, database: MemoryDatabase, field: str, spoil: Callable[[answer_pb2.Answer], None]
) -> None:
    answer = an_answer()
    spoil(answer)
    code, error = await refused(record(stub, answer.SerializeToString()))
    assert (code, error.reason, getattr(error, "field", "")) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_FIELD",
        field,
    )
    assert database.log == []


async def test_bytes_that_are_no_answer_and_too_many_bytes_are_refused(stub: Stub) -> None:
    _, error = await refused(record(stub, b"\xff\xff\xff"))
    assert "no serialized" in error.message
    _, error = await refused(record(stub, b"x" * (MAX_ANSWER_BYTES + 1)))
    assert str(MAX_ANSWER_BYTES) in error.remedy


async def test_an_absence_may_cite_nothing(stub: Stub) -> None:
    answer = an_answer()
    answer.claims[0].predicate.absent.label = "plate"
    _cite_nothing(answer)
    assert (await record(stub, answer.SerializeToString())).index == 0


async def test_an_answer_of_the_largest_size_is_kept(stub: Stub) -> None:
    answer = an_answer()
    answer.question = "x" * (MAX_ANSWER_BYTES - answer.ByteSize() - 8)
    content = answer.SerializeToString()
    content += b"\xfa\x3e" + bytes([MAX_ANSWER_BYTES - len(content) - 3]) + b"y" * (MAX_ANSWER_BYTES - len(content) - 3)
    assert len(content) == MAX_ANSWER_BYTES
    await record(stub, content)
    back = await stub.GetAnswer(provenance_service_pb2.GetAnswerRequest(answer_id=answer.id))
    assert back.answer.question == answer.question


@pytest.mark.parametrize("answer_id", ["", "c1", "{0192d3a4-0000-7000-8000-000000000000}"])
async def test_an_id_that_is_none_is_refused(stub: Stub, answer_id: str) -> None:
    _, error = await refused(stub.GetAnswer(provenance_service_pb2.GetAnswerRequest(answer_id=answer_id)))
    assert (error.reason, getattr(error, "field", "")) == ("INVALID_FIELD", "answer_id")


async def test_what_is_not_there_is_named_by_kind_and_id(stub: Stub) -> None:
    absent = str(uuid.uuid4())
    answer = an_answer()
    await record(stub, answer.SerializeToString())
    calls: dict[tuple[str, str], Awaitable[object]] = {
        ("answer", absent): stub.GetAnswer(provenance_service_pb2.GetAnswerRequest(answer_id=absent)),
        ("claim", "c9"): stub.ExplainClaim(
            provenance_service_pb2.ExplainClaimRequest(answer_id=answer.id, claim_id="c9")
        ),
        ("trace", TRACE): stub.GetTrace(provenance_service_pb2.GetTraceRequest(trace_id=TRACE)),
    }
    for (kind, value), call in calls.items():
        code, error = await refused(call)
        assert (code, error.reason) == (grpc.StatusCode.NOT_FOUND, "RECORD_NOT_FOUND")
        assert error.metadata == {"kind": kind, "id": value}
        assert error.remedy


async def test_pages_go_from_new_to_old_and_survive_what_arrives_between_them(stub: Stub) -> None:
    for i in range(5):
        await record(stub, an_answer(f"question {i}").SerializeToString())
    first = await stub.ListAnswers(provenance_service_pb2.ListAnswersRequest(page_size=2))
    await record(stub, an_answer("a later question").SerializeToString())
    second = await stub.ListAnswers(
        provenance_service_pb2.ListAnswersRequest(page_size=2, page_token=first.next_page_token)
    )
    third = await stub.ListAnswers(
        provenance_service_pb2.ListAnswersRequest(page_size=2, page_token=second.next_page_token)
    )
    seen = [answer.question for page in (first, second, third) for answer in page.answers]
    assert seen == [f"question {i}" for i in (4, 3, 2, 1, 0)]
    assert third.next_page_token == ""


async def test_a_full_last_page_has_no_next_and_an_empty_log_has_no_page(stub: Stub) -> None:
    nothing = await stub.ListAnswers(provenance_service_pb2.ListAnswersRequest())
    assert (list(nothing.answers), nothing.next_page_token) == ([], "")
    for _ in range(20):
        await record(stub, an_answer().SerializeToString())
    page = await stub.ListAnswers(provenance_service_pb2.ListAnswersRequest())
    assert (len(page.answers), page.next_page_token) == (20, "")


async def test_a_line_of_a_list_says_what_the_answer_says(stub: Stub) -> None:
    answer = an_answer()
    answer.degradations.append(answer_pb2.DEGRADATION_FAST_ONLY)
    answer.timings.add(step="plan").duration.FromMilliseconds(250)
    answer.timings.add(step="perceive").duration.FromMilliseconds(1000)
    receipt = await record(stub, answer.SerializeToString())
    (line,) = (await stub.ListAnswers(provenance_service_pb2.ListAnswersRequest())).answers
    assert line == provenance_service_pb2.AnswerSummary(
        id=answer.id,
        question=answer.question,
        image_digest=IMAGE,
        create_time=answer.create_time,
        verdicts=[claim_pb2.VERDICT_SUPPORTED],
        abstention_count=1,
        trace_id=TRACE,
        record=receipt,
        review_state=provenance_service_pb2.REVIEW_STATE_UNREVIEWED,
        degradations=[answer_pb2.DEGRADATION_FAST_ONLY],
        latency=duration_pb2.Duration(seconds=1, nanos=250_000_000),
        models=["read_text", "rules"],
    )


@pytest.mark.parametrize(
    ("size", "token", "field"), [(-1, "", "page_size"), (101, "", "page_size"), (0, "?", "page_token")]
)
async def test_a_bad_page_is_refused_by_the_field(stub: Stub, size: int, token: str, field: str) -> None:
    request = provenance_service_pb2.ListAnswersRequest(page_size=size, page_token=token)
    _, error = await refused(stub.ListAnswers(request))
    assert (error.reason, getattr(error, "field", "")) == ("INVALID_FIELD", field)


async def test_a_claim_is_explained_from_question_to_verdict(stub: Stub) -> None:
    answer = an_answer()
    receipt = await record(stub, answer.SerializeToString())
    told = await stub.ExplainClaim(provenance_service_pb2.ExplainClaimRequest(answer_id=answer.id, claim_id="c1"))
    assert told == provenance_service_pb2.ExplainClaimResponse(
        question=answer.question,
        image=answer.image,
        plan=answer.plan,
        target=answer.plan.targets[0],
        cited_regions=[answer.regions[1]],
        rival_regions=[answer.regions[0]],
        escalations=[answer.escalations[0], answer.escalations[2]],
        composer=answer.composer,
        claim=answer.claims[0],
        trace_id=TRACE,
        record=receipt,
    )


async def test_a_claim_about_the_whole_picture_has_no_target(stub: Stub) -> None:
    answer = an_answer()
    answer.claims[0].predicate.target_id = ""
    await record(stub, answer.SerializeToString())
    told = await stub.ExplainClaim(provenance_service_pb2.ExplainClaimRequest(answer_id=answer.id, claim_id="c1"))
    assert not told.HasField("target")
    assert [escalation.target_id for escalation in told.escalations] == [""]


async def test_a_record_that_was_altered_is_not_passed_off_as_the_recorded_one(
    stub: Stub, database: MemoryDatabase
) -> None:
    answer = an_answer()
    await record(stub, answer.SerializeToString())
    original = database.log[0].record
    object.__setattr__(database.log[0], "record", original.replace(b'"content":"', b'"content":"00'))
    with pytest.raises(grpc.aio.AioRpcError, match="record 0 was altered") as caught:
        await stub.GetAnswer(provenance_service_pb2.GetAnswerRequest(answer_id=answer.id))
    assert caught.value.code() is grpc.StatusCode.INTERNAL


async def test_without_the_database_there_is_no_receipt_and_later_there_is(
    stub: Stub, database: MemoryDatabase
) -> None:
    content = an_answer().SerializeToString()
    database.out_of_reach = True
    code, error = await refused(record(stub, content))
    assert (code, error.reason, error.metadata) == (
        grpc.StatusCode.UNAVAILABLE,
        "PART_UNAVAILABLE",
        {"part": "postgres"},
    )
    assert error.remedy
    database.out_of_reach = False
    assert (await record(stub, content)).index == 0


async def test_a_caller_that_goes_away_loses_nothing(stub: Stub, database: MemoryDatabase) -> None:
    database.disk.clear()
    leaving = stub.Record(provenance_service_pb2.RecordRequest(answer=an_answer("leaving").SerializeToString()))
    await database.asked.wait()
    leaving.cancel()
    staying = asyncio.create_task(record(stub, an_answer("staying").SerializeToString()))
    database.disk.set()
    await staying
    lines = (await stub.ListAnswers(provenance_service_pb2.ListAnswersRequest())).answers
    assert {line.question for line in lines} == {"leaving", "staying"}
    assert len(database.log) == 2


async def test_a_deadline_that_passes_while_waiting_is_told_as_one(stub: Stub, database: MemoryDatabase) -> None:
    database.disk.clear()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.Record(provenance_service_pb2.RecordRequest(answer=an_answer().SerializeToString()), timeout=0.05)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    database.disk.set()


def a_span_request(*span_ids: bytes) -> trace_service_pb2.ExportTraceServiceRequest:
    request = trace_service_pb2.ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for start, span_id in enumerate(span_ids, 1):
        spans.add(trace_id=bytes.fromhex(TRACE), span_id=span_id, name="step", start_time_unix_nano=start)
    return request


async def test_spans_are_kept_and_read_back_by_start_time(stub: Stub, channel: grpc.aio.Channel) -> None:
    sink = trace_service_pb2_grpc.TraceServiceStub(channel)  # type: ignore[no-untyped-call]
    reply = await sink.Export(a_span_request(b"\x02" * 8, b"\x01" * 8, b"bad"))
    assert reply.partial_success.rejected_spans == 1
    again = await sink.Export(a_span_request(b"\x02" * 8))
    assert not again.HasField("partial_success")
    trace = await stub.GetTrace(provenance_service_pb2.GetTraceRequest(trace_id=TRACE))
    assert [span.span_id for span in trace.spans] == ["02" * 8, "01" * 8]


async def test_spans_that_cannot_be_kept_are_to_be_sent_again(
    channel: grpc.aio.Channel, database: MemoryDatabase
) -> None:
    sink = trace_service_pb2_grpc.TraceServiceStub(channel)  # type: ignore[no-untyped-call]
    database.out_of_reach = True
    code, error = await refused(sink.Export(a_span_request(b"\x01" * 8)))
    assert (code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "PART_UNAVAILABLE")


@pytest.mark.parametrize("trace_id", ["", "0" * 32, TRACE.upper(), TRACE[:-1]])
async def test_a_trace_id_that_is_none_is_refused(stub: Stub, trace_id: str) -> None:
    _, error = await refused(stub.GetTrace(provenance_service_pb2.GetTraceRequest(trace_id=trace_id)))
    assert (error.reason, getattr(error, "field", "")) == ("INVALID_FIELD", "trace_id")


async def test_stopping_writes_what_is_waiting(database: MemoryDatabase) -> None:
    database.disk.clear()
    async with connected(database) as channel:
        call = asyncio.create_task(record(ProvenanceStub(channel), an_answer().SerializeToString()))
        await database.asked.wait()
        call.cancel()
        asyncio.get_running_loop().call_later(0, database.disk.set)
    assert len(database.log) == 1


async def test_an_erased_image_is_forgotten_by_whoever_holds_it_and_a_failure_can_be_made_good(
    database: MemoryDatabase,
) -> None:
    answer = an_answer()
    pictures = HeldPictures(answer.image.digest, "another")
    erase = provenance_service_pb2.EraseRequest(image_digest=answer.image.digest, reason="asked for")
    async with connected(database, pictures) as channel:
        stub: Stub = ProvenanceStub(channel)
        await record(stub, answer.SerializeToString())
        pictures.away = True
        code, error = await refused(stub.Erase(erase))
        assert (code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "PART_UNAVAILABLE")
        assert pictures.digests == {answer.image.digest, "another"}
        pictures.away = False
        erased = await stub.Erase(erase)
    assert pictures.digests == {"another"}
    assert list(erased.answer_ids) == [answer.id]


async def test_what_cites_a_document_of_the_answer_is_kept_and_what_cites_another_is_refused(stub: Stub) -> None:
    answer = an_answer()
    claim = answer.claims[0]
    del claim.citations[:]
    claim.predicate.knowledge.quote = "It is red."
    claim.citations.add(role=claim_pb2.CITATION_ROLE_SUPPORTS).passage.document_id = "manual"
    code, error = await refused(record(stub, answer.SerializeToString()))
    assert (code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    answer.documents.add(id="manual", text="It is red.")
    assert (await record(stub, answer.SerializeToString())).index == 0
    asked = provenance_service_pb2.ExplainClaimRequest(answer_id=answer.id, claim_id=claim.id)
    explained = await stub.ExplainClaim(asked)
    assert explained.claim.citations[0].passage.document_id == "manual"
    assert list(explained.cited_regions) == []


async def test_a_count_of_none_cites_nothing_and_a_count_of_some_must(stub: Stub) -> None:
    answer = an_answer()
    del answer.claims[0].citations[:]
    answer.claims[0].predicate.count.value = 2
    assert (await refused(record(stub, answer.SerializeToString())))[0] is grpc.StatusCode.INVALID_ARGUMENT
    answer.claims[0].predicate.count.value = 0
    assert (await record(stub, answer.SerializeToString())).index == 0
