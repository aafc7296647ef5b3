"""Streams of frames over real gRPC: order, drops, trouble, and callers who leave."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from groundwire.v1 import image_pb2, region_pb2
from groundwire.v1 import perception_service_pb2 as pb
from services.common.regions import Capability, Tier
from services.perception.core.findings import Counts
from services.perception.core.frames import Frame, LatePolicy
from services.perception.frames import FrameStream, StreamRule
from services.perception.looks import Looked, LookRequest
from services.runtime.status import from_rpc_error
from tests.fakes.perception_station import STATION, Station, png, put
from tests.fakes.triton import RED, picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READ, DETECT = region_pb2.CAPABILITY_READ_TEXT, region_pb2.CAPABILITY_DETECT


def begin(capability: int = READ, **fields: Any) -> pb.PerceiveStreamRequest:
    settings = pb.StreamSettings(capability=region_pb2.Capability.ValueType(capability), **fields)
    return pb.PerceiveStreamRequest(settings=settings)


def frame(sequence: int, content: bytes = b"", digest: str = "") -> pb.PerceiveStreamRequest:
    message = pb.Frame(sequence=sequence, taken_unix_nanos=sequence * 10)
    if digest:
        message.image_digest = digest
    else:
        message.content = content
    return pb.PerceiveStreamRequest(frame=message)


def moving(sequence: int) -> bytes:
    """A picture with one word in it, further right in every frame."""
    return png(picture((200, 60), {RED: (10 + sequence, 20, 60 + sequence, 40)}))


@pytest.fixture
def station() -> Station:
    return Station()


async def outcomes_of(stub: Any, *requests: pb.PerceiveStreamRequest) -> list[pb.PerceiveStreamResponse]:
    async def sent() -> AsyncIterator[pb.PerceiveStreamRequest]:
        for request in requests:
            yield request

    return [outcome async for outcome in stub.PerceiveStream(sent())]


async def test_every_frame_is_looked_at_in_order(station: Station) -> None:
    frames = [frame(number, moving(number)) for number in range(12)]
    async with station.open() as stub:
        outcomes = await outcomes_of(stub, begin(late_policy=pb.LATE_POLICY_WAIT), *frames)
    assert [(each.sequence, each.taken_unix_nanos) for each in outcomes] == [(n, n * 10) for n in range(12)]
    assert [each.found.regions[0].text for each in outcomes] == ["EXIT"] * 12
    assert [each.found.regions[0].box.x_min for each in outcomes] == [10 + n for n in range(12)]
    assert len({each.image_digest for each in outcomes}) == 12
    assert {each.dropped_so_far for each in outcomes} == {0}


async def test_a_frame_may_be_a_picture_that_is_held(station: Station) -> None:
    async with station.open() as stub:
        image = await put(stub, png(picture((400, 300), STATION)))
        (outcome,) = await outcomes_of(stub, begin(), frame(7, digest=image.digest))
    assert (outcome.sequence, outcome.image_digest, len(outcome.found.regions)) == (7, image.digest, 3)


POLICIES = [(LatePolicy.DROP_OLDEST, [0, 8, 9]), (LatePolicy.DROP_NEWEST, [0, 1, 2])]


@pytest.mark.parametrize(("policy", "looked_at"), POLICIES)
async def test_frames_too_many_are_dropped_and_every_drop_is_said(policy: LatePolicy, looked_at: list[int]) -> None:
    station = SlowStation()

    async def sent() -> AsyncIterator[Frame]:
        yield Frame(0, 0, "0" * 64)
        await station.looking.wait()
        for number in range(1, 10):
            yield Frame(number, number * 10, "0" * 64)
        station.open.set()

    look = LookRequest("", Capability.READ_TEXT, Tier.FAST, (), None, 1)
    stream = FrameStream(StreamRule(look, 2, policy), gallery=station, looks=station)
    outcomes = [outcome async for outcome in stream.outcomes(sent())]
    assert [each.sequence for each in outcomes] == list(range(10))
    assert [each.sequence for each in outcomes if isinstance(each.result, Looked)] == looked_at
    assert [each.result for each in outcomes].count(policy) == outcomes[-1].dropped_so_far == 7


class SlowStation:
    """Stands in for the gallery and the looks of a stream: one who looks for as long as the test wants."""

    def __init__(self) -> None:
        self.looking = asyncio.Event()
        self.open = asyncio.Event()

    async def keep(self, _upload: bytes) -> image_pb2.Image:
        return image_pb2.Image(digest="0" * 64)

    async def perceive(self, _request: LookRequest) -> Looked:
        self.looking.set()
        await self.open.wait()
        return Looked((), Counts())


async def test_drops_are_said_over_the_wire_and_every_frame_is_accounted_for(station: Station) -> None:
    async def sent() -> AsyncIterator[pb.PerceiveStreamRequest]:
        yield begin(max_waiting=1)
        for number in range(40):
            yield frame(number, moving(number))
        while not station.models.looks:
            await station.models.arrived.acquire()
        station.models.open.set()

    async with station.open() as stub:
        station.models.open.clear()
        outcomes = [each async for each in stub.PerceiveStream(sent())]
    assert [each.sequence for each in outcomes] == list(range(40))
    dropped = [each for each in outcomes if each.HasField("dropped")]
    assert len(dropped) + sum(each.HasField("found") for each in outcomes) == 40
    assert outcomes[-1].dropped_so_far == len(dropped)
    assert {each.dropped.late_policy for each in dropped} <= {pb.LATE_POLICY_DROP_OLDEST}


async def test_what_goes_wrong_with_one_frame_is_said_and_the_others_are_looked_at(station: Station) -> None:
    frames = [frame(0, moving(0)), frame(1, b"no picture"), frame(2, digest="0" * 64), frame(3, digest="x"), frame(4)]
    async with station.open() as stub:
        outcomes = await outcomes_of(
            stub, begin(late_policy=pb.LATE_POLICY_WAIT), *frames, frame(4, moving(1)), frame(5, moving(1))
        )
    assert [each.failed.reason for each in outcomes] == [
        "",
        "UNREADABLE_IMAGE",
        "IMAGE_NOT_FOUND",
        "INVALID_FIELD",
        "UNREADABLE_IMAGE",
        "INVALID_FIELD",
        "",
    ]
    assert all(each.failed.message for each in outcomes if each.HasField("failed"))


@pytest.mark.parametrize(
    ("requests", "field"),
    [
        ([], "settings"),
        ([frame(0, b"x")], "settings"),
        ([begin(region_pb2.CAPABILITY_DEPTH)], "capability"),
        ([begin(DETECT)], "phrases"),
        ([begin(max_waiting=65)], "settings.max_waiting"),
        ([begin(), begin()], "frame"),
        ([begin(late_policy=9)], "settings.late_policy"),
    ],
)
async def test_a_stream_that_is_none_is_refused(
    station: Station, requests: list[pb.PerceiveStreamRequest], field: str
) -> None:
    async with station.open() as stub:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await outcomes_of(stub, *requests)
    error = from_rpc_error(raised.value, part="perception")
    assert (error.reason, error.metadata["field"]) == ("INVALID_FIELD", field)


async def test_a_caller_who_leaves_ends_the_looking(station: Station) -> None:
    async def sent() -> AsyncIterator[pb.PerceiveStreamRequest]:
        yield begin()
        for number in range(3):
            yield frame(number, moving(number))
        await asyncio.Event().wait()

    async with station.open() as stub:
        call = stub.PerceiveStream(sent())
        await call.read()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call.read()
        assert len((await outcomes_of(stub, begin(), frame(0, moving(9))))[0].found.regions) == 1


async def test_a_stream_without_frames_has_no_outcomes(station: Station) -> None:
    async with station.open() as stub:
        assert await outcomes_of(stub, begin()) == []
