"""What a model is shown of an image: whole, a piece, or enlarged overlapping tiles.

A view is a window of the image, with whole-pixel edges, brought to some size. Three numbers bound it, all in pixels
of what the model sees: no side of an enlarged view is over `side`, neighbouring tiles share at least `overlap`, and a
look is enlarged only where that takes at most `max_enlarged` tiles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from services.common.errors import InvalidField
from services.common.geometry import Box, Size, Transform, crop, resize

ENLARGEMENT: Final = 2.0
"""Magnification of the accurate tier."""

PIECE_ENLARGEMENT: Final = 4.0
"""Most magnification of a piece of an image."""

PIECE_SIDE: Final = 960
"""A piece is enlarged beyond `ENLARGEMENT` as long as its longer side stays below this. Model pixels."""

NEIGHBOURHOOD: Final = 1.5
"""A model is shown an area with a margin on every side: so many times as wide as the area's shorter side. Lettering
that fills a picture to its edge is found badly, and so is a word lost in a large picture."""

NEIGHBOURHOOD_BOUNDS: Final = (40, 128)
"""Least and most width of that margin, image pixels."""

MAX_VIEWS: Final = 256
"""A look that would take more model calls is refused: only strips thousands of times longer than wide do."""

LEAST_OVERVIEW: Final = 0.2
"""A whole window that would have to shrink below this is not shown beside its tiles: nothing could be read in it."""

EDGE: Final = 8.0
"""What comes so near to a view's inner edge counts as cut by it. Model pixels."""


@dataclass(frozen=True, slots=True)
class ViewRule:
    """The module's three numbers. `overlap` is below `side`."""

    side: int
    overlap: int
    max_enlarged: int


@dataclass(frozen=True, slots=True)
class View:
    """One picture that a model is shown.

    Attributes:
        window: What it shows, image pixels, whole numbers.
        transform: Map from the image to the view; its output size is the view's.
    """

    window: Box
    transform: Transform

    def cuts(self, box: Box, size: Size) -> bool:
        """Whether `box`, in the frame of the image of `size`, runs into an edge that is not the image's own."""
        near_x, near_y = EDGE / self.transform.scale_x, EDGE / self.transform.scale_y
        return (
            (self.window.x_min > 0 and box.x_min < self.window.x_min + near_x)
            or (self.window.y_min > 0 and box.y_min < self.window.y_min + near_y)
            or (self.window.x_max < size.width and box.x_max > self.window.x_max - near_x)
            or (self.window.y_max < size.height and box.y_max > self.window.y_max - near_y)
        )


def view_of(window: Box, scale: float) -> View:
    """The view that shows `window` magnified by `scale`, its sides rounded to whole pixels, at least 1."""
    cut = crop(window)
    seen = Size(max(1, round(window.width * scale)), max(1, round(window.height * scale)))
    return View(window, cut.then(resize(cut.output_size, seen)))


def clipped_area(area: Box | None, size: Size, *, field: str) -> Box | None:
    """The part of `area` that lies in an image of `size`; None for the whole image.

    Raises:
        InvalidField: None of it does; `field` is named.
    """
    if area is None:
        return None
    inside = area.grown(0, size)
    if inside.width <= 0 or inside.height <= 0:
        raise InvalidField(
            field,
            f"{field} lies outside the image, which has {size.width} x {size.height} pixels",
            remedy="give a box in pixels of the upright image",
        )
    return inside


def outwards(box: Box) -> Box:
    """`box` with its edges moved outwards to whole pixels."""
    return Box(math.floor(box.x_min), math.floor(box.y_min), math.ceil(box.x_max), math.ceil(box.y_max))


def whole(size: Size) -> Box:
    """The window that shows all of an image."""
    return Box(0, 0, size.width, size.height)


def neighbourhood(area: Box, size: Size) -> Box:
    """The window that a model is shown for `area`: the area and a margin on every side, within the image."""
    least, most = NEIGHBOURHOOD_BOUNDS
    margin = min(most, max(least, NEIGHBOURHOOD * min(area.width, area.height)))
    return outwards(area.grown(margin, size))


def views(size: Size, area: Box | None, rule: ViewRule, *, enlarged: bool) -> tuple[View, ...]:
    """What a model is shown of an image of `size`, or of the neighbourhood of `area` in it.

    Not enlarged, that is one view at the image's own size. Enlarged, it is as many overlapping tiles as it takes and,
    where these are several, the whole window once more as one view, for what is longer than a tile (see
    `LEAST_OVERVIEW`).

    Raises:
        InvalidField: It would take more than `MAX_VIEWS`.
    """
    window = whole(size) if area is None else neighbourhood(area, size)
    if not enlarged:
        return (view_of(window, 1.0),)
    scale = enlargement(window, rule, is_piece=area is not None)
    parts = tuple(view_of(tile, scale) for tile in tiles(window, scale, rule))
    overview = min(scale, rule.side / max(window.width, window.height))
    return parts if len(parts) == 1 or overview < LEAST_OVERVIEW else (*parts, view_of(window, overview))


def enlargement(window: Box, rule: ViewRule, *, is_piece: bool) -> float:
    """How much `window` is magnified: `ENLARGEMENT`, more for a small piece, 1 where it would take too many tiles."""
    longer = max(window.width, window.height)
    scale = min(PIECE_ENLARGEMENT, max(ENLARGEMENT, PIECE_SIDE / longer)) if is_piece else ENLARGEMENT
    return scale if tile_count(window, scale, rule) <= rule.max_enlarged else 1.0


def tile_count(window: Box, scale: float, rule: ViewRule) -> int:
    """How many tiles `window` takes at `scale`."""
    across, down = (_span_count(round(side), *_in_image(scale, rule)) for side in (window.width, window.height))
    return across * down


def tiles(window: Box, scale: float, rule: ViewRule) -> tuple[Box, ...]:
    """Windows that together cover `window`, row by row, each within the rule at `scale`.

    Raises:
        InvalidField: They would be more than `MAX_VIEWS`.
    """
    count = tile_count(window, scale, rule)
    if count > MAX_VIEWS:
        raise InvalidField(
            "area",
            f"a careful look at {round(window.width)} x {round(window.height)} pixels takes {count} model calls, "
            f"over the limit of {MAX_VIEWS}",
            remedy="give an area, and look piece by piece",
        )
    side, overlap = _in_image(scale, rule)
    return tuple(
        Box(window.x_min + left, window.y_min + top, window.x_min + right, window.y_min + bottom)
        for top, bottom in spans(round(window.height), side, overlap)
        for left, right in spans(round(window.width), side, overlap)
    )


def spans(length: int, side: int, overlap: int) -> tuple[tuple[int, int], ...]:
    """Equal spans that cover [0, length): as few as possible, none over `side`, neighbours sharing `overlap` or more.

    >>> spans(100, 60, 10)
    ((0, 55), (45, 100))
    """
    count = _span_count(length, side, overlap)
    if count == 1:
        return ((0, length),)
    extent = math.ceil((length + (count - 1) * overlap) / count)
    starts = (index * (length - extent) // (count - 1) for index in range(count))
    return tuple((start, start + extent) for start in starts)


def _span_count(length: int, side: int, overlap: int) -> int:
    return 1 if length <= side else math.ceil((length - overlap) / (side - overlap))


def _in_image(scale: float, rule: ViewRule) -> tuple[int, int]:
    """The rule's side and overlap in image pixels: whole, and never breaking the rule after magnification."""
    return math.floor(rule.side / scale), math.ceil(rule.overlap / scale)
