"""Convex outlines: their area, and the area that two of them share.

Lettering is rarely level, and the bounding boxes of slanted lines overlap where the lines do not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[float, float]
Ring = tuple[Point, ...]

CORNERS: Final = 3
"""What has fewer has no inside."""


def ring(points: Sequence[Point]) -> Ring:
    """The convex hull of `points`, so ordered that `area` is positive; empty without points."""
    ordered = sorted(set(points))
    if len(ordered) < CORNERS:
        return tuple(ordered)
    return (*_chain(ordered), *_chain(ordered[::-1]))


def _chain(ordered: Sequence[Point]) -> list[Point]:
    """One half of the hull (Andrew's monotone chain), without its last point."""
    chain: list[Point] = []
    for point in ordered:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain[:-1]


def _turn(origin: Point, a: Point, b: Point) -> float:
    """Above 0 where going from `origin` over `a` to `b` turns towards the inside of a ring."""
    return (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0])


def area(outline: Ring) -> float:
    """Area, square pixels; 0 for fewer than three points."""
    following = (*outline[1:], *outline[:1])
    return math.fsum(a[0] * b[1] - b[0] * a[1] for a, b in zip(outline, following, strict=True)) / 2


def shared_area(one: Ring, other: Ring) -> float:
    """Area that two rings share (Sutherland and Hodgman's clipping), square pixels.

    >>> square = ring([(0, 0), (2, 0), (2, 2), (0, 2)])
    >>> shared_area(square, ring([(1, 1), (3, 1), (3, 3), (1, 3)]))
    1.0
    """
    if min(len(one), len(other)) < CORNERS:
        return 0.0
    rest = one
    for start, stop in zip(other, (*other[1:], *other[:1]), strict=True):
        rest = _inside(rest, start, stop)
    return max(0.0, area(rest))


def _inside(outline: Ring, start: Point, stop: Point) -> Ring:
    """The part of `outline` that lies on the inner side of the line from `start` to `stop`."""
    kept: list[Point] = []
    for a, b in zip(outline, (*outline[1:], *outline[:1]), strict=True):
        depth_a, depth_b = _turn(start, stop, a), _turn(start, stop, b)
        if depth_a >= 0:
            kept.append(a)
        if depth_a * depth_b < 0:
            share = depth_a / (depth_a - depth_b)
            kept.append((a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])))
    return tuple(kept)
