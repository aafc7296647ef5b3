"""A picture painted into a network's input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from framing import Frame

U8 = npt.NDArray[np.uint8]

FILL: Final = 114
"""Grey beside a letterboxed picture: the value that YOLO's networks were trained with."""


def laid(image_rgb: U8, size_wh: tuple[int, int], where: Frame) -> U8:
    """The picture, (H, W, 3), in an input of that size, (height, width, 3)."""
    height, width = image_rgb.shape[:2]
    painted = round(width * where.scale[0]), round(height * where.scale[1])
    resized = cv2.resize(image_rgb, painted, interpolation=cv2.INTER_LINEAR)
    if painted == size_wh:
        return np.asarray(resized, np.uint8)
    canvas = np.full((size_wh[1], size_wh[0], 3), FILL, np.uint8)
    left, top = int(where.offset[0]), int(where.offset[1])
    canvas[top : top + painted[1], left : left + painted[0]] = resized
    return canvas
