"""The service over real gRPC, on a simulated Triton and a simulated object store."""

from __future__ import annotations

import asyncio
import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import grpc
import numpy as np
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from PIL import Image

from groundwire.v1 import geometry_pb2, image_pb2, region_pb2
from groundwire.v1 import perception_service_pb2 as pb
from services.common import errors
from services.perception import pillow, sight
from services.perception.__main__ import service
from services.perception.core.naming import digest_of
from services.perception.settings import PerceptionSettings
from services.runtime import attributes
from tests.fakes.perception_station import STATION, Station, edges, error_of, messages, png, put
from tests.fakes.triton import BLUE, DIGEST, GREEN, RED, picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READ = region_pb2.CAPABILITY_READ_TEXT
DETECT = region_pb2.CAPABILITY_DETECT
FAST, ACCURATE = region_pb2.TIER_FAST, region_pb2.TIER_ACCURATE


@pytest.fixture
def station() -> Station:
    return Station()


# --- images ---


async def test_an_image_is_named_by_its_pixels_and_tied_to_its_upload(station: Station) -> None:
    upload = png(picture((400, 300), STATION))
    async with station.open() as stub:
        image = await put(stub, upload, hashlib.sha256(upload).hexdigest())
    stored = station.objects.held[f"images/{image.digest[:2]}/{image.digest}.png"]
    assert digest_of(pillow.decode_png(stored)) == image.digest
    assert image == image_pb2.Image(
        digest=image.digest,
        size=geometry_pb2.Size(width=400, height=300),
        media_type="image/png",
        encoded_bytes=len(stored),
        upload=image_pb2.Upload(
            digest=hashlib.sha256(upload).hexdigest(), format="PNG", bytes=len(upload), exif_orientation=1
        ),
    )


async def test_the_same_picture_is_kept_once_however_it_arrives(station: Station) -> None:
    pixels = picture((40, 30), {RED: (3, 4, 9, 9)})
    bitmap = io.BytesIO()
    Image.fromarray(pixels).save(bitmap, "BMP")
    async with station.open() as stub:
        one, other = await put(stub, png(pixels)), await put(stub, bitmap.getvalue())
        assert one.digest == other.digest
        assert (one.upload.format, other.upload.format) == ("PNG", "BMP")
        assert len(station.objects.held) == 2
        described = await stub.GetImage(pb.GetImageRequest(image_digest=one.digest))
    assert described.image == one


async def test_a_picture_that_is_held_is_not_stored_again(station: Station) -> None:
    content = png(picture((400, 300), STATION))
    async with station.open() as stub:
        first = await put(stub, content)
        writes = station.objects.writes
        assert await put(stub, content) == first
    assert station.objects.writes == writes


async def test_a_file_that_came_before_is_not_decoded_again(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    content = png(picture((400, 300), STATION))
    async with station.open() as stub:
        first = await put(stub, content)
        with monkeypatch.context() as patched:
            patched.delattr(pillow, "decode")
            assert await put(stub, content) == first
        # Where a place is named, the file becomes another picture.
        painted = await put(stub, content, redact=[geometry_pb2.Box(x_min=0, y_min=0, x_max=50, y_max=50)])
        assert (painted.digest != first.digest, len(painted.redactions)) == (True, 1)
        assert await put(stub, content) == first


async def test_a_file_whose_picture_was_erased_is_admitted_anew(station: Station) -> None:
    content = png(picture((400, 300), STATION))
    async with station.open() as stub:
        first = await put(stub, content)
        await stub.EraseImage(pb.EraseImageRequest(image_digest=first.digest))
        assert station.objects.held == {}
        assert await put(stub, content) == first
    assert len(station.objects.held) == 2


async def test_a_picture_whose_pixels_were_lost_is_stored_again_when_it_is_sent(station: Station) -> None:
    content = png(picture((400, 300), STATION))
    async with station.open() as stub:
        key = _key(await put(stub, content))
        stored = station.objects.held.pop(key)
        await put(stub, content)
    assert station.objects.held[key] == stored


async def test_an_image_that_an_older_version_named_by_its_png_can_still_be_looked_at(station: Station) -> None:
    stored = png(picture((400, 300), STATION))
    image = image_pb2.Image(digest=hashlib.sha256(stored).hexdigest(), media_type="image/png")
    key = _key(image)
    station.objects.held = {key: stored, key.replace(".png", ".image"): image.SerializeToString()}
    async with station.open() as stub:
        response = await stub.Perceive(pb.PerceiveRequest(image_digest=image.digest, capability=READ))
    assert len(response.regions) == 3


def _key(image: image_pb2.Image) -> str:
    return f"images/{image.digest[:2]}/{image.digest}.png"


async def test_images_outlive_the_process(station: Station) -> None:
    async with station.open() as stub:
        image = await put(stub, png(picture((400, 300), STATION)))
    async with station.open() as stub:
        assert (await stub.GetImage(pb.GetImageRequest(image_digest=image.digest))).image == image
        response = await stub.Perceive(pb.PerceiveRequest(image_digest=image.digest, capability=READ))
    assert len(response.regions) == 3


async def test_an_image_is_decoded_once_for_many_looks(station: Station) -> None:
    async with station.open() as stub:
        image = await put(stub, png(picture((400, 300), STATION)))
    key = f"images/{image.digest[:2]}/{image.digest}.png"
    async with station.open() as stub:
        for _ in range(3):
            await stub.Perceive(pb.PerceiveRequest(image_digest=image.digest, capability=READ))
    assert station.objects.reads[key] == 1


async def test_no_more_pixels_are_remembered_than_allowed(station: Station) -> None:
    station.settings = {"cache_bytes": 1000}
    async with station.open() as stub:
        image = await put(stub, png(picture((400, 300), STATION)))
        for _ in range(2):
            await stub.Crop(pb.CropRequest(image_digest=image.digest))
    assert station.objects.reads[f"images/{image.digest[:2]}/{image.digest}.png"] == 2


@pytest.mark.parametrize(
    ("content", "expected", "reason"),
    [
        (b"", "", "UNREADABLE_IMAGE"),
        (b"a text file named .jpg", "", "UNREADABLE_IMAGE"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "", "UNREADABLE_IMAGE"),
        (png(picture((1, 1), {})), "", "IMAGE_TOO_SMALL"),
        (png(np.zeros((5000, 8000), np.uint8)), "", "IMAGE_TOO_LARGE"),
        (png(picture((40, 30), {}))[:-40], "", "UNREADABLE_IMAGE"),
        (png(picture((40, 30), {})), "0" * 64, "DIGEST_MISMATCH"),
        (png(picture((40, 30), {})), "sha256", "INVALID_FIELD"),
    ],
    ids=["empty", "text", "svg", "1x1", "40-megapixels", "truncated", "digest", "no-digest"],
)
async def test_what_cannot_be_admitted_is_refused_and_leaves_nothing(
    station: Station, content: bytes, expected: str, reason: str
) -> None:
    async with station.open() as stub:
        error = await error_of(put(stub, content, expected))
    assert error.reason == reason
    assert error.remedy
    assert station.objects.held == {}


async def test_an_upload_that_never_ends_is_refused(station: Station) -> None:
    station.settings = {"max_image_bytes": 5000}

    async def endless() -> AsyncIterator[pb.PutImageRequest]:
        while True:
            yield pb.PutImageRequest(chunk=bytes(1 << 20))

    async with station.open() as stub:
        with pytest.raises(grpc.aio.AioRpcError):
            await stub.PutImage(endless())


async def test_whoever_sends_too_much_learns_why_and_not_that_a_write_failed(station: Station) -> None:
    station.settings = {"max_image_bytes": 5000}
    async with station.open() as stub:
        for _ in range(20):
            error = await error_of(put(stub, bytes(3_000_000)))
            assert (error.reason, error.metadata) == ("IMAGE_TOO_LARGE", {"max_bytes": "5000"})


@pytest.mark.parametrize("digest", ["", "../../../../etc/passwd", "F" * 64, "0" * 65])
async def test_a_digest_that_is_none_names_no_file(station: Station, digest: str) -> None:
    async with station.open() as stub:
        for call in (
            stub.GetImage(pb.GetImageRequest(image_digest=digest)),
            stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=READ)),
            stub.Crop(pb.CropRequest(image_digest=digest)),
            stub.Segment(pb.SegmentRequest(image_digest=digest)),
        ):
            assert (await error_of(call)).metadata["field"] == "image_digest"
    assert station.objects.reads == {}


async def test_an_image_that_is_not_held_is_not_found(station: Station) -> None:
    async with station.open() as stub:
        for call in (
            stub.GetImage(pb.GetImageRequest(image_digest="0" * 64)),
            stub.Perceive(pb.PerceiveRequest(image_digest="0" * 64, capability=READ)),
            stub.Crop(pb.CropRequest(image_digest="0" * 64)),
        ):
            error = await error_of(call)
            assert (error.reason, error.metadata) == ("IMAGE_NOT_FOUND", {"digest": "0" * 64})


async def test_a_stored_image_that_was_tampered_with_is_not_looked_at(station: Station) -> None:
    async with station.open() as stub:
        image = await put(stub, png(picture((400, 300), STATION)))
    key = f"images/{image.digest[:2]}/{image.digest}.png"
    station.objects.held[key] = png(picture((400, 300), {}))
    async with station.open() as stub:
        error = await error_of(stub.Perceive(pb.PerceiveRequest(image_digest=image.digest, capability=READ)))
    assert error.reason == "PART_UNAVAILABLE"
    assert error.metadata["part"] == "objects"


async def test_without_its_object_store_nothing_is_admitted(station: Station) -> None:
    station.objects.gone = True
    async with station.open() as stub:
        error = await error_of(put(stub, png(picture((40, 30), {}))))
    assert (error.reason, error.metadata["part"]) == ("PART_UNAVAILABLE", "objects")


async def test_a_piece_is_cut_out_on_whole_pixels(station: Station) -> None:
    pixels = picture((400, 300), STATION)
    async with station.open() as stub:
        digest = (await put(stub, png(pixels))).digest
        piece = await stub.Crop(
            pb.CropRequest(image_digest=digest, box=geometry_pb2.Box(x_min=300.4, y_min=19.5, x_max=359.2, y_max=900))
        )
        whole = await stub.Crop(pb.CropRequest(image_digest=digest))
        outside = await error_of(
            stub.Crop(pb.CropRequest(image_digest=digest, box=geometry_pb2.Box(x_min=400, x_max=500, y_max=9)))
        )
    assert edges(piece.box) == (300, 19, 360, 300)
    assert (np.asarray(Image.open(io.BytesIO(piece.png))) == pixels[19:300, 300:360]).all()
    assert edges(whole.box) == (0, 0, 400, 300)
    assert digest_of(pillow.decode_png(whole.png)) == digest
    assert outside.metadata["field"] == "box"


async def test_a_piece_too_long_for_an_answer_is_refused(station: Station) -> None:
    station.settings = {"max_message_bytes": 20_000}
    noise = np.random.default_rng(1).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    async with station.open() as stub:
        digest = (await stub.PutImage(messages(png(noise), step=10_000))).image.digest
        error = await error_of(stub.Crop(pb.CropRequest(image_digest=digest)))
    assert error.reason == "IMAGE_TOO_LARGE"


# --- looks ---


async def test_lettering_comes_in_reading_order_with_its_source(station: Station) -> None:
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        response = await stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=READ, first_region_number=7))
    assert [(region.id, region.text) for region in response.regions] == [
        ("r7", "PLATFORM"),
        ("r8", "EXIT"),
        ("r9", "2"),
    ]
    first = response.regions[0]
    assert edges(first.box) == (20, 22, 120, 42)
    assert [(point.x, point.y) for point in first.polygon.points] == [(20, 22), (120, 22), (120, 42), (20, 42)]
    assert first.score == pytest.approx(0.9)
    assert first.image_digest == digest
    assert first.transform.output_size == geometry_pb2.Size(width=400, height=300)
    source = first.source
    assert (source.capability, source.model, source.version) == (READ, "read_text", "3")
    assert (source.weights_digest, source.tier) == (DIGEST, FAST)
    assert [(each.name, each.value) for each in source.thresholds] == [("text_score", 0.5)]
    assert len(source.trace_id) == 32
    assert len(source.span_id) == 16
    assert response.counts == pb.RegionCounts(raw=3)


async def test_a_region_points_to_the_span_of_the_model_call_that_found_it(station: Station) -> None:
    station.settings = {"tile_side": 400, "tile_overlap": 64, "max_enlarged_tiles": 99}
    provider, spans = trace.get_tracer_provider(), InMemorySpanExporter()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        response = await stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=READ, tier=ACCURATE))
    finished = spans.get_finished_spans()
    (look,) = [span for span in finished if span.name == "look read_text"]
    calls = {format(span.context.span_id, "016x"): span for span in finished if span.name == "model read_text"}
    assert look.attributes is not None
    assert look.attributes[attributes.TILE_COUNT] == len(calls) == 7
    assert look.attributes[attributes.REGION_COUNT] == len(response.regions) == 3
    for region in response.regions:
        call = calls[region.source.span_id]
        assert call.parent == look.context
        assert call.attributes is not None
        assert call.attributes[attributes.MODEL_VERSION] == "3"
        assert call.attributes[attributes.IMAGE_WIDTH] == region.transform.output_size.width
        assert region.source.trace_id == format(look.context.trace_id, "032x")
    told = " ".join(str(dict(span.attributes or {})) for span in finished)
    assert "EXIT" not in told
    assert "PLATFORM" not in told


async def test_the_accurate_tier_looks_at_the_enlarged_image(station: Station) -> None:
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        response = await stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=READ, tier=ACCURATE))
    assert station.models.shown[-1:] == [(800, 600)]
    assert [edges(region.box) for region in response.regions] == [
        pytest.approx(STATION[GREEN], abs=1),
        pytest.approx(STATION[RED], abs=1),
        pytest.approx(STATION[BLUE], abs=1),
    ]
    assert {region.source.tier for region in response.regions} == {ACCURATE}
    assert response.regions[0].transform.scale_x == 2


async def test_tiles_find_everything_once_and_whole(station: Station) -> None:
    station.settings = {"tile_side": 400, "tile_overlap": 64, "max_enlarged_tiles": 99}
    # One word across a seam, one as wide as two tiles, one in a corner.
    placed = {RED: (150, 100, 190, 120), GREEN: (20, 140, 380, 160), BLUE: (380, 280, 395, 295)}
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), placed)))).digest
        station.models.shown.clear()
        response = await stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=READ, tier=ACCURATE))
    assert len(station.models.shown) == 7
    assert max(max(size) for size in station.models.shown) <= 400
    found = {region.text: edges(region.box) for region in response.regions}
    assert len(found) == len(response.regions) == 3
    assert found["EXIT"] == pytest.approx(placed[RED], abs=1)
    assert found["PLATFORM"] == pytest.approx(placed[GREEN], abs=2)
    assert response.counts.merged > 0
    assert len({region.source.span_id for region in response.regions}) > 1


async def test_an_area_is_looked_at_alone(station: Station) -> None:
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        request = pb.PerceiveRequest(image_digest=digest, capability=READ, tier=ACCURATE)
        request.area.CopyFrom(geometry_pb2.Box(x_min=295, y_min=15, x_max=365, y_max=45))
        response = await stub.Perceive(request)
        request.area.CopyFrom(geometry_pb2.Box(x_min=400, y_min=0, x_max=500, y_max=9))
        outside = await error_of(stub.Perceive(request))
    assert [region.text for region in response.regions] == ["EXIT"]
    assert edges(response.regions[0].box) == pytest.approx(STATION[RED], abs=1)
    assert response.regions[0].transform.scale_x == pytest.approx(4)
    assert outside.metadata["field"] == "area"


async def test_nothing_to_read_is_an_answer(station: Station) -> None:
    async with station.open() as stub:
        digest = (await put(stub, png(picture((40, 30), {})))).digest
        response = await stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=READ))
    assert response == pb.PerceiveResponse(counts=pb.RegionCounts())


async def test_a_bound_detector_finds_phrases_best_first(station: Station) -> None:
    station.settings = {"bindings": {"detect": {"fast": "finder"}}}
    station.models.known = frozenset({"finder"})
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        response = await stub.Perceive(
            pb.PerceiveRequest(image_digest=digest, capability=DETECT, phrases=["dog", "cup", "hat"])
        )
    assert [(region.id, region.label, region.text) for region in response.regions] == [
        ("r1", "cup", ""),
        ("r2", "cup", ""),
        ("r3", "dog", ""),
    ]
    assert edges(response.regions[0].box) == STATION[RED]
    assert not response.regions[0].HasField("polygon")
    assert response.regions[0].source.capability == DETECT


async def test_a_bound_segmenter_outlines_boxes(station: Station) -> None:
    station.settings = {"bindings": {"segment": {"fast": "outliner"}}}
    station.models.known = frozenset({"outliner"})
    async with station.open() as stub:
        digest = (await put(stub, png(picture((40, 30), {})))).digest
        response = await stub.Segment(
            pb.SegmentRequest(image_digest=digest, boxes=[geometry_pb2.Box(x_max=40, y_max=30)])
        )
    assert response.masks[0].size == geometry_pb2.Size(width=40, height=30)
    assert response.masks[0].counts == b"0`U1"
    assert response.source.model == "outliner"


# --- capabilities and trouble ---


async def test_what_is_not_bound_is_said_and_how_to_bind_it(station: Station) -> None:
    station.settings = {"bindings": {"read_text": {"fast": "read_text"}}}
    async with station.open() as stub:
        digest = (await put(stub, png(picture((40, 30), {})))).digest
        box = geometry_pb2.Box(x_max=9, y_max=9)
        detect = await error_of(
            stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=DETECT, phrases=["cup"]))
        )
        segment = await error_of(stub.Segment(pb.SegmentRequest(image_digest=digest, boxes=[box])))
    for error, name in ((detect, "detect"), (segment, "segment")):
        assert (error.reason, error.metadata["capability"]) == ("CAPABILITY_NOT_BOUND", name)
        assert "GROUNDWIRE_PERCEPTION_BINDINGS" in error.remedy


async def test_every_capability_is_listed_with_its_models_or_a_remedy(station: Station) -> None:
    station.settings = {"bindings": {"read_text": {"fast": "read_text"}, "detect": {"fast": "missing"}}}
    async with station.open() as stub:
        listed = (await stub.ListCapabilities(pb.ListCapabilitiesRequest())).capabilities
    assert [status.capability for status in listed] == [1, 2, 3, 4, 5, 6, 7]
    assert list(listed[0].bindings) == [
        pb.ModelBinding(tier=tier, model="read_text", version="3", weights_digest=DIGEST, ready=True)
        for tier in (FAST, ACCURATE)
    ]
    assert [(bound.model, bound.ready, bound.version) for bound in listed[1].bindings] == [("missing", False, "")] * 2
    assert [bool(status.remedy) for status in listed] == [False, False, True, True, True, True, True]


async def test_without_triton_capabilities_are_listed_as_not_ready(station: Station) -> None:
    station.models.gone = True
    async with station.open() as stub:
        listed = (await stub.ListCapabilities(pb.ListCapabilitiesRequest())).capabilities
    assert [bound.ready for bound in listed[0].bindings] == [False, False]


async def test_a_dead_triton_is_named_and_found_again(station: Station) -> None:
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        station.models.gone = True
        error = await error_of(stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=READ)))
        station.models.gone = False
        response = await stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=READ))
    assert (error.reason, error.metadata["part"]) == ("PART_UNAVAILABLE", "triton")
    assert len(response.regions) == 3


async def test_one_tile_that_fails_fails_the_look(station: Station) -> None:
    station.settings = {"tile_side": 400, "tile_overlap": 64, "max_enlarged_tiles": 99}
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        station.models.fails = errors.ModelOutput("it broke", model="read_text", what="SCORES")
        error = await error_of(stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=READ, tier=ACCURATE)))
    assert (error.reason, error.metadata["what"]) == ("MODEL_OUTPUT", "SCORES")


async def test_readiness_names_the_part_that_is_missing(station: Station) -> None:
    settings = PerceptionSettings(objects_url="memory:///")
    with ThreadPoolExecutor(1) as threads:
        parts = service(settings, models=station.models, objects=station.objects, threads=threads)
        await parts.ready()
        station.models.known = frozenset()
        with pytest.raises(errors.PartUnavailable, match="not ready to run read_text, bound to read_text"):
            await parts.ready()
        station.models.gone = True
        with pytest.raises(errors.PartUnavailable, match="triton is out of reach"):
            await parts.ready()
        station.objects.gone = True
        with pytest.raises(errors.PartUnavailable, match="object store"):
            await parts.ready()


async def test_a_reader_that_is_busy_is_ready(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "LEARN_S", 0.05)
    station.models.open.clear()  # whoever looks waits
    with ThreadPoolExecutor(1) as threads:
        parts = service(
            PerceptionSettings(objects_url="memory:///"),
            models=station.models,
            objects=station.objects,
            threads=threads,
        )
        async with asyncio.timeout(10):
            await parts.ready()


async def test_what_a_model_places_nowhere_is_rejected_and_counted(station: Station) -> None:
    strange = np.array([[np.nan, 0, 9, 9], [-50, -50, 900, 900], [np.inf, 0, 1, 1], [9, 9, 3, 3]], np.float32)
    station.settings = {"bindings": {"detect": {"fast": "finder"}}}
    station.models.known = frozenset({"finder"})
    station.models.instead = {
        "BOXES": strange,
        "PHRASE": np.zeros(4, np.int32),
        "SCORES": np.full(4, 0.5, np.float32),
    }
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        response = await stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=DETECT, phrases=["cup"]))
    assert [edges(region.box) for region in response.regions] == [(0, 0, 400, 300)]
    assert response.counts == pb.RegionCounts(raw=4, clamped=1, rejected=3)


@pytest.mark.parametrize(
    ("phrases", "reason"),
    [
        (["cup"] * 10_000, "INVALID_FIELD"),
        (["x" * 5000], "INVALID_FIELD"),
        ([""], "INVALID_FIELD"),
        ([], "INVALID_FIELD"),
        (["🐈\u200d⬛" * 20], ""),
    ],
    ids=["10000", "5-kB", "blank", "none", "emoji"],
)
async def test_phrases_that_cannot_be_searched_for_are_refused_before_any_model_runs(
    station: Station, phrases: list[str], reason: str
) -> None:
    station.settings = {"bindings": {"detect": {"fast": "finder"}}}
    station.models.known = frozenset({"finder"})
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        call = stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=DETECT, phrases=phrases))
        if reason:
            error = await error_of(call)
            assert (error.reason, error.metadata["field"]) == (reason, "phrases")
            assert station.models.shown == []
        else:
            assert list((await call).regions) == []


async def test_a_bound_model_that_the_server_does_not_have_is_named(station: Station) -> None:
    station.settings = {"bindings": {"detect": {"fast": "missing"}}}
    async with station.open() as stub:
        digest = (await put(stub, png(picture((400, 300), STATION)))).digest
        error = await error_of(
            stub.Perceive(pb.PerceiveRequest(image_digest=digest, capability=DETECT, phrases=["cup"]))
        )
    assert (error.reason, error.metadata["model"]) == ("PART_UNAVAILABLE", "missing")
