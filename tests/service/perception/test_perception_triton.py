"""The adapter of Triton, against a server that speaks its protocol."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
from opentelemetry.sdk.trace import TracerProvider
from tritonclient.grpc import aio

from services.common.errors import DeadlineExceeded, MeshError, ModelOutput, Overloaded, PartUnavailable
from services.perception.core.outputs import ModelRun
from services.perception.model_turns import ModelTurns
from services.perception.ports import ModelState
from services.perception.triton import TritonModels
from services.runtime import deadlines, telemetry
from tests.fakes.triton import BLUE, DIGEST, RED, FakeTriton, Vision, picture, triton_serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

VISION = Vision(lettering={RED: "EXIT"}, objects={RED: "cup", BLUE: "dog"})
SIGN = picture((200, 100), {RED: (20, 30, 80, 50)})
PAIR = picture((200, 100), {RED: (20, 30, 80, 50), BLUE: (100, 60, 150, 90)})


@pytest.fixture
def triton() -> FakeTriton:
    return FakeTriton(VISION)


@asynccontextmanager
async def models_on(address: str, *, timeout_s: float = 30) -> AsyncIterator[TritonModels]:
    models = TritonModels(address, timeout_s=timeout_s)
    try:
        yield models
    finally:
        await models.close()


@pytest.fixture
async def models(triton: FakeTriton) -> AsyncIterator[TritonModels]:
    async with triton_serving(triton) as (address, _), models_on(address) as connected:
        yield connected


async def test_lettering_comes_back_with_who_read_it(models: TritonModels) -> None:
    found = await models.read_text("read_text", SIGN)
    assert found.words == ("EXIT",)
    assert found.polygons.tolist() == [[[20, 30], [80, 30], [80, 50], [20, 50]]]
    assert found.scores is not None
    assert found.scores.tolist() == pytest.approx([0.9])
    assert found.run == ModelRun("2", DIGEST, (("text_score", 0.5),))


async def test_nothing_found_is_no_error(models: TritonModels) -> None:
    assert len(await models.read_text("read_text", picture((20, 10), {}))) == 0


async def test_detection_and_outlines_travel_too(models: TritonModels) -> None:
    found = await models.detect("read_text", PAIR, ("dog", "blåbär"))
    assert found.words == ("dog",)
    assert found.polygons.reshape(-1, 4).tolist() == [[100, 60, 150, 90]]
    outlined = await models.segment("read_text", SIGN, np.array([[20.0, 30, 80, 50]]))
    assert outlined.masks.sum() == 60 * 20


async def test_a_model_that_takes_requests_together_is_asked_one_at_a_time(triton: FakeTriton) -> None:
    triton.batches = 8
    async with triton_serving(triton) as (address, _), models_on(address) as models:
        read = await models.read_text("read_text", SIGN)
        assert (read.words, read.polygons.shape) == (("EXIT",), (1, 4, 2))
        assert (await models.detect("read_text", PAIR, ("dog", "cup"))).words == ("cup", "dog")
        outlined = await models.segment("read_text", SIGN, np.array([[20.0, 30, 80, 50]]))
        assert outlined.masks.shape == (1, 100, 200)
        triton.instead["SCORES"] = np.zeros((2, 1), np.float32)
        with pytest.raises(ModelOutput, match=r"SCORES has shape \[2, 1\], not \[1, …\]"):
            await models.read_text("read_text", SIGN)


async def test_the_state_of_a_model_is_triton_s_word(models: TritonModels) -> None:
    await models.live()
    assert await models.state("read_text") == ModelState(ready=True, version="2")
    assert await models.state("missing") == ModelState(ready=False, version="")


async def test_the_trace_goes_along(models: TritonModels, triton: FakeTriton) -> None:
    with TracerProvider().get_tracer("test").start_as_current_span("look") as span:
        await models.read_text("read_text", SIGN)
    _, trace_id, span_id, _ = str(triton.headers["traceparent"]).split("-")
    assert (trace_id, span_id) == (telemetry.trace_id_of(span), telemetry.span_id_of(span))


@pytest.mark.parametrize(
    ("instead", "what"),
    [
        ({"SCORES": np.array([1.5], np.float32)}, "SCORES has 1.5, which is not in [0, 1]"),
        ({"SCORES": np.array([0.5, 0.5], np.float32)}, "SCORES has shape [2], not [1]"),
        ({"TEXTS": None}, "TEXTS is missing"),
        ({"POLYGONS": np.zeros((1, 8), np.float32)}, "POLYGONS has shape [1, 8], not [N,4,2]"),
    ],
)
async def test_a_broken_contract_is_named(
    models: TritonModels, triton: FakeTriton, instead: dict[str, Any], what: str
) -> None:
    triton.instead = instead
    with pytest.raises(ModelOutput) as broken:
        await models.read_text("read_text", SIGN)
    assert broken.value.metadata == {"model": "read_text", "what": what}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.INTERNAL, ModelOutput),
        (grpc.StatusCode.INVALID_ARGUMENT, ModelOutput),
        (grpc.StatusCode.UNAVAILABLE, PartUnavailable),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, PartUnavailable),
        (grpc.StatusCode.DEADLINE_EXCEEDED, DeadlineExceeded),
        (grpc.StatusCode.NOT_FOUND, PartUnavailable),
    ],
)
async def test_every_refusal_has_a_type_and_names_the_model(
    models: TritonModels, triton: FakeTriton, code: grpc.StatusCode, kind: type[MeshError]
) -> None:
    triton.refusal = (code, "Traceback: /models/secret/model.py")
    with pytest.raises(kind) as refused:
        await models.read_text("read_text", SIGN)
    assert refused.value.metadata["model"] == "read_text"
    assert "secret" not in str(refused.value.metadata) + refused.value.message + refused.value.remedy


async def test_a_model_that_does_not_exist_is_named(models: TritonModels) -> None:
    with pytest.raises(PartUnavailable, match="has no model missing"):
        await models.read_text("missing", SIGN)


async def test_a_triton_that_is_not_there_is_named_with_its_address() -> None:
    async with models_on("127.0.0.1:1") as models:
        for call in (models.live(), models.state("read_text"), models.read_text("read_text", SIGN)):
            with pytest.raises(PartUnavailable) as gone:
                await call
            assert (gone.value.metadata["part"], gone.value.metadata["address"]) == ("triton", "127.0.0.1:1")


async def test_a_triton_that_dies_in_the_middle_of_a_call_is_named(triton: FakeTriton) -> None:
    triton.stalls = True
    async with triton_serving(triton) as (address, server), models_on(address) as models:
        arrived = triton.arrived
        call = models.read_text("read_text", SIGN)
        with pytest.raises(PartUnavailable) as gone:
            await stopped_during(call, server, arrived)
    assert gone.value.metadata == {"part": "triton", "address": address, "model": "read_text"}


async def stopped_during(call: Any, server: grpc.aio.Server, arrived: Any) -> None:
    task = asyncio.ensure_future(call)
    await arrived.wait()
    await server.stop(None)
    await task


async def test_a_call_that_would_come_too_late_is_refused_with_a_time_to_come_back(triton: FakeTriton) -> None:
    async with triton_serving(triton) as (address, _), aio.InferenceServerClient(address) as client:
        turns = ModelTurns(client)
        async with turns.turn("read_text"):
            pass  # how long calls take is known from now on
        # One runs, and of a model as brisk as this one waits in Triton.
        async with turns.turn("read_text"), turns.turn("read_text"):
            deadlines.set_remaining(0)
            with pytest.raises(Overloaded, match="more looks wait for read_text") as refused:
                async with turns.turn("read_text"):
                    pytest.fail("it had no time left")
    assert refused.value.retry_after_s >= 1


async def test_a_call_ends_with_the_caller_s_deadline(models: TritonModels, triton: FakeTriton) -> None:
    triton.stalls = True
    deadlines.set_remaining(0.2)
    with pytest.raises(DeadlineExceeded) as passed:
        await models.read_text("read_text", SIGN)
    assert passed.value.metadata["part"] == "triton"


async def test_a_call_without_a_deadline_ends_too(triton: FakeTriton) -> None:
    triton.stalls = True
    async with triton_serving(triton) as (address, _), models_on(address, timeout_s=0.2) as models:
        with pytest.raises(DeadlineExceeded):
            await models.read_text("read_text", SIGN)


async def test_boxes_that_are_none_come_through_to_be_counted_and_what_is_no_box_does_not(
    models: TritonModels, triton: FakeTriton
) -> None:
    strange = np.array([[np.nan, 0, 9, 9], [-50, -50, 900, 900], [np.inf, 0, 1, 1], [9, 9, 3, 3]], np.float32)
    triton.instead = {"BOXES": strange, "PHRASE": np.zeros(4, np.int32), "SCORES": np.full(4, 0.5, np.float32)}
    assert len(await models.detect("read_text", PAIR, ("cup",))) == 4
    triton.instead = {"BOXES": np.zeros((6000, 4), np.float32), "PHRASE": np.zeros(6000, np.int32)}
    with pytest.raises(ModelOutput, match="6000 rows"):
        await models.detect("read_text", PAIR, ("cup",))


async def test_masks_of_another_size_than_the_picture_are_refused(models: TritonModels, triton: FakeTriton) -> None:
    triton.instead = {"MASKS": np.ones((1, 50, 50), np.uint8)}
    with pytest.raises(ModelOutput, match=r"MASKS has shape \[1, 50, 50\], not \[1,100,200\]"):
        await models.segment("read_text", SIGN, np.array([[20.0, 30, 80, 50]]))


async def test_phrases_in_any_script_arrive_as_they_were_sent(models: TritonModels) -> None:
    assert len(await models.detect("read_text", PAIR, ("🐈\u200d⬛", "赤い傘", "x" * 5000))) == 0


async def test_several_tritons_behind_one_name_are_asked_in_turn() -> None:
    one, other = FakeTriton(VISION), FakeTriton(VISION)
    async with triton_serving(one) as (first, _), triton_serving(other) as (second, _):
        models = TritonModels(f"ipv4:{first},{second}", timeout_s=30, share=False)
        for _ in range(50):  # the second connection may come up after the first calls
            await models.read_text("read_text", SIGN)
        await models.close()
    assert one.arrived.is_set()
    assert other.arrived.is_set()


@pytest.mark.parametrize("content", [b"", b"\x01", b"\xff\xff\xff\x7fEXIT", b"\x04\x00\x00\x00EX"])
async def test_bytes_that_were_spoiled_on_the_way_break_the_contract(
    models: TritonModels, triton: FakeTriton, content: bytes
) -> None:
    triton.spoiled["TEXTS"] = content
    with pytest.raises(ModelOutput, match="TEXTS"):
        await models.read_text("read_text", SIGN)


METHODS = ("ServerLive", "ModelReady", "ModelConfig", "ModelInfer")


@asynccontextmanager
async def garbling() -> AsyncIterator[str]:
    """The address of a server that answers nothing that can be parsed."""

    async def garbage(_request: bytes, _context: object) -> bytes:
        return b"\xff\xff\xff"

    server = grpc.aio.server()
    handlers: Any = {method: grpc.unary_unary_rpc_method_handler(garbage) for method in METHODS}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("inference.GRPCInferenceService", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


async def test_an_answer_that_cannot_be_parsed_is_none() -> None:
    async with garbling() as address, models_on(address) as models:
        for _ in range(2):  # whatever was learnt of the model the first time
            with pytest.raises(ModelOutput, match="is none"):
                await models.read_text("read_text", SIGN)
        with pytest.raises(PartUnavailable, match="cannot be read"):
            await models.live()
        with pytest.raises(PartUnavailable, match="cannot be read"):
            await models.state("read_text")
