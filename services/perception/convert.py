"""Contract messages to values and back. Requests are checked here, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.v1 import geometry_pb2, perception_service_pb2, region_pb2
from services.common.errors import InvalidField
from services.common.regions import Capability, Tier
from services.perception.core import masks
from services.perception.looks import LookRequest
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

    import numpy as np
    import numpy.typing as npt

    from services.common.geometry import Box
    from services.common.regions import Source
    from services.perception.core.outputs import Outlined
    from services.perception.looks import BoundModel, Looked, Offer

MAX_CHUNK_BYTES: Final = 1024 * 1024
MAX_DISCARDED_BYTES: Final = 64 * 1024 * 1024
MAX_PHRASES: Final = 64
MAX_PHRASE_CHARACTERS: Final = 200
MAX_BOXES: Final = 64

PERCEIVED: Final = (Capability.READ_TEXT, Capability.DETECT)
"""What `Perceive` does; the other capabilities have calls of their own, or serve inside others."""


async def upload_from(
    messages: AsyncIterable[perception_service_pb2.PutImageRequest],
) -> tuple[str, AsyncGenerator[bytes, None]]:
    """The digest that an upload must have (empty for any), and its pieces as they arrive.

    Raises:
        InvalidField: The digest is none; later, from the pieces: one is too long.
    """
    arriving = aiter(messages)
    first = await anext(arriving, perception_service_pb2.PutImageRequest())

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield _chunk_from(first)
        async for message in arriving:
            yield _chunk_from(message)

    return wire.digest(first.expected_digest, "expected_digest") if first.expected_digest else "", pieces()


async def discard_rest(messages: AsyncIterable[perception_service_pb2.PutImageRequest]) -> None:
    """Read what is left of a refused upload, up to `MAX_DISCARDED_BYTES`, and keep nothing of it.

    A gRPC client whose stream ends while it writes may see its own failed write, and never the error that says why.
    """
    discarded = 0
    async for message in messages:
        discarded += len(message.chunk)
        if discarded > MAX_DISCARDED_BYTES:
            return


def _chunk_from(message: perception_service_pb2.PutImageRequest) -> bytes:
    if len(message.chunk) > MAX_CHUNK_BYTES:
        raise InvalidField(
            "chunk", f"a chunk has {len(message.chunk)} bytes", remedy=f"send at most {MAX_CHUNK_BYTES} bytes a message"
        )
    return message.chunk


def look_from(message: perception_service_pb2.PerceiveRequest) -> LookRequest:
    """A look that can be asked for.

    Raises:
        InvalidField: A field has a value that it cannot have.
    """
    capability = wire.member(Capability, message.capability, "capability")
    if capability not in PERCEIVED:
        allowed = " or ".join(each.name for each in PERCEIVED)
        raise InvalidField("capability", f"Perceive does not do {capability.word}", remedy=f"ask for {allowed}")
    if message.first_region_number < 0:
        raise InvalidField("first_region_number", "first_region_number is negative", remedy="number regions from 1")
    return LookRequest(
        image_digest=wire.digest(message.image_digest, "image_digest"),
        capability=capability,
        tier=tier_from(message.tier),
        phrases=_phrases(tuple(message.phrases), capability),
        area=wire.box_from(message.area, "area") if message.HasField("area") else None,
        first_region_number=message.first_region_number or 1,
    )


def _phrases(phrases: tuple[str, ...], capability: Capability) -> tuple[str, ...]:
    if capability is Capability.READ_TEXT:
        if phrases:
            raise InvalidField("phrases", "read_text takes no phrases", remedy="leave phrases empty, or ask for DETECT")
        return ()
    if not 1 <= len(phrases) <= MAX_PHRASES:
        raise InvalidField("phrases", f"detect got {len(phrases)} phrases", remedy=f"name 1 to {MAX_PHRASES} things")
    for phrase in phrases:
        if not phrase.strip() or len(phrase) > MAX_PHRASE_CHARACTERS:
            raise InvalidField(
                "phrases",
                f"a phrase is blank or longer than {MAX_PHRASE_CHARACTERS} characters",
                remedy="name each thing in a few words",
            )
    return phrases


def tier_from(number: int) -> Tier:
    """The tier; fast where it is not specified.

    Raises:
        InvalidField: The number means nothing.
    """
    return wire.member(Tier, number, "tier") if number else Tier.FAST


def crop_box_from(message: perception_service_pb2.CropRequest) -> Box | None:
    """The box to cut out; None for the whole image.

    Raises:
        InvalidField: It is not finite, or empty.
    """
    return wire.box_from(message.box, "box") if message.HasField("box") else None


def boxes_from(message: perception_service_pb2.SegmentRequest) -> tuple[Box, ...]:
    """The boxes to outline.

    Raises:
        InvalidField: They are none, too many, or one is invalid.
    """
    if not 1 <= len(message.boxes) <= MAX_BOXES:
        raise InvalidField("boxes", f"boxes has {len(message.boxes)} values", remedy=f"give 1 to {MAX_BOXES} boxes")
    return tuple(wire.box_from(box, f"boxes[{index}]") for index, box in enumerate(message.boxes))


def looked_to(looked: Looked) -> perception_service_pb2.PerceiveResponse:
    """What a look found, as a message."""
    counts = looked.counts
    return perception_service_pb2.PerceiveResponse(
        regions=[wire.region_to(region) for region in looked.regions],
        counts=perception_service_pb2.RegionCounts(
            raw=counts.raw, clamped=counts.clamped, rejected=counts.rejected, merged=counts.merged
        ),
    )


def outlined_to(outlined: Outlined, source: Source) -> perception_service_pb2.SegmentResponse:
    """Masks, as a message."""
    return perception_service_pb2.SegmentResponse(
        masks=[_mask_to(mask) for mask in outlined.masks], source=wire.source_to(source)
    )


def _mask_to(mask: npt.NDArray[np.bool_]) -> geometry_pb2.Mask:
    height, width = mask.shape
    return geometry_pb2.Mask(size=geometry_pb2.Size(width=width, height=height), counts=masks.counts(mask))


def offers_to(offers: tuple[Offer, ...]) -> perception_service_pb2.ListCapabilitiesResponse:
    """Capabilities, as a message."""
    return perception_service_pb2.ListCapabilitiesResponse(
        capabilities=[
            perception_service_pb2.CapabilityStatus(
                capability=region_pb2.Capability.ValueType(offer.capability),
                bindings=[_bound_to(bound) for bound in offer.models],
                remedy=offer.remedy,
            )
            for offer in offers
        ]
    )


def _bound_to(bound: BoundModel) -> perception_service_pb2.ModelBinding:
    return perception_service_pb2.ModelBinding(
        tier=region_pb2.Tier.ValueType(bound.binding.tier),
        model=bound.binding.model,
        version=bound.state.version,
        weights_digest=bound.weights_digest,
        ready=bound.state.ready,
    )
