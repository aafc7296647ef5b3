"""What was seen, as it is kept for the next look: its form in memory, its weight, its form in a shared store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from google.protobuf.message import DecodeError

from groundwire.v1 import perception_service_pb2 as pb
from services.common.errors import InvalidField
from services.perception.core.findings import Counts
from services.runtime import wire

if TYPE_CHECKING:
    from services.common.regions import Mask, Region, Source

T = TypeVar("T")

REGION_BYTES: Final = 750
"""What a region weighs in memory, about: measured over 10,000 regions of lettering with tracemalloc."""

FIXED_BYTES: Final = 500
"""What anything that is kept weighs beside its contents, about."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look saw for one phrase; reading, all of it. The regions have no ids yet.

    Attributes:
        regions: Best first for objects, in reading order for lettering.
        counts: What became of the model's raw output.
        searchable: False where the model cannot search for the phrase.
    """

    regions: tuple[Region, ...]
    counts: Counts
    searchable: bool = True


@dataclass(frozen=True, slots=True)
class Outline:
    """What one box holds, and who outlined it."""

    mask: Mask
    source: Source


class Form(Protocol[T]):
    """How values of one kind are kept."""

    def weight(self, value: T) -> int:
        """What a value weighs in memory, about, bytes."""

    def encode(self, value: T) -> bytes:
        """The value for a shared store."""

    def decode(self, content: bytes) -> T | None:
        """What `encode` was given; None where the bytes are not its work."""


class SeenForm:
    """The form of `Seen`: a serialized `groundwire.v1.PerceiveResponse`."""

    def weight(self, value: Seen) -> int:
        """As `Form` says."""
        return FIXED_BYTES + sum(REGION_BYTES + len(region.text) for region in value.regions)

    def encode(self, value: Seen) -> bytes:
        """As `Form` says."""
        message = pb.PerceiveResponse(regions=map(wire.region_to, value.regions), counts=counts_to(value.counts))
        if not value.searchable:
            message.unsearchable_phrases.append("")
        return message.SerializeToString()

    def decode(self, content: bytes) -> Seen | None:
        """As `Form` says."""
        try:
            message = pb.PerceiveResponse.FromString(content)
            regions = tuple(map(wire.region_from, message.regions))
        except (DecodeError, InvalidField):
            return None
        said = message.counts
        counts = Counts(raw=said.raw, clamped=said.clamped, rejected=said.rejected, merged=said.merged)
        return Seen(regions, counts, searchable=not message.unsearchable_phrases)


class OutlineForm:
    """The form of `Outline`: a serialized `groundwire.v1.SegmentResponse` with one mask."""

    def weight(self, value: Outline) -> int:
        """As `Form` says."""
        return FIXED_BYTES + len(value.mask.counts)

    def encode(self, value: Outline) -> bytes:
        """As `Form` says."""
        message = pb.SegmentResponse(masks=[wire.mask_to(value.mask)], source=wire.source_to(value.source))
        return message.SerializeToString()

    def decode(self, content: bytes) -> Outline | None:
        """As `Form` says."""
        try:
            message = pb.SegmentResponse.FromString(content)
            (mask,) = message.masks
            return Outline(wire.mask_from(mask), wire.source_from(message.source))
        except (DecodeError, InvalidField, ValueError):
            return None


def counts_to(counts: Counts) -> pb.RegionCounts:
    """The counts as a message."""
    return pb.RegionCounts(raw=counts.raw, clamped=counts.clamped, rejected=counts.rejected, merged=counts.merged)
