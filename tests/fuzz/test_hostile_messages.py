"""Every method of every service, over real gRPC, with messages that no caller of ours would send.

A message is made of random fields, odd numbers among them; here and there stand names of things that are really there,
so that more than the door is tried. Whatever comes, the service says what was wrong in its own words, and goes on.
"""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc

from fuzz.messages import Bytes, fill
from groundwire.v1 import (
    answer_pb2,
    llm_service_pb2_grpc,
    provenance_service_pb2,
    provenance_service_pb2_grpc,
)
from tests.fakes import asked
from tests.fakes.language import ScriptedLanguage
from tests.fakes.perception_station import STATION, Station, png, put
from tests.fakes.records import an_answer
from tests.fakes.scene import DIGEST, Scene, sure
from tests.fakes.triton import picture
from tests.service.fusion.test_answering import PLANS, SAYS_OPEN
from tests.service.llm.test_servicer import running
from tests.service.provenance.test_provenance_tenants import listening
from tests.service.runtime.every_method import METHODS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from google.protobuf.descriptor import Descriptor, MethodDescriptor
    from google.protobuf.message import Message

CALLS = 60
ENDLESS = {"WatchAnswers"}
UNWORDED = {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNIMPLEMENTED}

Real = dict[str, Any]


@asynccontextmanager
async def fusion() -> AsyncIterator[tuple[Any, Real]]:
    async with asked.fusion(Scene([sure("OPEN", 100, 100)]), ScriptedLanguage(PLANS)) as stub:
        yield stub, {"question": SAYS_OPEN, "digest": DIGEST, "content": b"picture"}


@asynccontextmanager
async def perception() -> AsyncIterator[tuple[Any, Real]]:
    async with Station().open() as stub:
        content = png(picture((400, 300), STATION))
        image = await put(stub, content)
        yield stub, {"image_digest": image.digest, "capability": 1, "expected_digest": "", "chunk": content}


@asynccontextmanager
async def llm() -> AsyncIterator[tuple[Any, Real]]:
    async with running() as channel:
        yield llm_service_pb2_grpc.LlmServiceStub(channel), {"question": "What brand is written on the motorcycle?"}


@asynccontextmanager
async def provenance() -> AsyncIterator[tuple[Any, Real]]:
    async with listening() as address, grpc.aio.insecure_channel(address) as channel:
        stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
        answer = an_answer("What?")
        await stub.Record(provenance_service_pb2.RecordRequest(answer=answer.SerializeToString()))
        real = {"answer_id": answer.id, "claim_id": "c1", "trace_id": answer.trace_id, "page_size": 3, "tenant": ""}
        yield stub, {**real, "image_digest": answer.image.digest, "answer": hostile_answer}


@asynccontextmanager
async def spans() -> AsyncIterator[tuple[Any, Real]]:
    async with listening() as address, grpc.aio.insecure_channel(address) as channel:
        yield trace_service_pb2_grpc.TraceServiceStub(channel), {"trace_id": bytes(range(16))}  # type: ignore[no-untyped-call]


SERVICES: dict[str, Callable[[], Any]] = {
    "groundwire.v1.GroundingService": fusion,
    "groundwire.v1.PerceptionService": perception,
    "groundwire.v1.LlmService": llm,
    "groundwire.v1.ProvenanceService": provenance,
    "opentelemetry.proto.collector.trace.v1.TraceService": spans,
}


def hostile_answer(chance: random.Random) -> bytes:
    """A recorded answer's bytes with one part of it replaced by nonsense."""
    answer = an_answer("What?")
    field = chance.choice(answer_pb2.Answer.DESCRIPTOR.fields)
    nonsense = fill(answer_pb2.Answer(), Bytes(chance.randbytes(2000)))
    answer.ClearField(field.name)  # type: ignore[arg-type]  # the stubs want it spelt out
    answer.MergeFrom(answer_pb2.Answer(**{field.name: getattr(nonsense, field.name)}))
    return answer.SerializeToString() if chance.random() < 0.9 else chance.randbytes(50)


def made(kind: Descriptor, chance: random.Random, real: Real) -> Message:
    """A message of random fields, with names of real things in most places where they belong."""
    message = fill(GetMessageClass(kind)(), Bytes(chance.randbytes(1500)))
    place(message, chance, real)
    return message


def in_order(requests: list[Message]) -> list[Message]:
    """A stream's settings first, where there are any: whatever follows is looked at only then."""
    return sorted(requests, key=lambda request: "settings" not in {field.name for field, _ in request.ListFields()})


def place(message: Message, chance: random.Random, real: Real) -> None:
    for field in message.DESCRIPTOR.fields:
        if field.name in real and not field.is_repeated and chance.random() < 0.8:
            value = real[field.name]
            setattr(message, field.name, value(chance) if callable(value) else value)
        elif field.message_type is not None and not field.is_repeated and message.HasField(field.name):
            place(getattr(message, field.name), chance, real)


async def status_of(stub: Any, method: MethodDescriptor, chance: random.Random, real: Real) -> grpc.StatusCode:
    """How a call with made-up messages ends."""
    requests = in_order([made(method.input_type, chance, real) for _ in range(chance.randint(1, 3))])
    call = getattr(stub, method.name)(
        iter(requests) if method.client_streaming else requests[0],
        timeout=0.2 if method.name in ENDLESS else 20,
    )
    try:
        if method.server_streaming:
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        # Ended by the service while the caller still sent: gRPC then sometimes tells of the sending, not of the end.
        sending = (error.details() or "").startswith("Internal error from Core")
        return grpc.StatusCode.CANCELLED if sending else error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{method.containing_service.name}/{method.name}")
async def test_nothing_that_is_sent_brings_an_error_that_nobody_worded(method: MethodDescriptor) -> None:
    chance = random.Random(method.full_name)  # noqa: S311 - the same every time
    async with SERVICES[method.containing_service.full_name]() as (stub, real):
        for number in range(6 if method.name in ENDLESS else CALLS):
            state = chance.getstate()
            status = await status_of(stub, method, chance, real)
            if status in UNWORDED:
                chance.setstate(state)
                pytest.fail(f"call {number} ended {status.name}: {made(method.input_type, chance, real)}")


def test_every_service_of_the_contract_is_tried() -> None:
    assert set(SERVICES) == {method.containing_service.full_name for method in METHODS}
