"""Pictures of unusual shape, made bearable before a library's own processor sees them, and undone in places.

The processors of `transformers` enlarge until the shorter side has some length, or pad to a square: a strip of 1 by
50,000 pixels would become gigabytes. So a long picture is reduced, and a thin one padded at its right or bottom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

# Of the sides, beyond which a picture is padded; the figure that RapidOCR pads wide pictures to.
THIN_RATIO = 4
# How far PIL may reduce coarsely before it resamples: 2 is visibly the same as not at all, says Pillow's manual.
REDUCING_GAP = 2.0


@dataclass(frozen=True, slots=True)
class Fitted:
    """A picture to show to a model.

    Attributes:
        image: RGB; the original's pixels, reduced, at its top-left, and black beyond them.
        inside_wh: Width and height of the original's pixels in it.
        size_wh: Width and height of the original.
    """

    image: Image.Image
    inside_wh: tuple[int, int]
    size_wh: tuple[int, int]

    @property
    def scale(self) -> F32:
        """(4,): what takes a box xyxy of the original into `image`."""
        across, down = (inside / size for inside, size in zip(self.inside_wh, self.size_wh, strict=True))
        return np.array([across, down, across, down], np.float32)

    def into(self, boxes_xyxy: F32) -> F32:
        """Boxes (N, 4) in pixels of the original, in pixels of `image`."""
        return boxes_xyxy * self.scale

    def back(self, boxes_xyxy: F32) -> F32:
        """Boxes (N, 4) in pixels of `image`, in pixels of the original."""
        return boxes_xyxy / self.scale


def fit(image_rgb: U8, *, longest: int, thin_ratio: float = THIN_RATIO) -> Fitted:
    """A picture with no side over `longest` and none over `thin_ratio` times the other.

    Args:
        image_rgb: (H, W, 3).
        longest: Pixels.
        thin_ratio: At least 1; infinity leaves thin pictures as they are.
    """
    height, width = image_rgb.shape[:2]
    image = Image.fromarray(np.ascontiguousarray(image_rgb))
    factor = min(1.0, longest / max(width, height))
    inside = (max(1, round(width * factor)), max(1, round(height * factor)))
    if inside != (width, height):
        image = image.resize(inside, Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)
    shortest = int(np.ceil(max(inside) / thin_ratio))
    padded = (max(inside[0], shortest), max(inside[1], shortest))
    if padded != inside:
        canvas = Image.new("RGB", padded)
        canvas.paste(image)
        image = canvas
    return Fitted(image, inside, (width, height))
