"""Places that callers want painted over, from the question to a real perception service and back into the answer."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from groundwire.v1 import (
    geometry_pb2,
    grounding_service_pb2,
    image_pb2,
    perception_service_pb2,
    perception_service_pb2_grpc,
)
from services.common import errors
from services.fusion.perception import CHUNK_BYTES, GrpcPerception
from services.perception.__main__ import service
from services.perception.settings import PerceptionSettings
from services.runtime.channels import open_channel
from services.runtime.server import serving
from tests.fakes.asked import fusion, refused
from tests.fakes.language import ScriptedLanguage
from tests.fakes.objects import MemoryObjects
from tests.fakes.perception_station import SIGNS, edges, png
from tests.fakes.scene import DIGEST, Scene
from tests.fakes.triton import FakeModels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.fusion.ports import Upload
    from tests.fakes.asked import Stub

NOISE = png(np.random.default_rng(0).integers(1, 255, (500, 741, 3), np.uint8))
FACE = geometry_pb2.Box(x_min=10.5, y_min=20, x_max=60, y_max=80)
CORNER = geometry_pb2.Box(x_min=700, y_min=450, x_max=900, y_max=500)


@dataclass
class Admitting(Scene):
    """A simulated scene whose pictures a real perception service admits."""

    admission: GrpcPerception | None = None

    async def put_image(self, upload: Upload) -> image_pb2.Image:
        assert self.admission is not None
        image = await self.admission.put_image(upload)
        self.digest = image.digest
        return image


@asynccontextmanager
async def mesh() -> AsyncIterator[tuple[Stub, perception_service_pb2_grpc.PerceptionServiceAsyncStub]]:
    """Fusion's stub, and that of the perception that admits for it."""
    settings = PerceptionSettings(objects_url="memory:///", port=0, grace_s=0)
    with ThreadPoolExecutor(2) as threads:
        parts = service(settings, models=FakeModels(SIGNS), objects=MemoryObjects(), threads=threads)
        async with (
            serving(parts, settings) as port,
            open_channel(f"127.0.0.1:{port}", max_message_bytes=1 << 24) as channel,
            fusion(Admitting(admission=GrpcPerception(channel)), ScriptedLanguage({})) as stub,
        ):
            yield stub, perception_service_pb2_grpc.PerceptionServiceStub(channel)


async def test_what_the_caller_names_is_painted_over_and_the_answer_says_so() -> None:
    assert len(NOISE) > 2 * CHUNK_BYTES, "the places go with the first of several pieces"
    given = image_pb2.ImageInput(content=NOISE, redact=[FACE, CORNER])
    async with mesh() as (stub, perception):
        plain = (await stub.Read(grounding_service_pb2.ReadRequest(image=image_pb2.ImageInput(content=NOISE)))).answer
        answer = (await stub.Read(grounding_service_pb2.ReadRequest(image=given))).answer
        crop = await perception.Crop(perception_service_pb2.CropRequest(image_digest=answer.image.digest))
    assert not plain.image.redactions
    assert answer.image.digest != plain.image.digest
    assert [(each.kind, each.found_by) for each in answer.image.redactions] == [("given", "")] * 2
    assert [edges(each.box) for each in answer.image.redactions] == [(10, 20, 60, 80), (700, 450, 741, 500)]
    with Image.open(io.BytesIO(crop.png)) as held:
        black = np.asarray(held).max(axis=2) == 0
    assert black[20:80, 10:60].all()
    assert black[450:500, 700:741].all()
    assert black.sum() == 60 * 50 + 50 * 41, "nothing else is"


async def test_a_stream_tells_it_when_the_picture_is_admitted() -> None:
    asked = grounding_service_pb2.AskStreamRequest(
        image=image_pb2.ImageInput(content=NOISE, redact=[FACE]), question="Where is it?"
    )
    async with mesh() as (stub, _):
        first = await anext(aiter(stub.AskStream(asked)))
    assert [edges(each.box) for each in first.admitted.redactions] == [(10, 20, 60, 80)]


@pytest.mark.parametrize(
    ("image", "field"),
    [
        (image_pb2.ImageInput(digest=DIGEST, redact=[FACE]), "image.redact"),
        (image_pb2.ImageInput(content=NOISE, redact=[FACE] * 65), "image.redact"),
        (image_pb2.ImageInput(content=NOISE, redact=[FACE, geometry_pb2.Box()]), "image.redact[1]"),
        (image_pb2.ImageInput(content=NOISE, redact=[geometry_pb2.Box(x_max=float("nan"))]), "image.redact[0]"),
    ],
)
async def test_what_cannot_be_painted_over_is_refused(image: image_pb2.ImageInput, field: str) -> None:
    async with mesh() as (stub, _):
        error = await refused(stub.Ask(grounding_service_pb2.AskRequest(image=image, question="Where is it?")))
    assert isinstance(error, errors.InvalidField)
    assert error.field == field
