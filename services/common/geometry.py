"""Boxes and the maps between pixel frames. Pure NumPy.

The one convention: `boxes_xyxy` is (N, 4) float64, absolute pixels, origin top-left, edges continuous (the pixel in
column c spans [c, c + 1)), in the upright image. Functions return new arrays and leave their arguments alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NO_BOXES: Final[Floats] = np.zeros((0, 4), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Size:
    """Extent of an image, whole pixels, each at least 1."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        """Area, pixels."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Box:
    """One box in the module's convention; `boxes_xyxy` is the form for many."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @property
    def width(self) -> float:
        """Pixels from left edge to right edge."""
        return self.x_max - self.x_min

    @property
    def height(self) -> float:
        """Pixels from top edge to bottom edge."""
        return self.y_max - self.y_min

    @property
    def area(self) -> float:
        """Square pixels; 0 for a box without extent."""
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def center(self) -> tuple[float, float]:
        """Middle of the box, (x, y) pixels."""
        return (self.x_min + self.x_max) / 2, (self.y_min + self.y_max) / 2

    def as_array(self) -> Floats:
        """The box as (4,) float64, xyxy."""
        return np.array([self.x_min, self.y_min, self.x_max, self.y_max], dtype=np.float64)

    def grown(self, margin: float, size: Size) -> Box:
        """The box with `margin` pixels added on every side, clipped to an image of `size`."""
        return Box(
            max(0.0, self.x_min - margin),
            max(0.0, self.y_min - margin),
            min(float(size.width), self.x_max + margin),
            min(float(size.height), self.y_max + margin),
        )


def box_of(xyxy: Floats) -> Box:
    """One row of `boxes_xyxy` as a `Box`."""
    x_min, y_min, x_max, y_max = (float(v) for v in xyxy)
    return Box(x_min, y_min, x_max, y_max)


def areas(boxes_xyxy: Floats) -> Floats:
    """Areas, (N,) square pixels; 0 for boxes without extent."""
    extents = np.clip(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], 0, None)
    return np.asarray(extents[:, 0] * extents[:, 1], dtype=np.float64)


def intersections(a_xyxy: Floats, b_xyxy: Floats) -> Floats:
    """Shared areas of every pair, (len(a), len(b)) square pixels."""
    low = np.maximum(a_xyxy[:, None, :2], b_xyxy[None, :, :2])
    high = np.minimum(a_xyxy[:, None, 2:], b_xyxy[None, :, 2:])
    extents = np.clip(high - low, 0, None)
    return np.asarray(extents[..., 0] * extents[..., 1], dtype=np.float64)


def ious(a_xyxy: Floats, b_xyxy: Floats) -> Floats:
    """Intersection over union of every pair, (len(a), len(b)) in [0, 1]; 0 where both boxes are empty.

    >>> ious(np.array([[0., 0, 2, 2]]), np.array([[1., 0, 3, 2]])).round(3)
    array([[0.333]])
    """
    shared = intersections(a_xyxy, b_xyxy)
    union = areas(a_xyxy)[:, None] + areas(b_xyxy)[None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, in [0, 1]; 0 where both are empty.

    In plain arithmetic, as `intersection` is: for one pair, arrays take forty times as long.
    """
    shared = intersection(a, b)
    return shared / (a.area + b.area - shared) if shared else 0.0


def intersection(a: Box, b: Box) -> float:
    """Shared area of two boxes, square pixels."""
    width = min(a.x_max, b.x_max) - max(a.x_min, b.x_min)
    height = min(a.y_max, b.y_max) - max(a.y_min, b.y_min)
    return width * height if width > 0 and height > 0 else 0.0


def coverage(inner: Box, outer: Box) -> float:
    """Share of `inner` that lies within `outer`, in [0, 1]; 0 for an empty `inner`."""
    if inner.area == 0:
        return 0.0
    return intersection(inner, outer) / inner.area


def clamped(boxes_xyxy: Floats, size: Size) -> Floats:
    """The boxes with every edge moved into an image of `size`. A box outside becomes one without area."""
    limits = np.array([size.width, size.height, size.width, size.height], dtype=np.float64)
    return np.asarray(np.clip(boxes_xyxy, 0, limits), dtype=np.float64)


def valid(boxes_xyxy: Floats) -> Bools:
    """Which boxes are finite and have a positive area, (N,) bool."""
    finite = np.isfinite(boxes_xyxy).all(axis=1)
    with np.errstate(invalid="ignore"):
        positive = (boxes_xyxy[:, 2:] > boxes_xyxy[:, :2]).all(axis=1)
    return np.asarray(finite & positive)


def bounds(polygons: Floats) -> Floats:
    """Bounding boxes of (N, K, 2) vertices, as (N, 4) xyxy."""
    if len(polygons) == 0:
        return NO_BOXES.copy()
    return np.concatenate([polygons.min(axis=1), polygons.max(axis=1)], axis=1)


@dataclass(frozen=True, slots=True)
class Transform:
    """Axis-aligned affine map from the image to what a model saw: x' = scale * x + offset. Exactly invertible.

    Scales are above 0. Crops, tiles, enlargements and paddings are all of this form, and so is any chain of them.
    """

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float
    output_size: Size

    def forward(self, points: Floats) -> Floats:
        """Image points (..., 2) as the model saw them."""
        return points * (self.scale_x, self.scale_y) + (self.offset_x, self.offset_y)

    def backward(self, points: Floats) -> Floats:
        """Model points (..., 2) in the image's frame."""
        return np.asarray((points - (self.offset_x, self.offset_y)) / (self.scale_x, self.scale_y))

    def then(self, after: Transform) -> Transform:
        """This map followed by `after`, as one map."""
        return Transform(
            self.scale_x * after.scale_x,
            self.scale_y * after.scale_y,
            self.offset_x * after.scale_x + after.offset_x,
            self.offset_y * after.scale_y + after.offset_y,
            after.output_size,
        )


def identity(size: Size) -> Transform:
    """The map of an image that a model sees as it is."""
    return Transform(1.0, 1.0, 0.0, 0.0, size)


def crop(box: Box) -> Transform:
    """The map of a crop. `box` has whole-pixel edges."""
    return Transform(1.0, 1.0, -box.x_min, -box.y_min, Size(round(box.width), round(box.height)))


def resize(source: Size, target: Size) -> Transform:
    """The map of a resize from `source` to `target`."""
    return Transform(target.width / source.width, target.height / source.height, 0.0, 0.0, target)
