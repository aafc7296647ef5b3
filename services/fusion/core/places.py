"""Regions by where they are: those around a box are found in a time that hardly depends on how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from services.common.geometry import Box
    from services.common.regions import Region


class Places:
    """Regions of one image.

    Args:
        regions: In any order, which is kept.
    """

    def __init__(self, regions: Iterable[Region]) -> None:
        self._regions = tuple(regions)
        edges = [(r.box.x_min, r.box.y_min, r.box.x_max, r.box.y_max) for r in self._regions]
        self._left, self._top, self._right, self._bottom = np.array(edges, dtype=np.float64).reshape(-1, 4).T.copy()

    def around(self, box: Box) -> list[Region]:
        """Those that share an area with a box."""
        return [self._regions[row] for row in self.rows_around(box)]

    def rows_around(self, box: Box) -> list[int]:
        """The same as places in the order that was given, from 0."""
        across = (self._left < box.x_max) & (self._right > box.x_min)
        down = (self._top < box.y_max) & (self._bottom > box.y_min)
        return [int(row) for row in np.flatnonzero(across & down)]
