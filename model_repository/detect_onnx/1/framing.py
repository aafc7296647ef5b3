"""Where a picture lies in a network's input, what numbers its pixels are there, and how its boxes come back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

U8 = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


class Frame(NamedTuple):
    """How a picture lies in the network's input: a point p of it is at p · scale + offset, (x, y) each."""

    scale: tuple[float, float]
    offset: tuple[float, float]

    def back(self, boxes_xyxy: Floats) -> Floats:
        """Boxes (N, 4) of the input's frame in the picture's."""
        return (boxes_xyxy - self.offset * 2) / (self.scale * 2)


def frame(picture_wh: tuple[int, int], size_wh: tuple[int, int], resize: str) -> Frame:
    """How a picture of one size is laid into an input of another.

    Args:
        picture_wh: Width and height of the picture, pixels.
        size_wh: Those of the input.
        resize: stretch (the sides by factors of their own), letterbox (both by one, in the middle) or letterbox_corner
            (both by one, at the top left).
    """
    factors = [size / side for size, side in zip(size_wh, picture_wh, strict=True)]
    if resize == "stretch":
        return Frame((factors[0], factors[1]), (0.0, 0.0))
    # Whole pixels are painted, so the factors are those of the painted size.
    painted = [max(1, round(side * min(factors))) for side in picture_wh]
    scale = (painted[0] / picture_wh[0], painted[1] / picture_wh[1])
    if resize == "letterbox_corner":
        return Frame(scale, (0.0, 0.0))
    spare = [(size - side) // 2 for size, side in zip(size_wh, painted, strict=True)]
    return Frame(scale, (float(spare[0]), float(spare[1])))


def tensor(laid_rgb: U8, described: dict[str, Any]) -> npt.NDArray[np.float32]:
    """The network's input, float32 with a batch axis, from pixels laid in, as the descriptor's `input` says."""
    pixels = laid_rgb if described["channels"] == "RGB" else laid_rgb[:, :, ::-1]
    values = pixels.astype(np.float32) / np.float32(described["divisor"])
    values = (values - np.float32(described["mean"])) / np.float32(described["std"])
    if described["layout"] == "NCHW":
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values[None])
