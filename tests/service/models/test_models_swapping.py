"""Perception, while a model that it was about to ask is taken away: the look begins anew with what is bound since."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
from PIL import Image

from groundwire.v1 import perception_service_pb2 as pb
from groundwire.v1 import perception_service_pb2_grpc, region_pb2
from services.perception.__main__ import service
from services.perception.core import outputs
from services.perception.ports import ModelMissing
from services.perception.settings import PerceptionSettings
from services.runtime.channels import open_channel
from services.runtime.server import serving
from tests.fakes.objects import MemoryObjects
from tests.fakes.triton import RED, FakeModels, Vision, picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from services.perception.ports import Pixels


@dataclass
class Leaving(FakeModels):
    """A server that takes `old` away when it is asked, after something has happened meanwhile."""

    meanwhile: Callable[[], None] = lambda: None

    async def detect(self, model: str, image_rgb: Pixels, phrases: tuple[str, ...]) -> outputs.Found:
        if model == "old":
            self.meanwhile()
            raise ModelMissing(f"there is no model {model}", part="triton", model=model)
        found = await super().detect(model, image_rgb, phrases)
        return outputs.Found(found.polygons, found.words, found.scores, found.run, unsearchable=("unicorn",))


@asynccontextmanager
async def seeing(models: FakeModels, bindings: Path) -> AsyncIterator[Any]:
    settings = PerceptionSettings(objects_url="memory:///", port=0, grace_s=0, bindings_file=bindings)
    with ThreadPoolExecutor(1) as threads:
        parts = service(settings, models=models, objects=MemoryObjects(), threads=threads)
        async with (
            serving(parts, settings) as port,
            open_channel(f"127.0.0.1:{port}", max_message_bytes=settings.max_message_bytes) as channel,
        ):
            yield perception_service_pb2_grpc.PerceptionServiceStub(channel)


async def look(stub: Any) -> pb.PerceiveResponse:
    written = io.BytesIO()
    Image.fromarray(np.asarray(picture((200, 100), {RED: (20, 30, 80, 50)}))).save(written, "PNG")

    async def upload() -> AsyncIterator[pb.PutImageRequest]:
        yield pb.PutImageRequest(chunk=written.getvalue())

    digest = (await stub.PutImage(upload())).image.digest
    request = pb.PerceiveRequest(
        image_digest=digest, capability=region_pb2.CAPABILITY_DETECT, phrases=["cup", "unicorn"]
    )
    found: pb.PerceiveResponse = await stub.Perceive(request)
    return found


async def test_a_look_whose_model_was_swapped_is_made_with_the_new_one(tmp_path: Path) -> None:
    bindings = tmp_path / "bindings.json"
    bindings.write_text('{"detect": {"fast": "old"}}')

    def swap() -> None:
        bindings.write_text('{"detect": {"fast": "new", "accurate": "new"}}')

    known = frozenset({"read_text", "new"})
    models = Leaving(Vision(objects={RED: "cup"}), known=known, meanwhile=swap)

    async with seeing(models, bindings) as stub:
        found = await look(stub)

    assert [region.source.model for region in found.regions] == ["new"]
    assert found.unsearchable_phrases == ["unicorn"]


async def test_a_model_that_is_gone_and_still_bound_is_unavailable(tmp_path: Path) -> None:
    bindings = tmp_path / "bindings.json"
    bindings.write_text('{"detect": {"fast": "old"}}')

    async with seeing(Leaving(), bindings) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as gone:
            await look(stub)

    assert gone.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_model_that_was_unbound_on_the_way_is_absent(tmp_path: Path) -> None:
    bindings = tmp_path / "bindings.json"
    bindings.write_text('{"detect": {"fast": "old"}}')
    models = Leaving(meanwhile=bindings.unlink)

    async with seeing(models, bindings) as stub:
        with pytest.raises(grpc.aio.AioRpcError) as absent:
            await look(stub)

    assert absent.value.code() is grpc.StatusCode.FAILED_PRECONDITION
