"""Contract messages to values and back. Requests are checked here, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from groundwire.v1 import perception_service_pb2, region_pb2
from services.common.errors import InvalidField, MeshError
from services.common.regions import Capability, Tier
from services.perception.core.appearances import Place
from services.perception.core.frames import DEFAULT_WAITING, MAX_WAITING, Frame, LatePolicy
from services.perception.frames import StreamRule
from services.perception.looks import LookRequest
from services.perception.seen import counts_to
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable

    from services.common.geometry import Box
    from services.common.regions import Source
    from services.perception.frames import Outcome
    from services.perception.looks import BoundModel, Looked, Offer
    from services.perception.measuring import Measured
    from services.perception.seen import Outline

MAX_CHUNK_BYTES: Final = 1024 * 1024
MAX_DISCARDED_BYTES: Final = 64 * 1024 * 1024
MAX_PHRASES: Final = 64
MAX_PHRASE_CHARACTERS: Final = 200
MAX_BOXES: Final = 64
MAX_PLACES: Final = 256

PERCEIVED: Final = (Capability.READ_TEXT, Capability.DETECT)
"""What `Perceive` does; the other capabilities have calls of their own, or serve inside others."""


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """An upload: the digest that it must have (empty for any), places to paint over, and its pieces as they arrive."""

    expected_digest: str
    redact: tuple[Box, ...]
    chunks: AsyncGenerator[bytes, None]


async def upload_from(messages: AsyncIterable[perception_service_pb2.PutImageRequest]) -> UploadRequest:
    """An upload that can be taken in.

    Raises:
        InvalidField: The digest is none, or a place is invalid; later, from the pieces: one is too long.
    """
    arriving = aiter(messages)
    first = await anext(arriving, perception_service_pb2.PutImageRequest())

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield _chunk_from(first)
        async for message in arriving:
            yield _chunk_from(message)

    expected = wire.digest(first.expected_digest, "expected_digest") if first.expected_digest else ""
    return UploadRequest(expected, _redact_from(first), pieces())


def _redact_from(message: perception_service_pb2.PutImageRequest) -> tuple[Box, ...]:
    if len(message.redact) > MAX_BOXES:
        raise InvalidField("redact", f"redact has {len(message.redact)} boxes", remedy=f"give at most {MAX_BOXES}")
    return tuple(wire.box_from(box, f"redact[{index}]") for index, box in enumerate(message.redact))


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
    if message.first_region_number < 0:
        raise InvalidField("first_region_number", "first_region_number is negative", remedy="number regions from 1")
    return replace(
        _kind_of_look(message),
        image_digest=wire.digest(message.image_digest, "image_digest"),
        area=wire.box_from(message.area, "area") if message.HasField("area") else None,
        first_region_number=message.first_region_number or 1,
    )


def _kind_of_look(
    message: perception_service_pb2.PerceiveRequest | perception_service_pb2.StreamSettings,
) -> LookRequest:
    """What to look for and how carefully, at no image yet."""
    capability = wire.member(Capability, message.capability, "capability")
    if capability not in PERCEIVED:
        allowed = " or ".join(each.name for each in PERCEIVED)
        raise InvalidField("capability", f"Perceive does not do {capability.word}", remedy=f"ask for {allowed}")
    return LookRequest(
        image_digest="",
        capability=capability,
        tier=tier_from(message.tier),
        phrases=_phrases(tuple(message.phrases), capability),
        area=None,
        first_region_number=1,
    )


def stream_rule_from(message: perception_service_pb2.PerceiveStreamRequest) -> StreamRule:
    """How a stream is looked at: its first message.

    Raises:
        InvalidField: It is something else, or a field has a value that it cannot have.
    """
    if message.WhichOneof("kind") != "settings":
        raise InvalidField(
            "settings", "the stream does not begin with its settings", remedy="send settings, then frames"
        )
    settings = message.settings
    if not 0 <= settings.max_waiting <= MAX_WAITING:
        raise InvalidField(
            "settings.max_waiting", f"max_waiting is {settings.max_waiting}", remedy=f"1 to {MAX_WAITING}"
        )
    policy = settings.late_policy or LatePolicy.DROP_OLDEST
    return StreamRule(
        _kind_of_look(settings),
        settings.max_waiting or DEFAULT_WAITING,
        wire.member(LatePolicy, policy, "settings.late_policy"),
    )


def frame_from(message: perception_service_pb2.PerceiveStreamRequest) -> Frame:
    """The next frame. Whether its picture can be looked at is seen when its turn comes.

    Raises:
        InvalidField: The message is no frame.
    """
    if message.WhichOneof("kind") != "frame":
        raise InvalidField(
            "frame", "a message after the first holds no frame", remedy="send settings once, then frames"
        )
    frame = message.frame
    picture = frame.content if frame.WhichOneof("picture") == "content" else frame.image_digest
    return Frame(frame.sequence, frame.taken_unix_nanos, picture)


def outcome_to(outcome: Outcome) -> perception_service_pb2.PerceiveStreamResponse:
    """What became of a frame, as a message."""
    message = perception_service_pb2.PerceiveStreamResponse(
        sequence=outcome.sequence,
        taken_unix_nanos=outcome.taken_unix_nanos,
        image_digest=outcome.image_digest,
        dropped_so_far=outcome.dropped_so_far,
    )
    if isinstance(outcome.result, LatePolicy):
        policy = perception_service_pb2.LatePolicy.ValueType(outcome.result)
        message.dropped.CopyFrom(perception_service_pb2.FrameDropped(late_policy=policy))
    elif isinstance(outcome.result, MeshError):
        error = outcome.result
        message.failed.CopyFrom(
            perception_service_pb2.FrameFailed(reason=error.reason, message=error.message, remedy=error.remedy)
        )
    else:
        message.found.CopyFrom(looked_to(outcome.result))
    return message


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


def places_from(message: perception_service_pb2.MeasureRequest) -> tuple[Place, ...]:
    """The places to measure.

    Raises:
        InvalidField: They are none, too many, or one has no valid box.
    """
    if not 1 <= len(message.places) <= MAX_PLACES:
        what = f"places has {len(message.places)} values"
        raise InvalidField("places", what, remedy=f"give 1 to {MAX_PLACES} places")
    return tuple(
        Place(
            wire.box_from(place.box, f"places[{index}].box"),
            wire.mask_from(place.mask) if place.HasField("mask") else None,
        )
        for index, place in enumerate(message.places)
    )


def measured_to(measured: Measured) -> perception_service_pb2.MeasureResponse:
    """What was measured, as a message."""
    source = measured.depth_source
    return perception_service_pb2.MeasureResponse(
        appearances=[wire.appearance_to(appearance) for appearance in measured.appearances],
        depth_source=None if source is None else wire.source_to(source),
    )


def looked_to(looked: Looked) -> perception_service_pb2.PerceiveResponse:
    """What a look found, as a message."""
    return perception_service_pb2.PerceiveResponse(
        regions=[wire.region_to(region) for region in looked.regions],
        counts=counts_to(looked.counts),
        unsearchable_phrases=looked.unsearchable,
    )


def outlined_to(outlines: tuple[Outline, ...], source: Source) -> perception_service_pb2.SegmentResponse:
    """Masks, as a message."""
    return perception_service_pb2.SegmentResponse(
        masks=[wire.mask_to(outline.mask) for outline in outlines], source=wire.source_to(source)
    )


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
