"""Perception, over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc

from groundwire.v1 import image_pb2, perception_service_pb2, perception_service_pb2_grpc, region_pb2
from services.common.regions import Source, Tier
from services.fusion import convert
from services.fusion.ports import Looked
from services.runtime import wire
from services.runtime.status import from_rpc_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from services.common.geometry import Box
    from services.common.regions import Appearance, Capability, Mask
    from services.fusion.ports import Look, Upload

CHUNK_BYTES: Final = 256 * 1024
"""Size of a piece of an upload."""

PART: Final = "perception"


class GrpcPerception:
    """The `Perception` port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = perception_service_pb2_grpc.PerceptionServiceStub(channel)

    async def put_image(self, upload: Upload) -> image_pb2.Image:
        """Upload in pieces, the places to paint over with the first."""
        try:
            return (await self._stub.PutImage(_pieces(upload))).image
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error

    async def get_image(self, digest: str) -> image_pb2.Image:
        """Ask for an image that is held."""
        try:
            return (await self._stub.GetImage(perception_service_pb2.GetImageRequest(image_digest=digest))).image
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error

    async def perceive(self, look: Look) -> Looked:
        """Take a look."""
        try:
            response = await self._stub.Perceive(convert.look_to(look))
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        regions = tuple(wire.region_from(region) for region in response.regions)
        return Looked(regions, tuple(response.unsearchable_phrases))

    async def measure(self, image_digest: str, places: Sequence[tuple[Box, Mask | None]]) -> tuple[Appearance, ...]:
        """Measure places."""
        request = perception_service_pb2.MeasureRequest(
            image_digest=image_digest,
            places=[
                perception_service_pb2.Place(box=wire.box_to(box), mask=None if mask is None else wire.mask_to(mask))
                for box, mask in places
            ],
        )
        try:
            response = await self._stub.Measure(request)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        return tuple(wire.appearance_from(appearance) for appearance in response.appearances)

    async def outline(self, image_digest: str, boxes: Sequence[Box], tier: Tier) -> tuple[Mask, ...]:
        """Have boxes outlined."""
        request = perception_service_pb2.SegmentRequest(
            image_digest=image_digest,
            boxes=[wire.box_to(box) for box in boxes],
            tier=region_pb2.Tier.ValueType(tier),
        )
        try:
            response = await self._stub.Segment(request)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        return tuple(wire.mask_from(mask) for mask in response.masks)

    async def models(self, capability: Capability) -> tuple[Source, ...]:
        """Ask which models are bound."""
        try:
            response = await self._stub.ListCapabilities(perception_service_pb2.ListCapabilitiesRequest())
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        statuses = (status for status in response.capabilities if status.capability == int(capability))
        return tuple(
            Source(capability, bound.model, bound.version, bound.weights_digest, Tier(bound.tier))
            for status in statuses
            for bound in status.bindings
        )


async def _pieces(upload: Upload) -> AsyncIterator[perception_service_pb2.PutImageRequest]:
    view = memoryview(upload.content)
    redact = [wire.box_to(box) for box in upload.redact]
    # An empty upload is one empty piece: perception says what is wrong with it.
    for start in range(0, max(1, len(view)), CHUNK_BYTES):
        yield perception_service_pb2.PutImageRequest(chunk=bytes(view[start : start + CHUNK_BYTES]), redact=redact)
        redact = []  # Places go with the first piece.
