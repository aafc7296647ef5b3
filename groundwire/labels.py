"""Where labels go on a picture: beside their box, inside the picture, and not on one another. Pure geometry.

Rectangles are `(x_min, y_min, x_max, y_max)`, pixels, origin top-left, in the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Rectangle: TypeAlias = tuple[float, float, float, float]
Size: TypeAlias = tuple[float, float]

_GAPS: Final = (0.25, 0.75, 1.5, 4.0, 8.0)
"""Distances from the box that are tried, in label heights: near first, farther only where it is crowded."""

_OWN_BOX: Final = 100.0
_LABEL: Final = 60.0
_OTHER_BOX: Final = 10.0
"""What a pixel of overlap costs, against a pixel of distance: a label must not hide its own box, nor a label."""


def place(
    boxes: Sequence[Rectangle],
    sizes: Sequence[Size],
    canvas: Size,
    *,
    avoid: Sequence[Rectangle] = (),
    reach: float = _GAPS[-1],
) -> Sequence[Rectangle]:
    """One place for each label, inside the canvas.

    Args:
        boxes: What each label belongs to.
        sizes: Width and height of each label; no larger than the canvas.
        canvas: Width and height of the picture.
        avoid: What else had better stay visible.
        reach: How far from its box a label may go, in label heights.
    """
    gaps = [gap for gap in _GAPS if gap <= reach]
    placed: list[Rectangle] = []
    for own, size in zip(boxes, sizes, strict=True):
        candidates = list(_candidates(own, size, canvas, gaps))
        others = [box for box in (*boxes, *avoid) if box is not own]
        placed.append(_best(own, _in_reach(others, candidates), _in_reach(placed, candidates), candidates))
    return placed


def _best(
    own: Rectangle, others: Sequence[Rectangle], placed: Sequence[Rectangle], candidates: Sequence[Rectangle]
) -> Rectangle:
    """The first place that touches nothing, else the one that costs least."""
    best, least = own, float("inf")
    for candidate in candidates:
        cost = overlap(candidate, own) * _OWN_BOX
        cost += sum(overlap(candidate, label) for label in placed) * _LABEL
        cost += sum(overlap(candidate, box) for box in others) * _OTHER_BOX
        if cost == 0:
            return candidate
        cost += distance(candidate, own)
        if cost < least:
            best, least = candidate, cost
    return best


def _in_reach(rectangles: Sequence[Rectangle], candidates: Sequence[Rectangle]) -> Sequence[Rectangle]:
    """Those that any candidate can touch: on a full page, a few of hundreds."""
    x_mins, y_mins, x_maxs, y_maxs = zip(*candidates, strict=True)
    hull = min(x_mins), min(y_mins), max(x_maxs), max(y_maxs)
    return [rectangle for rectangle in rectangles if overlap(rectangle, hull) > 0]


def _candidates(box: Rectangle, size: Size, canvas: Size, gaps: Sequence[float]) -> Iterator[Rectangle]:
    """Above, below, right, left, each in three alignments; pushed back where they would leave the canvas."""
    width, height = size
    x_min, y_min, x_max, y_max = box
    columns = (x_min, x_max - width, (x_min + x_max - width) / 2)
    rows = (y_min, y_max - height, (y_min + y_max - height) / 2)
    for gap in gaps:
        away = gap * height
        corners = [(x, y) for y in (y_min - away - height, y_max + away) for x in columns]
        corners += [(x, y) for x in (x_max + away, x_min - away - width) for y in rows]
        for x, y in corners:
            yield inside((x, y, x + width, y + height), canvas)


def inside(rectangle: Rectangle, canvas: Size) -> Rectangle:
    """The rectangle moved, not cut, so that it lies in the canvas."""
    x_min, y_min, x_max, y_max = rectangle
    left = max(0.0, min(x_min, canvas[0] - (x_max - x_min)))
    top = max(0.0, min(y_min, canvas[1] - (y_max - y_min)))
    return left, top, left + (x_max - x_min), top + (y_max - y_min)


def overlap(a: Rectangle, b: Rectangle) -> float:
    """Area that two rectangles share, square pixels."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height)


def distance(a: Rectangle, b: Rectangle) -> float:
    """Shortest way between two rectangles, along the axes, pixels; 0 when they touch."""
    return max(0.0, a[0] - b[2], b[0] - a[2]) + max(0.0, a[1] - b[3], b[1] - a[3])


def bridge(a: Rectangle, b: Rectangle) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of the shortest line between two rectangles that do not overlap."""
    return (
        (_nearest(b[0], b[2], a[0], a[2]), _nearest(b[1], b[3], a[1], a[3])),
        (_nearest(a[0], a[2], b[0], b[2]), _nearest(a[1], a[3], b[1], b[3])),
    )


def _nearest(low: float, high: float, inside_low: float, inside_high: float) -> float:
    """The point of [inside_low, inside_high] nearest to [low, high]: the middle of what they share, if anything."""
    start, end = max(low, inside_low), min(high, inside_high)
    if start <= end:
        return (start + end) / 2
    return inside_low if high < inside_low else inside_high
