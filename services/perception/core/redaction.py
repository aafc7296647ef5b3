"""What has to be made unrecognisable in a picture, and how. Pure.

The rules:

1. Lettering is painted over by the piece: where a part of a piece, or of a line made of pieces, looks like personal
   data, every piece that shares a letter with that part goes. Which letters lie where in a piece, nobody says.
2. A place is grown before it is painted, since finders cut close: lettering by a share of its height, whatever else by
   a share of its shorter side.
3. Lettering and plates are filled with black: letters can be told from their blurred remains. Faces and given places
   may be pixelated instead, so coarsely that `BLOCKS` blocks lie along the longer side; small ones are filled too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from services.common.geometry import Box, Size
from services.perception.core import personal
from services.perception.core.findings import level

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.common.regions import Region, Tier

    Pixels = npt.NDArray[np.uint8]

GIVEN: Final = "given"
"""Kind of a place that the caller named."""

SIGHTS: Final = ("face", "plate")
"""Kinds that are found by their looks, with the capability `find_private`."""

KINDS: Final = (*SIGHTS, *personal.RECOGNISERS)
"""Every kind that a policy can ask for."""

BLURRED: Final = frozenset({"face", GIVEN})
"""Kinds that may be pixelated."""

MARGIN: Final = 0.15
"""How far a place is grown on every side, as a share of its shorter side."""

LEAST_MARGIN: Final = 2.0
"""How far at least, pixels: edges are smoothed over one or two."""

BLOCKS: Final = 4
"""Blocks along the longer side of what is pixelated."""

LEAST_BLOCK: Final = 4
"""Least side of a block, pixels; what would have smaller ones is filled."""


class Method(Enum):
    """How a place is made unrecognisable."""

    FILL = "fill"
    PIXELATE = "pixelate"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a tenant wants made unrecognisable.

    Attributes:
        kinds: Of `KINDS`; empty for nothing but what callers name.
        method: How.
        tier: How carefully lettering is looked for.
        countries: Countries whose national numbers are recognised, and phone numbers without their country code; two
            letters each.
        least_score: Finds of a finder below this score are left as they are, [0, 1].
    """

    kinds: tuple[str, ...]
    method: Method
    tier: Tier
    countries: tuple[str, ...] = ()
    least_score: float = 0.0

    @property
    def sights(self) -> tuple[str, ...]:
        """Its kinds that are found by their looks."""
        return tuple(kind for kind in self.kinds if kind in SIGHTS)

    @property
    def lettering(self) -> tuple[str, ...]:
        """Its kinds that are found by reading."""
        return tuple(kind for kind in self.kinds if kind in personal.RECOGNISERS)


@dataclass(frozen=True, slots=True)
class Place:
    """A place to paint over.

    Attributes:
        box: In the image's frame; whole pixels and within the image once it is `settled`.
        kind: One of `KINDS`, or `GIVEN`.
        found_by: The model's name, or the recogniser's; empty for given places.
    """

    box: Box
    kind: str
    found_by: str


def lettering_places(regions: Sequence[Region], policy: Policy) -> tuple[Place, ...]:
    """The pieces of lettering that are personal data, by rule 1. Takes pieces in reading order."""
    places: dict[Place, None] = {}
    for line in _lines(regions):
        ends = np.cumsum([len(region.text) + 1 for region in line])
        text = " ".join(region.text for region in line)
        for kind, (start, stop) in personal.personal(text, policy.lettering, policy.countries):
            for region, end in zip(line, ends, strict=True):
                if end - len(region.text) - 1 < stop and start < end - 1:
                    places[Place(region.box, kind, personal.FOUND_BY)] = None
    return tuple(places)


def _lines(regions: Sequence[Region]) -> list[list[Region]]:
    """Pieces that follow each other in reading order and stand on one line."""
    lines: list[list[Region]] = []
    for region in regions:
        if lines and level(lines[-1][-1].box, region.box):
            lines[-1].append(region)
        else:
            lines.append([region])
    return lines


def sight_places(regions: Iterable[Region], policy: Policy) -> tuple[Place, ...]:
    """What was found by its looks and is sure enough. What has no score is painted over."""
    return tuple(
        Place(region.box, region.label, region.source.model)
        for region in regions
        if region.score is None or region.score >= policy.least_score
    )


def settled(place: Place, size: Size) -> Place | None:
    """The place grown by rule 2 (given ones stay as they are), on whole pixels within the image; None beside it."""
    shorter = min(place.box.width, place.box.height)
    margin = 0.0 if place.kind == GIVEN else max(LEAST_MARGIN, MARGIN * shorter)
    grown = place.box.grown(margin, size)
    if grown.width <= 0 or grown.height <= 0:
        return None
    whole = (math.floor(grown.x_min), math.floor(grown.y_min), math.ceil(grown.x_max), math.ceil(grown.y_max))
    return Place(Box(*map(float, whole)), place.kind, place.found_by)


def painted(image_rgb: Pixels, places: Sequence[Place], method: Method) -> Pixels:
    """A copy of the image (H, W, 3) in which every settled place is unrecognisable, by rule 3; read-only."""
    image = image_rgb.copy()
    for place in places:
        left, top, right, bottom = (int(edge) for edge in place.box.as_array())
        piece = image[top:bottom, left:right]
        blurred = method is Method.PIXELATE and place.kind in BLURRED and max(piece.shape[:2]) >= BLOCKS * LEAST_BLOCK
        piece[:] = _blocks(piece) if blurred else 0
    image.setflags(write=False)
    return image


def _blocks(piece: Pixels) -> Pixels:
    """`piece` with each of its blocks in its mean colour. The blocks are squares but at the right and lower edges."""
    height, width = piece.shape[:2]
    side = math.ceil(max(height, width) / BLOCKS)
    blocks = piece.copy()
    for top in range(0, height, side):
        for left in range(0, width, side):
            block = blocks[top : top + side, left : left + side]
            block[:] = block.mean(axis=(0, 1)).round()
    return blocks
