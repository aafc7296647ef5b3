"""What happens to pictures on their way: seeded, at five severities, and boxes go along.

Severities of noise, blur and JPEG are those of ImageNet-C (Hendrycks and Dietterich 2019); blur is given for a picture
of 500 pixels and grows with it. The others are chosen so that the fifth is about as hard for a person.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundwire.evaluation.examples import Box
    from groundwire.evaluation.metrics.boxes import F64

SEVERITIES: Final = (1, 2, 3, 4, 5)
USUAL_PX: Final = 500.0
GREY: Final = (128, 128, 128)

_NOISE = (0.08, 0.12, 0.18, 0.26, 0.38)  # standard deviation, of the full range
_BLUR = (1.0, 2.0, 3.0, 4.0, 6.0)  # standard deviation, pixels
_MOTION = (5, 9, 13, 19, 27)  # length, pixels
_LIGHT = (0.5, 0.35, 0.22, 0.12, 0.06)  # share of the light that is left
_SHOT = (0.01, 0.015, 0.02, 0.025, 0.03)  # read noise in low light, of the full range
_JPEG = (25, 18, 15, 10, 7)  # quality
_OCCLUSION = (0.05, 0.1, 0.18, 0.28, 0.4)  # share of the picture
_ANGLE = (1.0, 2.0, 4.0, 7.0, 10.0)  # degrees
_SCALE = (0.75, 0.6, 0.45, 0.33, 0.25)  # of each side

PATCHES: Final = 8
"""Pieces that an occlusion is made of."""

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Corrupted:
    """A picture and where its points went.

    Attributes:
        picture: RGB.
        matrix: f64 [2, 3]: a point (x, y, 1) of the original lies there in this picture.
    """

    picture: Image.Image
    matrix: F64

    def moved(self, boxes: Sequence[Box]) -> tuple[Box, ...]:
        """The boxes around where the corners went, clamped to the picture."""
        return tuple(self._moved(box) for box in boxes)

    def _moved(self, box: Box) -> Box:
        x_min, y_min, x_max, y_max = box
        corners = np.array([[x_min, y_min, 1], [x_max, y_min, 1], [x_max, y_max, 1], [x_min, y_max, 1]])
        there = np.clip(corners @ self.matrix.T, 0, np.array(self.picture.size))
        (left, top), (right, bottom) = there.min(axis=0), there.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


def corrupted(picture: Image.Image, name: str, severity: int, *, seed: int, of: str = "") -> Corrupted:
    """The picture after a corruption; the same arguments give the same pixels.

    Args:
        picture: RGB.
        name: Of `CORRUPTIONS`.
        severity: 1 to 5.
        seed: Of all that is drawn.
        of: The picture's name, so that no two are corrupted alike.
    """
    generator = np.random.default_rng([seed, severity, zlib.crc32(name.encode()), zlib.crc32(of.encode())])
    return CORRUPTIONS[name](picture.convert("RGB"), severity - 1, generator)


def _still(picture: Image.Image) -> Corrupted:
    return Corrupted(picture, np.array([[1.0, 0, 0], [0, 1.0, 0]]))


def _pixels(picture: Image.Image) -> F64:
    """f64 [H, W, 3] in [0, 1]."""
    return np.asarray(picture, dtype=np.float64) / 255


def _picture(pixels: F64) -> Image.Image:
    return Image.fromarray(np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8))


def _grown(pixels_at_usual_size: float, picture: Image.Image) -> float:
    return pixels_at_usual_size * max(1.0, max(picture.size) / USUAL_PX)


def _noise(picture: Image.Image, level: int, rng: Rng) -> Corrupted:
    pixels = _pixels(picture)
    return _still(_picture(pixels + rng.normal(0, _NOISE[level], pixels.shape)))


def _blur(picture: Image.Image, level: int, _: Rng) -> Corrupted:
    return _still(picture.filter(ImageFilter.GaussianBlur(_grown(_BLUR[level], picture))))


def _motion_blur(picture: Image.Image, level: int, rng: Rng) -> Corrupted:
    """The mean of the picture along a line of a random direction."""
    length = max(2, round(_grown(_MOTION[level], picture)))
    angle = rng.uniform(0, np.pi)
    padded = np.pad(_pixels(picture), ((length, length), (length, length), (0, 0)), mode="edge")
    steps = np.linspace(-length / 2, length / 2, length)
    moved = [np.roll(padded, (round(s * np.sin(angle)), round(s * np.cos(angle))), axis=(0, 1)) for s in steps]
    blurred = sum(moved[1:], moved[0]) / length
    return _still(_picture(blurred[length:-length, length:-length]))


def _low_light(picture: Image.Image, level: int, rng: Rng) -> Corrupted:
    """Less light, and the noise of a sensor that gets little: shot noise and read noise."""
    dark = _pixels(picture) ** 2.2 * _LIGHT[level]
    noisy = dark + rng.normal(0, 1, dark.shape) * np.sqrt(dark * 0.002 + _SHOT[level] ** 2 * 0.1)
    return _still(_picture(np.clip(noisy, 0, 1) ** (1 / 2.2)))


def _jpeg(picture: Image.Image, level: int, _: Rng) -> Corrupted:
    stream = io.BytesIO()
    picture.save(stream, format="JPEG", quality=_JPEG[level])
    with Image.open(stream) as decoded:
        return _still(decoded.convert("RGB"))


def _occlusion(picture: Image.Image, level: int, rng: Rng) -> Corrupted:
    """Grey pieces over so much of the picture."""
    covered = picture.copy()
    draw = ImageDraw.Draw(covered)
    width, height = picture.size
    area = width * height * _OCCLUSION[level] / PATCHES
    for _ in range(PATCHES):
        shape = rng.uniform(0.5, 2.0)
        wide, high = min(width, (area * shape) ** 0.5), min(height, (area / shape) ** 0.5)
        left, top = rng.uniform(0, max(1e-6, width - wide)), rng.uniform(0, max(1e-6, height - high))
        draw.rectangle((left, top, left + wide, top + high), fill=GREY)
    return _still(covered)


def _rotation(picture: Image.Image, level: int, rng: Rng) -> Corrupted:
    """About the middle, to either side; the corners become grey."""
    angle = _ANGLE[level] * rng.choice([-1.0, 1.0])
    turned = picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor=GREY)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y = picture.width / 2, picture.height / 2
    # Counter-clockwise as seen, with y downward.
    matrix = np.array([[cos, sin, x - cos * x - sin * y], [-sin, cos, y + sin * x - cos * y]])
    return Corrupted(turned, matrix)


def _downscaling(picture: Image.Image, level: int, _: Rng) -> Corrupted:
    size = tuple(max(1, round(side * _SCALE[level])) for side in picture.size)
    smaller = picture.resize((size[0], size[1]), Image.Resampling.BOX)
    scale_x, scale_y = size[0] / picture.width, size[1] / picture.height
    return Corrupted(smaller, np.array([[scale_x, 0, 0], [0, scale_y, 0]]))


CORRUPTIONS: Final[Mapping[str, Callable[[Image.Image, int, Rng], Corrupted]]] = {
    "noise": _noise,
    "blur": _blur,
    "motion-blur": _motion_blur,
    "low-light": _low_light,
    "jpeg": _jpeg,
    "occlusion": _occlusion,
    "rotation": _rotation,
    "downscaling": _downscaling,
}
