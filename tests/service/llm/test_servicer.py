"""The llm service over a real gRPC server, on the rules."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from groundwire.v1 import geometry_pb2, plan_pb2
from groundwire.v1 import llm_service_pb2 as pb
from groundwire.v1.llm_service_pb2_grpc import LlmServiceStub
from services.common.plans import Plan, Task
from services.llm.__main__ import NAME, service
from services.llm.core.planner import ENGINE
from services.llm.rules import RulesEngine
from services.llm.settings import LlmSettings
from services.runtime import wire
from services.runtime.server import serving
from tests.unit.llm.scenes import DIGEST, region
from tests.unit.llm.table import plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from groundwire.v1.llm_service_pb2_grpc import LlmServiceAsyncStub


@asynccontextmanager
async def running() -> AsyncIterator[grpc.aio.Channel]:
    rules = RulesEngine()
    settings = LlmSettings(port=0, grace_s=0)
    parts = service(planner=rules, composer=rules, judge=rules, readiness=rules)
    async with serving(parts, settings) as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


@pytest.fixture
async def channel() -> AsyncIterator[grpc.aio.Channel]:
    async with running() as channel:
        yield channel


@pytest.fixture
def llm(channel: grpc.aio.Channel) -> LlmServiceAsyncStub:
    return LlmServiceStub(channel)


def refusal(error: grpc.aio.AioRpcError) -> tuple[grpc.StatusCode, str, dict[str, str]]:
    status = rpc_status.from_call(error)  # type: ignore[arg-type]  # AioRpcError has the two methods that it calls
    assert status is not None
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return error.code(), info.reason, dict(info.metadata)


def compose_request(question: str = "What brand is written on the motorcycle?") -> pb.ComposeRequest:
    asked = plan("READ", "brand <brand>", "motorcycle", relations=("t1 ON t2",))
    return pb.ComposeRequest(
        question=question,
        plan=wire.plan_to(asked),
        regions=[wire.region_to(region("r1", "YAMAHA")), wire.region_to(region("r2", "YAMARA"))],
        evidence=[
            pb.TargetEvidence(
                target_id="t1",
                candidates=[pb.Candidate(region_id="r1", fit=0.99), pb.Candidate(region_id="r2", fit=0.5)],
                distinct=2,
                searched=True,
            )
        ],
    )


async def test_a_question_is_planned(llm: LlmServiceAsyncStub) -> None:
    response = await llm.Plan(pb.PlanRequest(question="What brand is written on the motorcycle?"))
    brand, motorcycle = response.plan.targets
    assert response.plan.task == plan_pb2.TASK_READ
    assert (brand.noun, brand.is_text, brand.text_field) == ("brand", True, plan_pb2.TEXT_FIELD_BRAND)
    assert (motorcycle.noun, motorcycle.is_text) == ("motorcycle", False)
    assert response.plan.relations[0].kind == plan_pb2.RELATION_KIND_ON
    assert (response.plan.engine.name, response.plan.engine.version) == ("rules", ENGINE.version)
    assert not response.degraded


@pytest.mark.parametrize("question", ["Wo ist der Hund?", "ipsum lorem", "\N{CAT FACE}"])
async def test_a_question_that_is_not_understood_is_no_error(llm: LlmServiceAsyncStub, question: str) -> None:
    response = await llm.Plan(pb.PlanRequest(question=question))
    assert wire.plan_from(response.plan) == Plan(Task.UNKNOWN, ENGINE)


@pytest.mark.parametrize("question", ["", " \n\t ", "word " * 10_000, "x" * 2001])
async def test_an_empty_or_overlong_question_is_refused(llm: LlmServiceAsyncStub, question: str) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await llm.Plan(pb.PlanRequest(question=question))
    code, reason, facts = refusal(raised.value)
    assert (code, reason, facts["field"]) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD", "question")
    assert facts["remedy"]


async def test_claims_are_composed_from_evidence(llm: LlmServiceAsyncStub) -> None:
    (response,) = [response async for response in llm.Compose(compose_request())]
    assert response.draft.text == 'The brand reads "YAMAHA".'
    assert response.draft.predicate.field.value == "YAMAHA"
    assert [citation.region_id for citation in response.draft.citations] == ["r1"]
    assert (response.engine.name, response.degraded) == ("rules", False)


async def test_every_claim_of_a_page_arrives(llm: LlmServiceAsyncStub) -> None:
    regions = [region(f"r{n}", f"line {n}") for n in range(500)]
    request = pb.ComposeRequest(
        question="Read the text",
        plan=wire.plan_to(Plan(Task.READ, ENGINE)),
        regions=[wire.region_to(r) for r in regions],
        evidence=[
            pb.TargetEvidence(candidates=[pb.Candidate(region_id=r.id, fit=0.9) for r in regions], searched=True)
        ],
    )
    read = [response.draft.predicate.reading.text async for response in llm.Compose(request)]
    assert read == [r.text for r in regions]


async def test_without_evidence_the_stream_is_empty(llm: LlmServiceAsyncStub) -> None:
    request = compose_request()
    del request.evidence[:]
    assert [response async for response in llm.Compose(request)] == []


async def test_evidence_of_a_region_that_was_not_sent_is_refused(llm: LlmServiceAsyncStub) -> None:
    request = compose_request()
    request.evidence[0].candidates[0].region_id = "r99"
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        [response async for response in llm.Compose(request)]
    code, reason, facts = refusal(raised.value)
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert facts["field"] == "evidence.candidates"
    assert '"r99"' in (raised.value.details() or "")


async def test_a_caller_that_leaves_early_harms_no_one(llm: LlmServiceAsyncStub) -> None:
    call = llm.Compose(compose_request())
    assert (await call.read()) is not grpc.aio.EOF
    call.cancel()
    assert (await llm.Plan(pb.PlanRequest(question="What is the total?"))).plan.task == plan_pb2.TASK_READ


JUDGE = pb.JudgeRequest(
    statement="The lettering reads YAMAHA.",
    image_digest=DIGEST,
    boxes=[geometry_pb2.Box(x_min=1, y_min=1, x_max=9, y_max=9)],
)


async def test_rules_judge_nothing_and_say_what_is_missing(llm: LlmServiceAsyncStub) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await llm.Judge(JUDGE)
    code, reason, facts = refusal(raised.value)
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "CAPABILITY_NOT_BOUND")
    assert "vision-language model" in (raised.value.details() or "")
    assert facts["remedy"]


async def test_a_statement_without_boxes_is_refused_first(llm: LlmServiceAsyncStub) -> None:
    request = pb.JudgeRequest(statement=JUDGE.statement, image_digest=DIGEST)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await llm.Judge(request)
    assert refusal(raised.value)[2]["field"] == "boxes"


@pytest.mark.parametrize("name", ["", NAME])
async def test_health_says_serving(channel: grpc.aio.Channel, name: str) -> None:
    stub: Any = health_pb2_grpc.HealthStub(channel)  # Its types know no method.
    watch = stub.Watch(health_pb2.HealthCheckRequest(service=name))
    state = await watch.read()
    while state.status != health_pb2.HealthCheckResponse.SERVING:
        state = await watch.read()
    watch.cancel()
