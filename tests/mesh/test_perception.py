"""Perception as a process of its own, on a real Triton with the real reader and a real folder."""

from __future__ import annotations

import io
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from groundwire.v1 import geometry_pb2, perception_service_pb2_grpc, region_pb2
from groundwire.v1 import perception_service_pb2 as pb
from services.common.geometry import box_of, iou
from services.perception.__main__ import main
from services.perception.settings import PerceptionSettings
from services.runtime.channels import open_channel
from services.runtime.server import serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READ, FAST, ACCURATE = region_pb2.CAPABILITY_READ_TEXT, region_pb2.TIER_FAST, region_pb2.TIER_ACCURATE

ENGINE = (356, 329, 382, 342)
TANK = (400, 190, 444, 214)


def motorcycle() -> bytes:
    """The CC0 photo in scikit-image's wheel, read as a file."""
    try:
        path = Path(str(metadata.distribution("scikit-image").locate_file("skimage/data/motorcycle_left.png")))
    except metadata.PackageNotFoundError:
        pytest.skip("scikit-image, whose wheel holds the photo, is not installed")
    return path.read_bytes()


def page(size_wh: tuple[int, int], *lines: tuple[int, int, str, int]) -> bytes:
    """A white page with lines of writing: x, y, text, height in points."""
    image = Image.new("RGB", size_wh, "white")
    for x, y, text, points in lines:
        ImageDraw.Draw(image).text((x, y), text, fill="black", font=ImageFont.load_default(points))
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


@asynccontextmanager
async def perception(triton_address: str, folder: Path, **given: Any) -> AsyncIterator[Any]:
    settings = PerceptionSettings(
        port=0, grace_s=1, triton_address=triton_address, objects_url=folder.as_uri(), **given
    )
    async with asynccontextmanager(main)(settings) as service:
        await service.ready()
        async with (
            serving(service, settings) as port,
            open_channel(f"127.0.0.1:{port}", max_message_bytes=settings.max_message_bytes) as channel,
        ):
            yield perception_service_pb2_grpc.PerceptionServiceStub(channel)


@pytest.fixture
async def stub(triton_address: str, tmp_path: Path) -> AsyncIterator[Any]:
    async with perception(triton_address, tmp_path) as connected:
        yield connected


async def look(stub: Any, content: bytes, tier: int, area: tuple[int, ...] | None = None) -> list[region_pb2.Region]:
    async def messages() -> AsyncIterator[pb.PutImageRequest]:
        for start in range(0, len(content), 1 << 20):
            yield pb.PutImageRequest(chunk=content[start : start + (1 << 20)])

    image = (await stub.PutImage(messages())).image
    request = pb.PerceiveRequest(image_digest=image.digest, capability=READ, tier=region_pb2.Tier.ValueType(tier))
    if area is not None:
        request.area.CopyFrom(geometry_pb2.Box(x_min=area[0], y_min=area[1], x_max=area[2], y_max=area[3]))
    return list((await stub.Perceive(request)).regions)


def at(regions: list[region_pb2.Region], place: tuple[int, ...]) -> region_pb2.Region:
    """The region that lies at a place, by IoU of at least one half."""
    wanted = box_of(np.array(place, dtype=np.float64))
    boxes = [np.array([r.box.x_min, r.box.y_min, r.box.x_max, r.box.y_max]) for r in regions]
    (found,) = [r for r, box in zip(regions, boxes, strict=True) if iou(box_of(box), wanted) >= 0.5]
    return found


async def test_the_motorcycle_is_misread_at_its_own_size_and_read_enlarged(stub: Any) -> None:
    fast = at(await look(stub, motorcycle(), FAST), ENGINE)
    accurate = at(await look(stub, motorcycle(), ACCURATE), ENGINE)
    assert fast.text == "YAMARA"
    assert fast.score == pytest.approx(0.90, abs=0.03)
    assert accurate.text == "YAMAHA"
    assert accurate.score == pytest.approx(0.99, abs=0.02)
    assert (fast.transform.scale_x, accurate.transform.scale_x) == (1, 2)


@pytest.mark.parametrize("place", [ENGINE, TANK])
async def test_a_second_look_at_the_place_reads_it_again(stub: Any, place: tuple[int, ...]) -> None:
    found = at(await look(stub, motorcycle(), ACCURATE, place), place)
    assert found.text == "YAMAHA"
    assert found.source.tier == ACCURATE


async def test_writing_across_tiles_is_read_once_and_whole(triton_address: str, tmp_path: Path) -> None:
    # Enlarged, the page is four tiles; the first line crosses from one to the next.
    content = page((700, 500), (150, 20, "GROUNDWIRE TERMINAL", 40), (9, 240, "PLATFORM 9", 32), (560, 440, "EXIT", 32))
    async with perception(triton_address, tmp_path, tile_side=800) as stub:
        regions = await look(stub, content, ACCURATE)
    assert " ".join(region.text for region in regions) == "GROUNDWIRE TERMINAL PLATFORM 9 EXIT"
    assert len({(region.transform.offset_x, region.transform.offset_y) for region in regions}) > 1


async def test_the_reader_says_who_it_is(stub: Any) -> None:
    (region,) = await look(stub, page((400, 120), (20, 20, "INVOICE", 60)), FAST)
    listed = (await stub.ListCapabilities(pb.ListCapabilitiesRequest())).capabilities[0]
    bound = listed.bindings[0]
    assert (bound.model, bound.ready) == ("read_text", True)
    assert (region.source.version, region.source.weights_digest) == (bound.version, bound.weights_digest)
    assert len(bound.weights_digest) == 64


async def test_a_deadline_ends_a_look_and_the_next_one_works(stub: Any) -> None:
    content = page((400, 120), (20, 20, "INVOICE", 60))
    (region,) = await look(stub, content, FAST)
    request = pb.PerceiveRequest(image_digest=region.image_digest, capability=READ, tier=ACCURATE)
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await stub.Perceive(request, timeout=0.03)
    assert ended.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert [found.text for found in (await stub.Perceive(request)).regions] == ["INVOICE"]
