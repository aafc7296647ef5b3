"""What is measured of places in a picture: colours and nearness of the pixels that count. Pure NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from services.common import outlines
from services.common.regions import Appearance
from services.perception.core import colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from services.common.geometry import Bools, Box
    from services.common.regions import Mask

    Window = tuple[slice, slice]

MOST_PIXELS: Final = 65_536
"""Pixels of a place that are measured, about; of a larger one every second, third … row and column."""

DEPTH_TAILS: Final = (1.0, 99.0)
"""Percentiles of a picture's depth that are its farthest and its nearest: a few stray pixels stretch nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """A box, and the pixels of it that count: those of its mask, or else those of the ellipse that fits into it.

    The corners of a box are seldom the thing that it holds.
    """

    box: Box
    mask: Mask | None = None


def measured(
    image_rgb: npt.NDArray[np.uint8], places: Sequence[Place], nearness: npt.NDArray[np.float32] | None
) -> tuple[Appearance, ...]:
    """How each place looks, in their order.

    Args:
        image_rgb: (H, W, 3) sRGB.
        places: Boxes that share area with the image; masks, where there are any, of its size.
        nearness: (H, W), larger is nearer; None where it was not estimated.
    """
    # 64 bits tell the percentiles of a picture that is almost flat apart.
    far, near = (0.0, 0.0) if nearness is None else np.percentile(nearness.astype(np.float64), DEPTH_TAILS)
    found = []
    for place in places:
        window, counting = _counting(place, image_rgb.shape[0], image_rgb.shape[1])
        pixels = image_rgb[window][counting]
        depth = None
        if nearness is not None and len(pixels):
            median = float(np.median(nearness[window][counting]))
            depth = min(1.0, max(0.0, (median - far) / (near - far))) if near > far else 0.5
        found.append(Appearance(colors.named(pixels), len(pixels), depth))
    return tuple(found)


def _counting(place: Place, height: int, width: int) -> tuple[Window, Bools]:
    """The window of a place, thinned out to about `MOST_PIXELS`, and which of its pixels count."""
    box = place.box
    top, bottom = max(0, math.floor(box.y_min)), min(height, math.ceil(box.y_max))
    left, right = max(0, math.floor(box.x_min)), min(width, math.ceil(box.x_max))
    step = max(1, round(math.sqrt((bottom - top) * (right - left) / MOST_PIXELS)))
    window = slice(top, bottom, step), slice(left, right, step)
    if place.mask is not None:
        return window, np.asarray(outlines.pixels(place.mask)[window])
    y, x = np.arange(top, bottom, step) + 0.5, np.arange(left, right, step) + 0.5
    down = (y - (box.y_min + box.y_max) / 2) / (box.height / 2)
    across = (x - (box.x_min + box.x_max) / 2) / (box.width / 2)
    within = down[:, None] ** 2 + across[None] ** 2 <= 1
    # A box of a pixel or two has an ellipse between its pixels' middles.
    return window, within if within.any() else np.ones_like(within)
