"""Outline and posture of a region, from its mask where it has one; of a box alone, only how long it is.

A mask is compared with ideal figures inscribed in its bounds, by intersection over union: the idea of Rosin's measures
of ellipticity, rectangularity and triangularity (Measuring shape, 2003), without their invariance to rotation. Posture
is the direction of the principal axis of its second moments (Hu, 1962).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from services.common import outlines
from services.fusion.core.scene.extent import MASKS_REMEMBERED, ramp

if TYPE_CHECKING:
    from services.common.geometry import Bools
    from services.common.regions import Mask, Region

ALIKE_FROM: Final = 0.7
"""Intersection over union from which a mask begins to look like a figure; it does so beyond doubt at `ALIKE_FULL`."""

ALIKE_FULL: Final = 0.94
"""Higher, drawn outlines of real things do not come."""

LONG_FULL: Final = 1.0
"""Doublings of the longer side over the shorter that make a thing long beyond doubt: one. It holds from 1.41 : 1."""

TILT_DEGREES: Final = 45.0
"""Where tilted is at its fullest; it gives way to upright and lying at half of that from each."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How much a mask looks like each figure, in [0, 1]."""

    ellipse: float
    rectangle: float
    triangle: float


@dataclass(frozen=True, slots=True)
class Posture:
    """How a region stands.

    Attributes:
        degrees: Between the long axis and the vertical, 0 to 90; of a box, 0 or 90.
        long: How clearly there is a long axis, in [0, 1].
    """

    degrees: float
    long: float


def figures(region: Region) -> Figures | None:
    """How much the region's mask looks like each figure; None without a mask, or where it is empty."""
    return None if region.mask is None else _figures(region.mask)


def posture(region: Region) -> Posture:
    """How the region stands: by its mask's principal axis, or else by its box."""
    drawn = None if region.mask is None else _posture(region.mask)
    return drawn or Posture(0.0 if region.box.height >= region.box.width else 90.0, stretch(region))


@lru_cache(MASKS_REMEMBERED)
def _figures(mask: Mask) -> Figures | None:
    drawn = _cut_out(mask)
    if drawn is None:
        return None
    height, width = drawn.shape
    x, y = (np.arange(width) + 0.5) / width, ((np.arange(height) + 0.5) / height)[:, None]
    upward = y >= 2 * np.abs(x - 0.5)
    return Figures(
        ellipse=_alike(drawn, (2 * x - 1) ** 2 + (2 * y - 1) ** 2 <= 1),
        rectangle=_alike(drawn, np.ones_like(drawn)),
        triangle=max(_alike(drawn, upward), _alike(drawn, upward[::-1])),
    )


@lru_cache(MASKS_REMEMBERED)
def _posture(mask: Mask) -> Posture | None:
    drawn = _cut_out(mask)
    if drawn is None:
        return None
    y, x = np.nonzero(drawn)
    # A pixel is a square with a moment of its own: a line of pixels keeps a width.
    across, down = float(x.var()) + 1 / 12, float(y.var()) + 1 / 12
    both = float(((x - x.mean()) * (y - y.mean())).mean())
    spread = math.hypot(across - down, 2 * both)
    longer, shorter = (across + down + spread) / 2, (across + down - spread) / 2
    from_horizontal = abs(math.degrees(math.atan2(2 * both, across - down) / 2))
    # Moments are of second order: the ratio of the axes is the root of theirs.
    return Posture(90.0 - from_horizontal, ramp(math.log2(longer / shorter) / 2, LONG_FULL))


def stretch(region: Region) -> float:
    """How clearly one side of the box is longer than the other, in [0, 1]."""
    width, height = region.box.width, region.box.height
    return ramp(abs(math.log2(width / height)), LONG_FULL) if min(width, height) > 0 else 0.0


def upright(posture: Posture) -> float:
    """How clearly the long axis is vertical, in [0, 1]."""
    return posture.long * (1.0 - ramp(posture.degrees, TILT_DEGREES))


def lying(posture: Posture) -> float:
    """How clearly the long axis is horizontal, in [0, 1]."""
    return posture.long * (1.0 - ramp(90.0 - posture.degrees, TILT_DEGREES))


def tilted(posture: Posture) -> float:
    """How clearly the long axis is neither, in [0, 1]."""
    return posture.long * ramp(45.0 - abs(posture.degrees - 45.0), TILT_DEGREES)


def _alike(mask: Bools, figure: Bools) -> float:
    overlap = int((mask & figure).sum()) / int((mask | figure).sum())
    return ramp(overlap - ALIKE_FROM, ALIKE_FULL - ALIKE_FROM)


def _cut_out(mask: Mask) -> Bools | None:
    """The mask within its own bounds, (h, w) bool; None where there is nothing in it."""
    whole = outlines.pixels(mask)
    rows, columns = np.flatnonzero(whole.any(axis=1)), np.flatnonzero(whole.any(axis=0))
    if not len(rows):
        return None
    return np.asarray(whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
