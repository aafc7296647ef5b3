"""A coarse map of responses as few rectangles: neighbours of a row that look the same are one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEVELS: Final = 8
"""Steps between no response and the strongest; finer ones cannot be told apart through a picture."""


@dataclass(frozen=True, slots=True)
class Run:
    """Cells of one row, in cells of the grid.

    Attributes:
        column: The first, from 0.
        row: From 0 at the top.
        length: How many, 1 or more.
        level: How strong, 1 to `LEVELS`.
    """

    column: int
    row: int
    length: int
    level: int

    @property
    def strength(self) -> float:
        """In (0, 1]."""
        return self.level / LEVELS


def runs(values: bytes, columns: int, rows: int) -> Sequence[Run]:
    """The cells that responded. A map whose size is not what it says gives none: it cannot be drawn.

    Args:
        values: One byte a cell, row by row from the top; 255 is the strongest.
        columns: Of the grid.
        rows: Of the grid.
    """
    if columns < 1 or rows < 1 or len(values) != columns * rows:
        return ()
    return tuple(run for row in range(rows) for run in _of_row(values[row * columns : (row + 1) * columns], row))


def _of_row(values: bytes, row: int) -> Iterator[Run]:
    column = 0
    for level, cells in groupby(round(value * LEVELS / 255) for value in values):
        length = len(list(cells))
        if level:
            yield Run(column, row, length, level)
        column += length
