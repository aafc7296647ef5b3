"""Perception under test: the service over real gRPC on simulated parts, and what its tests ask of it."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
from PIL import Image

from groundwire.v1 import geometry_pb2, image_pb2, perception_service_pb2_grpc
from groundwire.v1 import perception_service_pb2 as pb
from services.perception.__main__ import service
from services.perception.settings import PerceptionSettings
from services.runtime.channels import open_channel
from services.runtime.server import serving
from services.runtime.status import from_rpc_error
from services.runtime.tenant import METADATA
from tests.fakes.objects import MemoryObjects
from tests.fakes.triton import BLUE, GREEN, RED, FakeModels, Vision

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from services.common import errors
    from services.perception.ports import SharedContexts

SIGNS = Vision(lettering={RED: "EXIT", GREEN: "PLATFORM", BLUE: "2"}, objects={RED: "cup", GREEN: "cup", BLUE: "dog"})
STATION = {RED: (300, 20, 360, 40), GREEN: (20, 22, 120, 42), BLUE: (150, 200, 160, 215)}


@dataclass
class Station:
    """The service under test, its parts, and a caller."""

    models: FakeModels = field(default_factory=lambda: FakeModels(SIGNS))
    objects: MemoryObjects = field(default_factory=MemoryObjects)
    settings: dict[str, Any] = field(default_factory=dict)
    contexts: SharedContexts | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[perception_service_pb2_grpc.PerceptionServiceAsyncStub]:
        settings = PerceptionSettings(objects_url="memory:///", port=0, grace_s=0, **self.settings)
        with ThreadPoolExecutor(2) as threads:
            parts = service(settings, models=self.models, objects=self.objects, threads=threads, contexts=self.contexts)
            async with (
                serving(parts, settings) as port,
                open_channel(f"127.0.0.1:{port}", max_message_bytes=settings.max_message_bytes) as channel,
            ):
                yield perception_service_pb2_grpc.PerceptionServiceStub(channel)


def png(pixels: Any) -> bytes:
    written = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(written, "PNG")
    return written.getvalue()


async def messages(
    content: bytes, expected_digest: str = "", step: int = 1 << 16, redact: Sequence[geometry_pb2.Box] = ()
) -> AsyncIterator[pb.PutImageRequest]:
    for start in range(0, len(content), step):
        chunk = content[start : start + step]
        yield pb.PutImageRequest(expected_digest=expected_digest, chunk=chunk, redact=redact)
        expected_digest, redact = "", ()


async def put(
    stub: Any,
    content: bytes,
    expected_digest: str = "",
    redact: Sequence[geometry_pb2.Box] = (),
    tenant: str = "",
) -> image_pb2.Image:
    metadata = ((METADATA, tenant),) if tenant else ()
    response = await stub.PutImage(messages(content, expected_digest, redact=redact), metadata=metadata)
    image: image_pb2.Image = response.image
    return image


async def error_of(call: Any) -> errors.MeshError:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    return from_rpc_error(raised.value, part="perception")


def edges(box: geometry_pb2.Box) -> tuple[float, ...]:
    return (box.x_min, box.y_min, box.x_max, box.y_max)
