"""The gRPC shell of perception: convert, call, convert."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from groundwire.v1 import perception_service_pb2 as pb
from groundwire.v1.perception_service_pb2_grpc import PerceptionServiceServicer
from services.common.errors import MeshError
from services.perception import convert
from services.perception.frames import FrameStream
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

    import grpc

    from services.perception.gallery import Gallery
    from services.perception.looks import Looks
    from services.perception.measuring import Measuring

    Context = grpc.aio.ServicerContext[Any, Any]


class PerceptionServicer(PerceptionServiceServicer):
    """`groundwire.v1.PerceptionService`. What each method does and raises is written in the contract."""

    def __init__(self, *, gallery: Gallery, looks: Looks, measuring: Measuring) -> None:
        self._gallery = gallery
        self._looks = looks
        self._measuring = measuring

    async def PutImage(
        self, request_iterator: AsyncIterable[pb.PutImageRequest], _context: Context
    ) -> pb.PutImageResponse:
        """Admit an image."""
        try:
            upload = await convert.upload_from(request_iterator)
            image = await self._gallery.admit(upload.chunks, upload.expected_digest, upload.redact)
            return pb.PutImageResponse(image=image)
        except MeshError:
            await convert.discard_rest(request_iterator)
            raise

    async def GetImage(self, request: pb.GetImageRequest, _context: Context) -> pb.GetImageResponse:
        """Describe an image."""
        digest = wire.digest(request.image_digest, "image_digest")
        return pb.GetImageResponse(image=await self._gallery.describe(digest))

    async def Perceive(self, request: pb.PerceiveRequest, _context: Context) -> pb.PerceiveResponse:
        """Look at an image."""
        return convert.looked_to(await self._looks.perceive(convert.look_from(request)))

    async def PerceiveStream(
        self, request_iterator: AsyncIterable[pb.PerceiveStreamRequest], _context: Context
    ) -> AsyncGenerator[pb.PerceiveStreamResponse, None]:
        """Look at frames as they arrive."""
        messages = aiter(request_iterator)
        rule = convert.stream_rule_from(await anext(messages, pb.PerceiveStreamRequest()))
        stream = FrameStream(rule, gallery=self._gallery, looks=self._looks)
        async with aclosing(stream.outcomes(convert.frame_from(message) async for message in messages)) as outcomes:
            async for outcome in outcomes:
                yield convert.outcome_to(outcome)

    async def Segment(self, request: pb.SegmentRequest, _context: Context) -> pb.SegmentResponse:
        """Outline what boxes hold."""
        digest = wire.digest(request.image_digest, "image_digest")
        outlines, source = await self._looks.segment(
            digest, convert.boxes_from(request), convert.tier_from(request.tier)
        )
        return convert.outlined_to(outlines, source)

    async def Measure(self, request: pb.MeasureRequest, _context: Context) -> pb.MeasureResponse:
        """Measure how places look."""
        digest = wire.digest(request.image_digest, "image_digest")
        return convert.measured_to(await self._measuring.measure(digest, convert.places_from(request)))

    async def Crop(self, request: pb.CropRequest, _context: Context) -> pb.CropResponse:
        """Cut a piece out."""
        digest = wire.digest(request.image_digest, "image_digest")
        png, box = await self._gallery.crop(digest, convert.crop_box_from(request))
        return pb.CropResponse(png=png, box=wire.box_to(box))

    async def EraseImage(self, request: pb.EraseImageRequest, _context: Context) -> pb.EraseImageResponse:
        """Forget an image."""
        digest = wire.digest(request.image_digest, "image_digest")
        return pb.EraseImageResponse(was_held=await self._looks.erase(digest))

    async def ListCapabilities(
        self, _request: pb.ListCapabilitiesRequest, _context: Context
    ) -> pb.ListCapabilitiesResponse:
        """Say what can be perceived."""
        return convert.offers_to(await self._looks.offers())
