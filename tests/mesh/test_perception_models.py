"""The models that come with the project, beside the reader, on a real Triton: by perception's own adapter."""

from __future__ import annotations

import asyncio
import os
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from services.common.errors import MeshError, Overloaded
from services.common.geometry import box_of, iou
from services.perception.shared_pixels import FOLDER, NAME
from services.perception.triton import TritonModels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.perception.ports import Pixels


@pytest.fixture
async def models(triton_address: str) -> AsyncIterator[TritonModels]:
    connected = TritonModels(triton_address, timeout_s=120)
    yield connected
    await connected.close()


def portrait() -> Pixels:
    """NASA's portrait of Eileen Collins, public domain, in scikit-image's wheel."""
    try:
        path = Path(str(metadata.distribution("scikit-image").locate_file("skimage/data/astronaut.png")))
    except metadata.PackageNotFoundError:
        pytest.skip("scikit-image, whose wheel holds the portrait, is not installed")
    return np.asarray(Image.open(path).convert("RGB"))


def plate() -> Pixels:
    image = Image.new("RGB", (400, 200), (60, 60, 60))
    draw = ImageDraw.Draw(image)
    draw.rectangle((100, 80, 300, 125), fill="white", outline="black", width=2)
    draw.text((112, 82), "A123BC 77", fill="black", font=ImageFont.load_default(36))
    return np.asarray(image)


async def test_a_face_is_found_where_it_is(models: TritonModels) -> None:
    found = await models.find_private("find_private", portrait(), ("face", "plate"))
    assert found.unsearchable == ()
    assert set(found.words) == {"face"}
    boxes = found.polygons.reshape(-1, 4)
    assert max(iou(box_of(box), box_of(np.array([177.0, 66, 272, 161]))) for box in boxes) > 0.8
    assert found.scores is not None
    assert found.scores.max() > 0.5
    assert (found.run.version, len(found.run.weights_digest)) == ("1", 64)


async def test_a_plate_is_found_and_kinds_that_nobody_asked_for_are_left_out(models: TritonModels) -> None:
    found = await models.find_private("find_private", plate(), ("plate",))
    assert set(found.words) == {"plate"}
    assert len(await models.find_private("find_private", plate(), ("face",))) == 0


async def test_what_the_finder_does_not_look_for_is_said(models: TritonModels) -> None:
    found = await models.find_private("find_private", plate(), ("face", "tattoo"))
    assert found.unsearchable == ("tattoo",)


async def test_nothing_private_is_nothing_found(models: TritonModels) -> None:
    blank = np.full((200, 300, 3), 255, np.uint8)
    assert len(await models.find_private("find_private", blank, ("face", "plate"))) == 0


async def test_a_thing_is_parted_from_its_surroundings_by_its_colour(models: TritonModels) -> None:
    image = Image.new("RGB", (300, 200), (230, 230, 225))
    draw = ImageDraw.Draw(image)
    draw.ellipse((60, 40, 160, 140), fill=(180, 30, 30))
    draw.polygon([(220, 150), (280, 150), (250, 60)], fill=(30, 60, 160))
    truth = np.asarray(image).astype(int)
    disc, triangle = (np.abs(truth - colour).sum(axis=2) < 60 for colour in ((180, 30, 30), (30, 60, 160)))
    boxes = np.array([[55.0, 35, 165, 145], [215, 55, 285, 155]])
    outlined = await models.segment("segment_grabcut", np.asarray(image), boxes)
    for mask, thing in zip(outlined.masks, (disc, triangle), strict=True):
        assert (mask & thing).sum() / (mask | thing).sum() > 0.9
    assert outlined.run.weights_digest == ""
    again = await models.segment("segment_grabcut", np.asarray(image), boxes)
    assert (again.masks == outlined.masks).all()


async def test_what_cannot_be_parted_is_its_box(models: TritonModels) -> None:
    blank = np.full((50, 60, 3), 128, np.uint8)
    outlined = await models.segment("segment_grabcut", blank, np.array([[10.0, 10, 30, 30], [0, 0, 60, 50]]))
    assert outlined.masks.sum(axis=(1, 2)).tolist() == [400, 3000]


async def test_pixels_cross_by_shared_memory_and_none_stay_in_it(models: TritonModels) -> None:
    await models.find_private("find_private", portrait(), ("face",))
    regions = list(FOLDER.glob(f"{NAME}{os.getpid()}-*"))
    assert any(path.stat().st_size >= portrait().nbytes for path in regions)
    assert all(not any(path.read_bytes()) for path in regions)


async def test_a_full_queue_refuses_at_once_and_the_others_are_served(triton_address: str) -> None:
    # One perception sends no more than a model works on; many that share a Triton fill its queue.
    replicas = [TritonModels(triton_address, timeout_s=120, share=False) for _ in range(100)]
    image = np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    boxes = np.array([[20.0, 20, 380, 280]] * 2)

    async def outline(models: TritonModels) -> MeshError | None:
        try:
            await models.segment("segment_grabcut", image, boxes)
        except Overloaded as error:
            return error
        finally:
            await models.close()
        return None

    errors = await asyncio.gather(*map(outline, replicas))
    refused = [error for error in errors if error is not None]
    assert refused
    assert len(errors) - len(refused) >= 64
