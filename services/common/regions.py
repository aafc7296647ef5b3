"""Regions as the core code computes on them. The numbers of the enums are those of the contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.common.geometry import Box, Size, Transform


class Tier(IntEnum):
    """The cascade's two rungs."""

    FAST = 1
    ACCURATE = 2


class Capability(IntEnum):
    """What a vision model can do."""

    READ_TEXT = 1
    DETECT = 2
    SEGMENT = 3
    EMBED_TEXT = 4
    EMBED_IMAGE = 5
    FIND_PRIVATE = 6
    DEPTH = 7

    @property
    def word(self) -> str:
        """The name in the design's spelling, such as "read_text"."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Source:
    """Who found a region. Ids are W3C trace-context hexadecimal; `weights_digest` is SHA-256 hexadecimal or empty.

    `thresholds` are names and bounds by which the model left things out, sorted; empty where it declares none.
    """

    capability: Capability
    model: str
    version: str
    weights_digest: str
    tier: Tier
    trace_id: str = ""
    span_id: str = ""
    thresholds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Mask:
    """Pixels of a whole image: COCO compressed run-length encoding, column-major."""

    size: Size
    counts: bytes


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a region's pixels look.

    Attributes:
        colors: Names and shares in (0, 1], largest first, of the pixels that are neither highlight nor shadow.
        pixels: How many were measured.
        nearness: Median, 0 (farthest in the picture) to 1 (nearest); None without a depth model.
    """

    colors: tuple[tuple[str, float], ...]
    pixels: int
    nearness: float | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A place in one image.

    `polygon` holds (x, y) vertices in order, or is empty; `score` is None when not given, `mask` when not outlined,
    `appearance` when not measured.
    """

    id: str
    image_digest: str
    box: Box
    source: Source
    transform: Transform
    polygon: tuple[tuple[float, float], ...] = ()
    label: str = ""
    text: str = ""
    score: float | None = field(default=None)
    mask: Mask | None = None
    appearance: Appearance | None = None
