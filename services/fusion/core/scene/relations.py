"""Relations between regions, as seen in the picture: definitions, and how well each holds.

Every strength lies in [0, 1] and depends on ratios of lengths only, so that scaling the image, or moving everything in
it, changes nothing. A relation holds from `HOLDS_FROM`. What the names promise (tested as properties):

* left of, above, larger than and in front of are antisymmetric: where one direction is above 0, the other is 0;
* right of, below, smaller than and behind are their duals, equal with the arguments exchanged;
* inside and on hold in one direction at most, and inside is transitive where it is certain;
* near, next to, overlapping and same colour are symmetric;
* inside implies overlapping, and next to implies near: the weaker statement is never less certain;
* of three things at most one is between the others.

The vocabulary is that of Visual Genome (Krishna et al., 2017) and SpatialSense (Yang, Russakovsky and Deng, 2019),
which give no formulae. CLEVR (Johnson et al., 2017) does: the offset of centres along a direction must pass a margin.
Here directions are the viewer's, and the margin is relative to the things' own extents.
"""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import RelationKind
from services.fusion.core.scene import palette
from services.fusion.core.scene.extent import (
    areas,
    columns,
    coverage,
    distance,
    gap,
    middle,
    ramp,
    ratio,
    rows,
    shared,
    typical_size,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.common.geometry import Box, Size
    from services.common.regions import Region
    from services.fusion.core.scene.extent import Span

    Measure = Callable[[Region, Region, Size], float | None]

HOLDS_FROM: Final = 0.5
"""Strength from which a relation, an attribute or any other condition holds."""

STEEPEST: Final = 2.0
"""How direction fades: fully left of while the offset to the side is at least the gap up or down."""

OVERLAP_FULL: Final = 0.2
"""Shared part of the smaller box that is an overlap beyond doubt; it holds from half of that."""

SMALLER_FULL: Final = 0.2
"""What is inside is smaller: beyond doubt by this share of the outer area, not at all where it is as large."""

NEAR_REACH: Final = 2.0
"""Gap, in typical sizes of the two, at which nearness ends."""

NEXT_REACH: Final = 1.0
"""Gap, in typical sizes of the two, at which neighbourhood ends."""

LEVEL_FULL: Final = 0.5
"""Shared part of the lower one's height that puts two things side by side."""

REST_SLACK: Final = 0.25
"""How far above the thing that carries it, or below its foot, a thing may end, in heights of its own."""

REST_RISE: Final = 0.5
"""How much higher the middle of what rests lies, in heights of the lower box, beyond doubt."""

NEARNESS_FULL: Final = 0.1
"""Difference of nearness, of the picture's whole depth, that is beyond doubt; it holds from half of that."""

LARGER_FULL: Final = 0.4
"""Share of the larger area by which the smaller falls short, beyond doubt; a quarter larger holds."""


def strength(
    kind: RelationKind, subject: Region, object_: Region, *, second: Region | None = None, image_size: Size
) -> float | None:
    """How well a relation holds, in [0, 1]; None where it cannot be told from what is known of the regions.

    Args:
        kind: The relation.
        subject: What the relation is said of.
        object_: What it is measured against.
        second: The other thing that BETWEEN is measured against.
        image_size: Of the image that all are in, pixels.
    """
    if kind is RelationKind.BETWEEN:
        return None if second is None else _between(subject.box, object_.box, second.box)
    return _MEASURES[kind](subject, object_, image_size)


def _before(a: Span, b: Span, across: float) -> float:
    """How far `a` comes before `b` on an axis: the share of the shorter span that the other does not cover.

    What lies wholly within the other's span is not before it, wherever its middle is. `across` is the gap between the
    two on the other axis, which turns "left of" into "above" as it grows: direction fades from where it exceeds the
    offset of the middles, to a half at three times that.
    """
    offset = middle(b) - middle(a)
    if offset <= 0:
        return 0.0
    return (1.0 - shared(a, b)) * min(1.0, STEEPEST * offset / (offset + across))


def _left_of(subject: Region, object_: Region, _size: Size) -> float:
    """The subject's middle is left of the object's, and their columns part; see `_before`."""
    a, b = subject.box, object_.box
    return _before(columns(a), columns(b), gap(rows(a), rows(b)))


def _above(subject: Region, object_: Region, _size: Size) -> float:
    """The subject's middle is above the object's, and their rows part; see `_before`."""
    a, b = subject.box, object_.box
    return _before(rows(a), rows(b), gap(columns(a), columns(b)))


def _overlapping(subject: Region, object_: Region, _size: Size) -> float:
    """The boxes share some of the smaller one."""
    a, b = subject.box, object_.box
    return ramp(max(coverage(a, b), coverage(b, a)), OVERLAP_FULL)


def _inside(subject: Region, object_: Region, _size: Size) -> float:
    """The object's box covers the subject's, which is smaller."""
    a, b = subject.box, object_.box
    return coverage(a, b) * ramp(1.0 - ratio(a.area, b.area), SMALLER_FULL)


def _on(subject: Region, object_: Region, size: Size) -> float:
    """The subject rests on the object, or is printed on it: inside it, and does not carry it."""
    carries = _rests(object_.box, subject.box)
    return max(_rests(subject.box, object_.box), _inside(subject, object_, size) * max(0.0, 1.0 - 2.0 * carries))


def _rests(a: Box, b: Box) -> float:
    """`a` stands over `b`'s columns, its middle is higher, and its foot is at or behind `b`'s upper edge."""
    over = ratio(min(a.x_max, b.x_max) - max(a.x_min, b.x_min), a.width)
    higher = ramp(ratio(middle(rows(b)) - middle(rows(a)), min(a.height, b.height)), REST_RISE)
    astray = max(0.0, b.y_min - a.y_max, a.y_max - b.y_max)
    return max(0.0, over) * higher * (1.0 - ramp(ratio(astray, a.height), REST_SLACK))


def _near(subject: Region, object_: Region, size: Size) -> float:
    """The gap between the boxes is small for their sizes."""
    a, b = subject.box, object_.box
    return 1.0 - ramp(distance(a, b) / typical_size(a, b, size), NEAR_REACH)


def _next_to(subject: Region, object_: Region, size: Size) -> float:
    """Side by side: on a level, hardly a gap, and neither in the other."""
    a, b = subject.box, object_.box
    close = 1.0 - ramp(distance(a, b) / typical_size(a, b, size), NEXT_REACH)
    level = ramp(shared(rows(a), rows(b)), LEVEL_FULL)
    return close * level * (1.0 - max(coverage(a, b), coverage(b, a)))


def _in_front_of(subject: Region, object_: Region, _size: Size) -> float | None:
    """The subject is nearer to the camera: depth alone decides, as in CLEVR. Needs a depth model."""
    a, b = nearness(subject), nearness(object_)
    return None if a is None or b is None else ramp(a - b, NEARNESS_FULL)


def _same_color(subject: Region, object_: Region, _size: Size) -> float | None:
    """What the shares of named colours have in common: histogram intersection (Swain and Ballard, 1991)."""
    a, b = palette.basic(subject), palette.basic(object_)
    return min(1.0, sum(min(share, b.get(name, 0.0)) for name, share in a.items())) if a and b else None


def _larger_than(subject: Region, object_: Region, _size: Size) -> float:
    """The subject covers more of the picture, by a margin."""
    a, b = areas(subject, object_)
    return ramp(1.0 - b / a, LARGER_FULL) if a > 0 else 0.0


def _between(subject: Box, object_: Box, second: Box) -> float:
    """Seen from the subject's middle, the objects' middles lie in opposite directions: -cos of the angle, above 0.

    1 on the line between them, 0.5 where the angle is 120 degrees, 0 at a right angle. Bloch, Colliot and Cesar (On the
    ternary spatial relation "between", 2006) compare this kind of definition with others.
    """
    (x, y), (ax, ay), (bx, by) = subject.center, object_.center, second.center
    lengths = math.hypot(ax - x, ay - y) * math.hypot(bx - x, by - y)
    return ramp(ratio(-((ax - x) * (bx - x) + (ay - y) * (by - y)), lengths), 1.0)


def nearness(region: Region) -> float | None:
    """Nearness to the camera, 0 (farthest) to 1; None where it was not measured."""
    return None if region.appearance is None else region.appearance.nearness


def _dual(measure: Measure) -> Measure:
    return lambda subject, object_, size: measure(object_, subject, size)


_MEASURES: Final[Mapping[RelationKind, Measure]] = MappingProxyType(
    {
        RelationKind.LEFT_OF: _left_of,
        RelationKind.RIGHT_OF: _dual(_left_of),
        RelationKind.ABOVE: _above,
        RelationKind.BELOW: _dual(_above),
        RelationKind.ON: _on,
        RelationKind.INSIDE: _inside,
        RelationKind.NEAR: _near,
        RelationKind.NEXT_TO: _next_to,
        RelationKind.IN_FRONT_OF: _in_front_of,
        RelationKind.BEHIND: _dual(_in_front_of),
        RelationKind.OVERLAPPING: _overlapping,
        RelationKind.SAME_COLOR: _same_color,
        RelationKind.LARGER_THAN: _larger_than,
        RelationKind.SMALLER_THAN: _dual(_larger_than),
    }
)
