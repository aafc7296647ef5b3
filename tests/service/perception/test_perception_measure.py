"""Measure: how places look, over real gRPC."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groundwire.v1 import geometry_pb2
from groundwire.v1 import perception_service_pb2 as pb
from services.common.errors import ModelOutput
from services.perception.core import masks
from services.runtime import wire
from tests.fakes.perception_station import STATION, Station, error_of, png, put
from tests.fakes.triton import BLUE, GREEN, RED, FakeModels, picture

SIZE = (400, 300)
WITH_DEPTH = {"bindings": {"read_text": {"fast": "read_text"}, "depth": {"fast": "depth"}}}


def place(colour: tuple[int, int, int]) -> pb.Place:
    left, top, right, bottom = STATION[colour]
    return pb.Place(box=geometry_pb2.Box(x_min=left, y_min=top, x_max=right, y_max=bottom))


def seeing_depth() -> FakeModels:
    return replace(Station().models, known=frozenset({"read_text", "depth"}))


async def test_colours_come_in_the_order_of_the_places() -> None:
    async with Station().open() as stub:
        image = await put(stub, png(picture(SIZE, STATION)))
        places = [place(BLUE), place(RED), place(GREEN)]
        measured = await stub.Measure(pb.MeasureRequest(image_digest=image.digest, places=places))
    assert [[each.name for each in seen.colors] for seen in measured.appearances] == [["blue"], ["red"], ["green"]]
    assert [seen.colors[0].share for seen in measured.appearances] == [1.0] * 3
    assert measured.appearances[1].pixels == pytest.approx(np.pi / 4 * 60 * 20, rel=0.05)


async def test_without_a_depth_model_nearness_is_unset() -> None:
    async with Station().open() as stub:
        image = await put(stub, png(picture(SIZE, STATION)))
        measured = await stub.Measure(pb.MeasureRequest(image_digest=image.digest, places=[place(RED)]))
    assert not measured.appearances[0].HasField("nearness")
    assert not measured.HasField("depth_source")


async def test_nearness_is_the_depth_models() -> None:
    station = Station(models=seeing_depth(), settings=WITH_DEPTH)
    async with station.open() as stub:
        image = await put(stub, png(picture(SIZE, STATION)))
        measured = await stub.Measure(pb.MeasureRequest(image_digest=image.digest, places=[place(RED), place(BLUE)]))
    far, near = (seen.nearness for seen in measured.appearances)
    assert far == pytest.approx(30 / 300, abs=0.02)
    assert near == pytest.approx(207 / 300, abs=0.02)
    assert (measured.depth_source.model, measured.depth_source.version) == ("depth", "3")
    assert len(measured.depth_source.span_id) == 16


async def test_a_mask_says_which_pixels_count() -> None:
    mask = np.zeros((300, 400), dtype=np.bool_)
    mask[200:215, 150:155] = True
    async with Station().open() as stub:
        image = await put(stub, png(picture(SIZE, STATION)))
        box = geometry_pb2.Box(x_min=0, y_min=0, x_max=400, y_max=300)
        outlined = pb.Place(box=box, mask=wire.mask_to(masks.encoded(mask)))
        measured = await stub.Measure(pb.MeasureRequest(image_digest=image.digest, places=[outlined]))
    (seen,) = measured.appearances
    assert ([each.name for each in seen.colors], seen.pixels) == (["blue"], 75)


BROKEN = {
    "no places": [],
    "too many places": [place(RED)] * 257,
    "a place without a box": [pb.Place()],
    "a place beside the picture": [pb.Place(box=geometry_pb2.Box(x_min=500, y_min=10, x_max=600, y_max=20))],
    "a mask of another size": [
        pb.Place(box=place(RED).box, mask=geometry_pb2.Mask(size=geometry_pb2.Size(width=3, height=2), counts=b"6"))
    ],
    "a mask that is none": [
        pb.Place(box=place(RED).box, mask=geometry_pb2.Mask(size=geometry_pb2.Size(width=400, height=300), counts=b"!"))
    ],
}


@pytest.mark.parametrize("places", BROKEN.values(), ids=BROKEN)
async def test_bad_places_are_refused(places: list[pb.Place]) -> None:
    async with Station().open() as stub:
        image = await put(stub, png(picture(SIZE, STATION)))
        error = await error_of(stub.Measure(pb.MeasureRequest(image_digest=image.digest, places=places)))
    assert error.reason == "INVALID_FIELD"
    assert "place" in str(error)


async def test_an_image_that_is_not_held_is_said_to_be_missing() -> None:
    async with Station().open() as stub:
        error = await error_of(stub.Measure(pb.MeasureRequest(image_digest="ab" * 32, places=[place(RED)])))
    assert error.reason == "IMAGE_NOT_FOUND"


async def test_a_depth_model_that_fails_is_named() -> None:
    models = replace(seeing_depth(), fails=ModelOutput("the model depth failed", model="depth", what="it broke"))
    async with Station(models=models, settings=WITH_DEPTH).open() as stub:
        image = await put(stub, png(picture(SIZE, STATION)))
        error = await error_of(stub.Measure(pb.MeasureRequest(image_digest=image.digest, places=[place(RED)])))
    assert error.reason == "MODEL_OUTPUT"
