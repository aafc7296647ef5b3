"""Which parts of an image a judge is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.geometry import Box, Size

if TYPE_CHECKING:
    from collections.abc import Sequence

CLOSE_LOOKS: Final = 4
"""Boxes that are shown by themselves, at most; all are outlined in the whole picture."""
MARGIN: Final = 0.5
"""What is shown around the boxes, as a share of their longer side."""


def surroundings(boxes: Sequence[Box], size: Size) -> Box:
    """All the boxes with what lies around them, within an image of `size`."""
    together = Box(
        min(box.x_min for box in boxes),
        min(box.y_min for box in boxes),
        max(box.x_max for box in boxes),
        max(box.y_max for box in boxes),
    )
    return together.grown(MARGIN * max(together.width, together.height), size)
