"""Light, perspective and noise: what a camera does to a drawing. Boxes go along."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from groundwire.evaluation.scenes.drawing import Scene

if TYPE_CHECKING:
    from groundwire.evaluation.examples import Box
    from groundwire.evaluation.metrics.boxes import F64

MOST_TILT = 0.04
"""How far each corner of the drawing may wander, over the picture's side."""

INSET = 0.05
"""How far the drawing stays within the frame, so that no thing leaves it."""

NOISE = 0.012
"""Standard deviation, of the full range."""


@dataclass(frozen=True, slots=True)
class View:
    """A projective map of the drawing.

    Attributes:
        matrix: f64 [3, 3], from drawing to picture.
        size: Width and height of the picture.
    """

    matrix: F64
    size: tuple[int, int]

    def moved(self, box: Box) -> Box:
        """The box around where the corners went, clamped to the picture."""
        x_min, y_min, x_max, y_max = box
        corners = np.array([[x_min, y_min, 1], [x_max, y_min, 1], [x_max, y_max, 1], [x_min, y_max, 1]])
        there = corners @ self.matrix.T
        points = np.clip(there[:, :2] / there[:, 2:], 0, np.array(self.size))
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return tuple(round(float(value), 2) for value in (left, top, right, bottom))  # type: ignore[return-value]


def photographed(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene seen from a little aside, in uneven light, by a sensor with noise."""
    view = _view(scene.picture.size, rng)
    seen = _projected(scene.picture, view)
    pixels = np.asarray(seen, dtype=np.float64) / 255 * _light(view.size, rng)[:, :, None]
    noisy = np.clip(pixels + rng.normal(0, NOISE, pixels.shape), 0, 1)
    picture = Image.fromarray(np.rint(noisy * 255).astype(np.uint8))
    things = tuple(replace(thing, box=view.moved(thing.box)) for thing in scene.things)
    asked = tuple(
        replace(
            one, golds=tuple(replace(gold, boxes=tuple(view.moved(box) for box in gold.boxes)) for gold in one.golds)
        )
        for one in scene.asked
    )
    return Scene(picture, things, asked)


def homography(source: F64, target: F64) -> F64:
    """The projective map that takes four points to four points, f64 [3, 3]; both are f64 [4, 2].

    Direct linear transform with the last element 1 (Hartley and Zisserman, 4.1).
    """
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    solved = np.linalg.solve(np.array(rows), target.reshape(-1))
    return np.append(solved, 1.0).reshape(3, 3)


def _view(size: tuple[int, int], rng: np.random.Generator) -> View:
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * INSET + rng.uniform(-1, 1, (4, 2)) * MOST_TILT
    return View(homography(corners, corners + inward * np.array(size)), size)


def _projected(picture: Image.Image, view: View) -> Image.Image:
    back = np.linalg.inv(view.matrix)
    coefficients = tuple(float(value) for value in (back / back[2, 2]).reshape(-1)[:8])
    ground = picture.getpixel((2, 2))
    return picture.transform(
        view.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=ground
    )


def _light(size: tuple[int, int], rng: np.random.Generator) -> F64:
    """Falls off from one side to the other, f64 [H, W], 0.7 to 1.05."""
    width, height = size
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.3)
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    slope = (across * np.cos(angle) + down * np.sin(angle)) / np.sqrt(2)
    result: F64 = 1.05 - strength * (slope + 1) / 2
    return result
