from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from groundwire.v1 import geometry_pb2, region_pb2
from groundwire.v1 import perception_service_pb2 as pb
from services.common.errors import InvalidField
from services.common.geometry import Box
from services.common.regions import Capability, Source, Tier
from services.perception import convert
from services.perception.core import masks
from services.perception.looks import LookRequest
from services.perception.seen import Outline

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DIGEST = "0" * 64
READ = region_pb2.CAPABILITY_READ_TEXT
DETECT = region_pb2.CAPABILITY_DETECT


def request(**given: Any) -> pb.PerceiveRequest:
    fields: dict[str, Any] = {"image_digest": DIGEST, "capability": READ}
    return pb.PerceiveRequest(**(fields | given))


def box(*edges: float) -> geometry_pb2.Box:
    return geometry_pb2.Box(x_min=edges[0], y_min=edges[1], x_max=edges[2], y_max=edges[3])


def test_what_is_not_said_has_a_meaning() -> None:
    assert convert.look_from(request()) == LookRequest(DIGEST, Capability.READ_TEXT, Tier.FAST, (), None, 1)


def test_everything_that_can_be_said_arrives() -> None:
    said = request(
        capability=DETECT,
        tier=region_pb2.TIER_ACCURATE,
        phrases=["red cup", "dog"],
        area=box(1, 2, 3, 4),
        first_region_number=7,
    )
    assert convert.look_from(said) == LookRequest(
        DIGEST, Capability.DETECT, Tier.ACCURATE, ("red cup", "dog"), Box(1, 2, 3, 4), 7
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"image_digest": ""}, "image_digest"),
        ({"image_digest": "../../etc/passwd"}, "image_digest"),
        ({"image_digest": "A" * 64}, "image_digest"),
        ({"image_digest": "0" * 63 + "\n"}, "image_digest"),
        ({"image_digest": "0" * 64 + "\n"}, "image_digest"),
        ({"capability": 0}, "capability"),
        ({"capability": 99}, "capability"),
        ({"capability": region_pb2.CAPABILITY_SEGMENT}, "capability"),
        ({"tier": 3}, "tier"),
        ({"tier": -1}, "tier"),
        ({"phrases": ["cup"]}, "phrases"),
        ({"capability": DETECT}, "phrases"),
        ({"capability": DETECT, "phrases": ["cup"] * 65}, "phrases"),
        ({"capability": DETECT, "phrases": ["cup", "  "]}, "phrases"),
        ({"capability": DETECT, "phrases": ["c" * 201]}, "phrases"),
        ({"area": box(5, 5, 5, 9)}, "area"),
        ({"area": box(9, 5, 5, 9)}, "area"),
        ({"area": box(0, 0, float("inf"), 9)}, "area"),
        ({"area": box(0, 0, float("nan"), 9)}, "area"),
        ({"first_region_number": -1}, "first_region_number"),
    ],
)
def test_a_wrong_field_is_named_with_what_would_be_right(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidField) as refused:
        convert.look_from(request(**given))
    assert refused.value.field == field
    assert refused.value.message


def test_phrases_at_their_limits_are_taken() -> None:
    assert len(convert.look_from(request(capability=DETECT, phrases=["c" * 200] * 64)).phrases) == 64


@pytest.mark.parametrize("boxes", [[], [box(0, 0, 1, 1)] * 65, [box(0, 0, 1, 1), box(1, 0, 1, 1)]])
def test_boxes_to_outline_are_checked(boxes: list[geometry_pb2.Box]) -> None:
    with pytest.raises(InvalidField, match="boxes"):
        convert.boxes_from(pb.SegmentRequest(boxes=boxes))


def test_a_mask_travels_as_coco_run_lengths() -> None:
    source = Source(Capability.SEGMENT, "m", "1", "", Tier.FAST)
    mask = masks.encoded(np.ones((2, 3), np.bool_))
    response = convert.outlined_to((Outline(mask, source),), source)
    assert response.masks[0] == geometry_pb2.Mask(size=geometry_pb2.Size(width=3, height=2), counts=b"06")
    assert response.source.model == "m"


async def messages(*given: pb.PutImageRequest) -> AsyncIterator[pb.PutImageRequest]:
    for message in given:
        yield message


async def test_an_upload_is_its_pieces_and_the_digest_of_the_first_message() -> None:
    upload = await convert.upload_from(
        messages(
            pb.PutImageRequest(expected_digest=DIGEST, chunk=b"a"),
            pb.PutImageRequest(expected_digest="ignored", chunk=b"b"),
            pb.PutImageRequest(),
        )
    )
    assert (upload.expected_digest, upload.redact) == (DIGEST, ())
    assert [piece async for piece in upload.chunks] == [b"a", b"b", b""]


async def test_an_upload_without_messages_is_empty() -> None:
    upload = await convert.upload_from(messages())
    assert upload.expected_digest == ""
    assert [piece async for piece in upload.chunks] == [b""]


async def test_a_piece_may_be_a_mebibyte_and_no_more() -> None:
    upload = await convert.upload_from(
        messages(pb.PutImageRequest(chunk=bytes(1 << 20)), pb.PutImageRequest(chunk=bytes((1 << 20) + 1)))
    )
    assert len(await anext(upload.chunks)) == 1 << 20
    with pytest.raises(InvalidField, match="1048577 bytes"):
        await anext(upload.chunks)


async def test_an_expected_digest_must_be_one() -> None:
    with pytest.raises(InvalidField, match="expected_digest"):
        await convert.upload_from(messages(pb.PutImageRequest(expected_digest="md5:1234", chunk=b"a")))


async def test_places_to_paint_over_come_with_the_first_message() -> None:
    box, other = geometry_pb2.Box(x_max=5, y_max=6), geometry_pb2.Box(x_max=7, y_max=8)
    upload = await convert.upload_from(messages(pb.PutImageRequest(redact=[box]), pb.PutImageRequest(redact=[other])))
    assert upload.redact == (Box(0, 0, 5, 6),)


@pytest.mark.parametrize(
    "redact", [[geometry_pb2.Box()], [geometry_pb2.Box(x_max=float("nan"), y_max=1)], [geometry_pb2.Box()] * 65]
)
async def test_a_place_to_paint_over_must_be_one(redact: list[geometry_pb2.Box]) -> None:
    with pytest.raises(InvalidField, match="redact"):
        await convert.upload_from(messages(pb.PutImageRequest(redact=redact)))


@pytest.mark.parametrize(
    ("phrases", "fits"),
    [
        (["🐈\u200d⬛", "ein grüner Apfel", "赤い傘"], True),
        (["x" * 200], True),
        (["x" * 201], False),
        (["é" * 2500], False),
        (["cup"] * 10_000, False),
        ([" \n"], False),
    ],
    ids=["emoji", "longest", "too-long", "5-kB", "10000", "blank"],
)
def test_phrases_are_few_and_short_in_any_script(phrases: list[str], *, fits: bool) -> None:
    request = pb.PerceiveRequest(image_digest=DIGEST, capability=region_pb2.CAPABILITY_DETECT, phrases=phrases)
    if fits:
        assert convert.look_from(request).phrases == tuple(phrases)
    else:
        with pytest.raises(InvalidField, match="phrase"):
            convert.look_from(request)
