"""Where the models responded to each phrase: a coarse map, to explain beside the regions, and never as evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from services.common.geometry import Size
from services.fusion.core import lettering, phrases, pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from services.common.geometry import Box
    from services.common.plans import Plan, Target
    from services.common.regions import Region

LONG_SIDE: Final = 32
"""Cells along the longer side of the picture."""


@dataclass(frozen=True, slots=True)
class Relevance:
    """How strongly the models responded to a phrase: (rows, columns) uint8, 0 for nothing, 255 for the strongest."""

    phrase: str
    grid: Size
    values: bytes


def relevance(plan: Plan, regions: Sequence[Region], image_size: Size) -> tuple[Relevance, ...]:
    """A map for each target that was searched for, from every region of every tier, however low its score."""
    grid = _grid(image_size)
    asked = [target for target in plan.targets if not target.earlier]
    return tuple(_drawn(target, regions, image_size, grid) for target in asked)


def _grid(image_size: Size) -> Size:
    longer = max(image_size.width, image_size.height)
    return Size(*(max(1, round(LONG_SIDE * side / longer)) for side in (image_size.width, image_size.height)))


def _drawn(target: Target, regions: Sequence[Region], image_size: Size, grid: Size) -> Relevance:
    values = np.zeros((grid.height, grid.width), dtype=np.float64)
    for box, strength in _responses(target, regions):
        np.maximum(values, strength * _covered(box, image_size, grid), out=values)
    phrase = target.literal_text or target.noun or target.words
    return Relevance(phrase, grid, np.rint(255 * values).astype(np.uint8).tobytes())


def _responses(target: Target, regions: Sequence[Region]) -> Iterable[tuple[Box, float]]:
    if not target.is_text:
        return [(r.box, pool.score(r)) for r in pool.labelled(regions, phrases.queries(target))]
    read = pool.written(regions)
    if target.literal_text:
        return [(r.box, pool.score(r) * lettering.presence(target.literal_text, r.text)) for r in read]
    return [(r.box, pool.score(r)) for r in read]


def _covered(box: Box, image_size: Size, grid: Size) -> npt.NDArray[np.float64]:
    """How much of each cell a box covers, (rows, columns) in [0, 1]."""
    columns = _shares(box.x_min, box.x_max, image_size.width, grid.width)
    rows = _shares(box.y_min, box.y_max, image_size.height, grid.height)
    return np.outer(rows, columns)


def _shares(begin: float, end: float, extent: int, cells: int) -> npt.NDArray[np.float64]:
    """How much of each cell along one axis lies between two places, in pixels."""
    edges = np.linspace(0.0, extent, cells + 1)
    shared = np.minimum(end, edges[1:]) - np.maximum(begin, edges[:-1])
    return np.asarray(np.clip(shared / (extent / cells), 0.0, 1.0))
