"""Perception, over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc

from groundwire.v1 import image_pb2, perception_service_pb2, perception_service_pb2_grpc, region_pb2
from services.runtime import wire
from services.runtime.status import from_rpc_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.common.regions import Region
    from services.fusion.ports import Look

CHUNK_BYTES: Final = 256 * 1024
"""Size of a piece of an upload."""

PART: Final = "perception"


class GrpcPerception:
    """The `Perception` port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = perception_service_pb2_grpc.PerceptionServiceStub(channel)

    async def put_image(self, content: bytes) -> image_pb2.Image:
        """Upload in pieces."""
        try:
            return (await self._stub.PutImage(_pieces(content))).image
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error

    async def get_image(self, digest: str) -> image_pb2.Image:
        """Ask for an image that is held."""
        try:
            return (await self._stub.GetImage(perception_service_pb2.GetImageRequest(image_digest=digest))).image
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error

    async def perceive(self, look: Look, first_region_number: int) -> tuple[Region, ...]:
        """Take a look."""
        request = perception_service_pb2.PerceiveRequest(
            image_digest=look.image_digest,
            capability=region_pb2.Capability.ValueType(look.capability),
            tier=region_pb2.Tier.ValueType(look.tier),
            phrases=look.phrases,
            area=None if look.area is None else wire.box_to(look.area),
            first_region_number=first_region_number,
        )
        try:
            response = await self._stub.Perceive(request)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        return tuple(wire.region_from(region) for region in response.regions)


async def _pieces(content: bytes) -> AsyncIterator[perception_service_pb2.PutImageRequest]:
    view = memoryview(content)
    # An empty upload is one empty piece: perception says what is wrong with it.
    for start in range(0, max(1, len(view)), CHUNK_BYTES):
        yield perception_service_pb2.PutImageRequest(chunk=bytes(view[start : start + CHUNK_BYTES]))
