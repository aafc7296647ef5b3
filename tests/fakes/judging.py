"""The llm service as a judge: on an endpoint, and on a perception that holds one picture."""

from __future__ import annotations

import io
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from PIL import Image

from groundwire.v1 import geometry_pb2, perception_service_pb2_grpc
from groundwire.v1 import llm_service_pb2 as pb
from groundwire.v1 import perception_service_pb2 as perception
from groundwire.v1.llm_service_pb2_grpc import LlmServiceStub
from services.common.errors import ImageNotFound
from services.llm.__main__ import parts_on
from services.llm.settings import LlmSettings
from services.runtime.channels import open_channel
from services.runtime.server import Service, always_ready, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import grpc

    from groundwire.v1.llm_service_pb2_grpc import LlmServiceAsyncStub

DIGEST = "ab" * 32
BOXES = [geometry_pb2.Box(x_min=10, y_min=10, x_max=30, y_max=20)]


class OnePicture(perception_service_pb2_grpc.PerceptionServiceServicer):
    """Cuts pieces out of one picture, 100 x 80."""

    async def Crop(self, request: perception.CropRequest, _context: Any) -> perception.CropResponse:
        if request.image_digest != DIGEST:
            raise ImageNotFound("there is no such image")
        whole = geometry_pb2.Box(x_max=100, y_max=80)
        box = request.box if request.HasField("box") else whole
        out = io.BytesIO()
        Image.new("RGB", (int(box.x_max - box.x_min), int(box.y_max - box.y_min))).save(out, "PNG")
        return perception.CropResponse(png=out.getvalue(), box=box)


@asynccontextmanager
async def judging(endpoint: str, **changes: Any) -> AsyncIterator[LlmServiceAsyncStub]:
    def register(server: grpc.aio.Server) -> None:
        perception_service_pb2_grpc.add_PerceptionServiceServicer_to_server(
            OnePicture(),  # type: ignore[abstract]  # the stubs say so of every method
            server,
        )

    eyes = Service("groundwire.v1.PerceptionService", register, always_ready)
    settings = LlmSettings(port=0, grace_s=0)
    async with serving(eyes, settings) as eyes_port:
        here: dict[str, Any] = {
            "endpoint": endpoint,
            "perception_address": f"127.0.0.1:{eyes_port}",
            "probe_hold_off_s": 0.01,
        }
        settings = LlmSettings(port=0, grace_s=0, **(here | changes))
        async with (
            parts_on(settings) as service,
            serving(service, settings) as port,
            open_channel(f"127.0.0.1:{port}", max_message_bytes=settings.max_message_bytes) as channel,
        ):
            yield LlmServiceStub(channel)


def request(**changes: Any) -> pb.JudgeRequest:
    return pb.JudgeRequest(**({"statement": "It says EXIT.", "image_digest": DIGEST, "boxes": BOXES} | changes))
