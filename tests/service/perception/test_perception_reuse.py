"""Nothing is looked at twice, nothing is shared that must not be, and what is erased is gone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from groundwire.v1 import geometry_pb2, region_pb2
from groundwire.v1 import perception_service_pb2 as pb
from services.common import errors
from services.common.regions import Capability
from services.perception.core.contexts import Context
from services.perception.core.findings import Counts
from services.perception.core.views import ViewRule
from services.perception.reuse import Fresh, Reuse
from services.perception.seen import Seen, SeenForm
from services.runtime import attributes
from services.runtime.tenant import METADATA
from tests.fakes.perception_station import STATION, Station, error_of, png, put
from tests.fakes.triton import RED, Vision, picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

READ, DETECT = region_pb2.CAPABILITY_READ_TEXT, region_pb2.CAPABILITY_DETECT
ACCURATE = region_pb2.TIER_ACCURATE

BINDINGS = {name: {"fast": name} for name in ("read_text", "detect", "segment")}


@pytest.fixture
def station() -> Station:
    station = Station(settings={"bindings": BINDINGS})
    station.models.known = frozenset(BINDINGS)
    return station


async def begun(station: Station, stub: Any) -> str:
    """The digest of a picture, once the reader has been asked who it is: from then on, every call is a look."""
    while not station.models.shown:
        await stub.ListCapabilities(pb.ListCapabilitiesRequest())
    return (await put(stub, png(picture((400, 300), STATION)))).digest


def look(stub: Any, digest: str, *phrases: str, tenant: str = "", **fields: Any) -> Any:
    capability = DETECT if phrases else READ
    request = pb.PerceiveRequest(image_digest=digest, capability=capability, phrases=phrases, **fields)
    return stub.Perceive(request, metadata=((METADATA, tenant),) if tenant else ())


async def test_a_look_that_was_taken_is_not_taken_again(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        first, again = await look(stub, digest), await look(stub, digest, first_region_number=4)
    assert station.models.looks == 1
    assert [region.id for region in again.regions] == ["r4", "r5", "r6"]
    for region in again.regions:
        region.id = f"r{int(region.id[1:]) - 3}"
    # The source too: a region keeps the span that made it.
    assert again == first


async def test_a_hundred_callers_of_a_new_picture_run_the_model_once(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        station.models.open.clear()
        calls = [asyncio.ensure_future(look(stub, digest, "cup", "dog")) for _ in range(100)]
        await station.models.arrived.acquire()
        await look_has_begun(station)
        station.models.open.set()
        answers = await asyncio.gather(*calls)
    assert station.models.asked == [("cup", "dog")]
    assert all(answer == answers[0] for answer in answers)
    assert len(answers[0].regions) == 3


async def look_has_begun(station: Station) -> None:
    while not station.models.looks:
        await station.models.arrived.acquire()


async def test_a_second_question_pays_for_its_new_phrases_alone(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        await look(stub, digest, "cup")
        both = await look(stub, digest, "hat", "cup", "dog", "cup")
    assert station.models.asked == [("cup",), ("hat", "dog")]
    async with station.open() as stub:
        at_once = await look(stub, digest, "hat", "cup", "dog", "cup")
    assert [(region.label, region.box) for region in both.regions if region.label == "cup"] == [
        (region.label, region.box) for region in at_once.regions if region.label == "cup"
    ]
    assert both.counts == at_once.counts


async def test_callers_who_want_some_of_the_same_share_it(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        station.models.open.clear()
        one = asyncio.ensure_future(look(stub, digest, "cup", "dog"))
        await look_has_begun(station)
        other = asyncio.ensure_future(look(stub, digest, "dog", "hat"))
        while len(station.models.asked) < 2:
            await station.models.arrived.acquire()
        station.models.open.set()
        await asyncio.gather(one, other)
    assert station.models.asked == [("cup", "dog"), ("hat",)]


async def test_tiers_areas_and_tenants_look_for_themselves(station: Station) -> None:
    box = geometry_pb2.Box(x_min=295, y_min=15, x_max=365, y_max=45)
    async with station.open() as stub:
        digest = await begun(station, stub)
        assert (await put(stub, png(picture((400, 300), STATION)), tenant="acme")).digest == digest
        for fields in ({}, {"tier": ACCURATE}, {"area": box}, {"tenant": "acme"}):
            before = station.models.looks
            first = await look(stub, digest, **fields)
            assert station.models.looks == before + 1
            assert await look(stub, digest, **fields) == first
            assert station.models.looks == before + 1


async def test_a_model_of_another_version_looks_again(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        await look(stub, digest)
        station.models.version = "4"
        await stub.ListCapabilities(pb.ListCapabilitiesRequest())
        answer = await look(stub, digest)
    assert station.models.looks == 2
    assert {region.source.version for region in answer.regions} == {"4"}


async def test_a_model_of_other_weights_looks_again_at_everything(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        await look(stub, digest)
        station.models.digest = "cd" * 32
        await look(stub, digest, tier=ACCURATE)
        answer = await look(stub, digest)
    assert {region.source.weights_digest for region in answer.regions} == {"cd" * 32}


async def test_masks_are_kept_box_by_box(station: Station) -> None:
    one, two = geometry_pb2.Box(x_max=40, y_max=30), geometry_pb2.Box(x_min=50, x_max=90, y_max=30)
    async with station.open() as stub:
        digest = await begun(station, stub)
        first = await stub.Segment(pb.SegmentRequest(image_digest=digest, boxes=[one]))
        both = await stub.Segment(pb.SegmentRequest(image_digest=digest, boxes=[two, one, two]))
        again = await stub.Segment(pb.SegmentRequest(image_digest=digest, boxes=[one, two]))
    assert station.models.looks == 2
    assert [both.masks[1], both.masks[0]] == list(again.masks)
    assert (both.masks[1], both.masks[2]) == (first.masks[0], both.masks[0])


async def test_switched_off_every_look_runs_the_model(station: Station) -> None:
    station.settings["context_bytes"] = 0
    async with station.open() as stub:
        digest = await begun(station, stub)
        for _ in range(3):
            await look(stub, digest)
    assert station.models.looks == 3


async def test_what_goes_wrong_is_not_kept(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        station.models.fails = errors.ModelOutput("it broke", model="read_text", what="SCORES")
        assert (await error_of(look(stub, digest))).reason == "MODEL_OUTPUT"
        station.models.fails = None
        assert len((await look(stub, digest)).regions) == 3


async def test_whoever_waits_for_a_look_whose_owner_left_gets_it(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        station.models.open.clear()
        request = pb.PerceiveRequest(image_digest=digest, capability=READ)
        hasty = asyncio.ensure_future(stub.Perceive(request))
        await look_has_begun(station)
        patient = asyncio.ensure_future(look(stub, digest))
        hasty.cancel()
        station.models.open.set()
        assert len((await patient).regions) == 3
    assert station.models.looks == 1


async def test_a_deadline_is_its_owner_s_alone_and_who_waited_looks_again() -> None:
    reuse, begun, out_of_time = Reuse(limit=1 << 20, keep_s=60), asyncio.Event(), asyncio.Event()
    context = Context("t", "d" * 64, Capability.DETECT, "m", "1", "", False, ViewRule(2000, 192, 8), None)

    async def hasty(_items: tuple[str, ...]) -> Fresh[Seen]:
        begun.set()
        await out_of_time.wait()
        raise errors.DeadlineExceeded("the deadline passed", step="perceive")

    async def patient(items: tuple[str, ...]) -> Fresh[Seen]:
        return Fresh(context, {item: Seen((), Counts()) for item in items})

    owner = asyncio.ensure_future(reuse.of(context, ("cup",), SeenForm(), hasty))
    await begun.wait()
    waiting = asyncio.ensure_future(reuse.of(context, ("cup",), SeenForm(), patient))
    await asyncio.sleep(0)
    out_of_time.set()
    with pytest.raises(errors.DeadlineExceeded):
        await owner
    assert (await waiting).values == {"cup": Seen((), Counts())}


async def test_the_span_of_a_look_says_what_was_reused(station: Station) -> None:
    provider, spans = trace.get_tracer_provider(), InMemorySpanExporter()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with station.open() as stub:
        digest = await begun(station, stub)
        for phrases in (("cup",), ("cup", "dog"), ("dog", "cup")):
            await look(stub, digest, *phrases)
    looks = [dict(span.attributes or {}) for span in spans.get_finished_spans() if span.name == "look detect"]
    assert [(each[attributes.REUSED_COUNT], each[attributes.CACHE_HIT]) for each in looks] == [
        (0, False),
        (1, False),
        (2, True),
    ]
    assert [attributes.TILE_COUNT in each for each in looks] == [True, True, False]


# --- erasure ---


async def test_an_erased_image_is_nowhere(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        await look(stub, digest)
        first = await stub.EraseImage(pb.EraseImageRequest(image_digest=digest))
        again = await stub.EraseImage(pb.EraseImageRequest(image_digest=digest))
        for call in (
            look(stub, digest),
            stub.GetImage(pb.GetImageRequest(image_digest=digest)),
            stub.Crop(pb.CropRequest(image_digest=digest)),
        ):
            assert (await error_of(call)).reason == "IMAGE_NOT_FOUND"
    assert (first.was_held, again.was_held) == (True, False)
    assert station.objects.held == {}


async def test_what_is_being_seen_while_an_image_is_erased_is_not_kept(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        station.models.open.clear()
        looking = asyncio.ensure_future(look(stub, digest))
        await look_has_begun(station)
        await stub.EraseImage(pb.EraseImageRequest(image_digest=digest))
        station.models.open.set()
        assert len((await looking).regions) == 3
        assert (await error_of(look(stub, digest))).reason == "IMAGE_NOT_FOUND"


async def test_an_erased_image_can_be_sent_again(station: Station) -> None:
    async with station.open() as stub:
        digest = await begun(station, stub)
        await stub.EraseImage(pb.EraseImageRequest(image_digest=digest))
        assert (await put(stub, png(picture((400, 300), STATION)))).digest == digest
        assert len((await look(stub, digest)).regions) == 3


async def test_what_one_replica_erases_the_others_do_not_show(station: Station) -> None:
    async with station.open() as stub, station.open() as other:
        digest = await begun(station, stub)
        for replica in (stub, other):
            await look(replica, digest)
            await replica.Crop(pb.CropRequest(image_digest=digest))
        await stub.EraseImage(pb.EraseImageRequest(image_digest=digest))
        for call in (look(other, digest), other.Crop(pb.CropRequest(image_digest=digest))):
            assert (await error_of(call)).reason == "IMAGE_NOT_FOUND"


async def test_an_erasure_that_may_have_left_something_says_so(station: Station) -> None:
    contexts = MemoryContexts()
    station.contexts = contexts
    async with station.open() as stub:
        digest = await begun(station, stub)
        await look(stub, digest)
        contexts.gone = True
        error = await error_of(stub.EraseImage(pb.EraseImageRequest(image_digest=digest)))
        contexts.gone = False
        again = await stub.EraseImage(pb.EraseImageRequest(image_digest=digest))
    assert (error.reason, error.metadata["part"]) == ("PART_UNAVAILABLE", "contexts")
    assert not again.was_held
    assert contexts.held == {}


# --- replicas ---


@dataclass
class MemoryContexts:
    """The port `SharedContexts`, in memory."""

    held: dict[str, dict[str, bytes]] = field(default_factory=dict)
    gone: bool = False

    async def get(self, image: str, names: Sequence[str]) -> Sequence[bytes | None]:
        return [self.held.get(image, {}).get(name) for name in names]

    async def put(self, image: str, contents: Mapping[str, bytes]) -> None:
        self.held.setdefault(image, {}).update(contents)

    async def forget(self, image: str) -> None:
        if self.gone:
            raise errors.PartUnavailable("the shared contexts are out of reach", part="contexts")
        self.held.pop(image, None)


async def test_a_replica_knows_what_another_has_seen(station: Station) -> None:
    station.contexts = MemoryContexts()
    box = geometry_pb2.Box(x_max=40, y_max=30)
    async with station.open() as stub:
        digest = await begun(station, stub)
        segment = pb.SegmentRequest(image_digest=digest, boxes=[box])
        first = [await look(stub, digest), await look(stub, digest, "cup"), await stub.Segment(segment)]
    station.models.shown.clear()
    async with station.open() as stub:
        await begun(station, stub)
        # Who detects and who outlines is known only once they did; the reader is asked at the start.
        assert await look(stub, digest) == first[0]
        assert station.models.looks == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"\x0a\x02\x0a\x00"])
async def test_what_another_program_left_in_the_store_is_not_believed(station: Station, content: bytes) -> None:
    contexts = MemoryContexts()
    station.contexts = contexts
    async with station.open() as stub:
        digest = await begun(station, stub)
        await look(stub, digest)
    contexts.held = {image: dict.fromkeys(seen, content) for image, seen in contexts.held.items()}
    station.models.vision = Vision(lettering={RED: "EXIT"})
    async with station.open() as stub:
        assert len((await look(stub, digest)).regions) <= 1
