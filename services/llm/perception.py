"""Perception, over gRPC: pieces of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc

from groundwire.v1 import perception_service_pb2, perception_service_pb2_grpc
from services.llm.model_judge import Cut
from services.runtime import wire
from services.runtime.status import from_rpc_error

if TYPE_CHECKING:
    from services.common.geometry import Box

PART: Final = "perception"


class GrpcCrops:
    """The `Crops` port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = perception_service_pb2_grpc.PerceptionServiceStub(channel)

    async def crop(self, image_digest: str, box: Box | None) -> Cut:
        """Cut out a piece."""
        request = perception_service_pb2.CropRequest(
            image_digest=image_digest, box=None if box is None else wire.box_to(box)
        )
        try:
            response = await self._stub.Crop(request)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        return Cut(response.png, wire.box_from(response.box, "box"))
