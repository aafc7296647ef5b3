"""How large regions are, and how their boxes lie along one axis."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from services.common import outlines

if TYPE_CHECKING:
    from services.common.geometry import Box, Size
    from services.common.regions import Mask, Region

Span = tuple[float, float]
"""Where a box begins and ends along one axis, pixels."""

LEAST_SIZE: Final = 0.05
"""Closeness takes no thing for smaller than this share of the image's diagonal: specks have neighbours too."""

MASKS_REMEMBERED: Final = 1024
"""Masks whose measures are kept; several questions are asked of each."""


def columns(box: Box) -> Span:
    """The box along x."""
    return box.x_min, box.x_max


def rows(box: Box) -> Span:
    """The box along y."""
    return box.y_min, box.y_max


def middle(span: Span) -> float:
    """Halfway, pixels."""
    return (span[0] + span[1]) / 2


def length(span: Span) -> float:
    """From begin to end, pixels."""
    return span[1] - span[0]


def shared(a: Span, b: Span) -> float:
    """Share of the shorter span that the two have in common, in [0, 1]."""
    common = min(a[1], b[1]) - max(a[0], b[0])
    return ramp(ratio(common, min(length(a), length(b))), 1.0)


def gap(a: Span, b: Span) -> float:
    """Pixels between two spans; 0 where they touch or overlap."""
    return max(0.0, a[0] - b[1], b[0] - a[1])


def distance(a: Box, b: Box) -> float:
    """Pixels from edge to edge along the shortest way; 0 where the boxes touch or overlap."""
    return math.hypot(gap(columns(a), columns(b)), gap(rows(a), rows(b)))


def typical_size(a: Box, b: Box, image_size: Size) -> float:
    """Mean of the roots of both areas, pixels, and at least `LEAST_SIZE` of the image's diagonal."""
    least = LEAST_SIZE * math.hypot(image_size.width, image_size.height)
    return max(least, (math.sqrt(a.area) + math.sqrt(b.area)) / 2)


def coverage(inner: Box, outer: Box) -> float:
    """Share of `inner` that lies within `outer`, in [0, 1]; 0 for an empty `inner`. `geometry.coverage`, one by one."""
    width = min(inner.x_max, outer.x_max) - max(inner.x_min, outer.x_min)
    height = min(inner.y_max, outer.y_max) - max(inner.y_min, outer.y_min)
    return ratio(max(0.0, width) * max(0.0, height), inner.area)


def areas(subject: Region, object_: Region) -> tuple[float, float]:
    """Square pixels that two regions cover: of their masks where both have one, else of their boxes."""
    if subject.mask is not None and object_.mask is not None:
        return _mask_area(subject.mask), _mask_area(object_.mask)
    return subject.box.area, object_.box.area


@lru_cache(MASKS_REMEMBERED)
def _mask_area(mask: Mask) -> float:
    return float(outlines.area(mask))


def ratio(part: float, whole: float) -> float:
    """`part / whole`; 0 where there is no whole."""
    return part / whole if whole > 0 else 0.0


def ramp(value: float, full: float) -> float:
    """Rises from 0 at 0 to 1 at `full`, and stays within [0, 1]."""
    return min(1.0, max(0.0, value / full))
