"""Regions over a picture: which shapes, in which order, in which tone, and where their names stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.common.geometry import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from services.common.geometry import Size

PLAIN: Final = "plain"
"""Tone of a region that no claim cites."""

LETTER: Final = 1 / 46
"""How high a name is, as a part of the picture's longer side, when all of the picture is shown."""

WIDE: Final = 0.62
"""How wide a letter is, as a part of its height."""

ABOVE, BELOW, RIGHT, LEFT = "above", "below", "right", "left"
"""Where a name stands beside its box, best first."""


@dataclass(frozen=True, slots=True)
class Place:
    """A region's place: its id, its box, and its outline as (x, y) pixels, empty where it has none."""

    id: str
    box: Box
    outline: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True, slots=True)
class Leg:
    """A claim that cites a region, and the tone that its verdict and the region's role give."""

    claim_id: str
    region_id: str
    tone: str


@dataclass(frozen=True, slots=True)
class Shape:
    """One region as it is drawn, in the picture's own pixels.

    Attributes:
        place: What to draw: the outline where there is one, else the box.
        tone: A word that the page has a colour for: a verdict, "context", or "plain".
        claim_ids: Claims that cite it, in their order; empty when none does.
        name_side: Which side of the box its name stands on.
        name_x: Where its name is anchored; the gap between name and box is the page's affair.
        name_y: The same, vertically.
    """

    place: Place
    tone: str
    claim_ids: Sequence[str]
    name_side: str = ABOVE
    name_x: float = 0.0
    name_y: float = 0.0

    @property
    def points(self) -> str:
        """The outline as SVG writes it; empty where there is none."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.place.outline)


@dataclass(frozen=True, slots=True)
class Searched:
    """An area that was searched in vain: for which claim or abstention, where, and by whom in words."""

    key: str
    area: Box
    by: str


def shapes(size: Size, places: Sequence[Place], legs: Sequence[Leg]) -> Sequence[Shape]:
    """What to draw, bottom first: uncited before cited, large before small, so that every one can be pointed at.

    Args:
        size: Of the picture.
        places: Its regions.
        legs: Citations; those of regions that are not in `places` are passed over.
    """
    cited: dict[str, list[Leg]] = {}
    for leg in legs:
        cited.setdefault(leg.region_id, []).append(leg)
    drawn = [_shape(place, cited.get(place.id, ())) for place in places]
    ordered = sorted(drawn, key=lambda shape: (bool(shape.claim_ids), -shape.place.box.area))
    return tuple(_named(size, ordered))


def _shape(place: Place, legs: Sequence[Leg]) -> Shape:
    ids = tuple(dict.fromkeys(leg.claim_id for leg in legs))
    return Shape(place, legs[0].tone if legs else PLAIN, ids)


def _named(size: Size, shapes: Iterable[Shape]) -> Iterator[Shape]:
    """Each shape with its name where it neither leaves the picture nor covers an earlier name, if there is such a side.

    How large a name is on the picture depends on the screen; it is reckoned for a picture that is shown whole.
    """
    height = LETTER * max(size.width, size.height)
    taken: list[Box] = []
    for shape in shapes:
        if not shape.claim_ids:
            yield shape
            continue
        width = height * WIDE * len(" ".join(shape.claim_ids))
        sides = {side: _name_box(shape.place.box, side, width, height) for side in (ABOVE, BELOW, RIGHT, LEFT)}
        free = [
            side for side, box in sides.items() if _lies_in(box, size) and not any(_meet(box, other) for other in taken)
        ]
        side = free[0] if free else ABOVE
        taken.append(sides[side])
        x, y = _anchor(shape.place.box, side)
        yield replace(shape, name_side=side, name_x=x, name_y=y)


def _anchor(box: Box, side: str) -> tuple[float, float]:
    middle = (box.y_min + box.y_max) / 2
    return {
        ABOVE: (box.x_min, box.y_min),
        BELOW: (box.x_min, box.y_max),
        RIGHT: (box.x_max, middle),
        LEFT: (box.x_min, middle),
    }[side]


def _name_box(box: Box, side: str, width: float, height: float) -> Box:
    """What a name of that size covers on that side."""
    x, y = _anchor(box, side)
    left = {RIGHT: x + height / 2, LEFT: x - height / 2 - width}.get(side, x)
    top = {ABOVE: y - 1.5 * height, BELOW: y + height / 2}.get(side, y - height / 2)
    return Box(left, top, left + width, top + height)


def _lies_in(box: Box, size: Size) -> bool:
    return box.x_min >= 0 and box.y_min >= 0 and box.x_max <= size.width and box.y_max <= size.height


def _meet(a: Box, b: Box) -> bool:
    return a.x_min < b.x_max and b.x_min < a.x_max and a.y_min < b.y_max and b.y_min < a.y_max


def excerpt(box: Box, size: Size) -> Box:
    """What to cut out so that a person sees a box with its surroundings: half its shorter side more on each side."""
    return box.grown(max(4.0, 0.5 * min(box.width, box.height)), size)
