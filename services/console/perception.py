"""Perception, over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import grpc

from groundwire.v1 import perception_service_pb2, perception_service_pb2_grpc
from services.runtime import wire
from services.runtime.status import from_rpc_error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from groundwire.v1 import image_pb2
    from services.common.geometry import Box

PART: Final = "perception"


class GrpcPictures:
    """The `Pictures` port."""

    def __init__(self, channel: grpc.aio.Channel, *, timeout_s: float) -> None:
        self._stub = perception_service_pb2_grpc.PerceptionServiceStub(channel)
        self._timeout_s = timeout_s

    async def image(self, digest: str) -> image_pb2.Image:
        """Ask for an image that is held."""
        request = perception_service_pb2.GetImageRequest(image_digest=digest)
        response: perception_service_pb2.GetImageResponse = await self._call(self._stub.GetImage, request)
        return response.image

    async def pixels(self, digest: str, box: Box | None) -> bytes:
        """Have it cut out."""
        cut = None if box is None else wire.box_to(box)
        request = perception_service_pb2.CropRequest(image_digest=digest, box=cut)
        response: perception_service_pb2.CropResponse = await self._call(self._stub.Crop, request)
        return response.png

    async def capabilities(self) -> Sequence[perception_service_pb2.CapabilityStatus]:
        """Ask what can be perceived."""
        request = perception_service_pb2.ListCapabilitiesRequest()
        response: perception_service_pb2.ListCapabilitiesResponse = await self._call(
            self._stub.ListCapabilities, request
        )
        return response.capabilities

    async def _call(self, method: Callable[..., Awaitable[Any]], request: object) -> Any:
        try:
            return await method(request, timeout=self._timeout_s)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
