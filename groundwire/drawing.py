"""An answer drawn onto its picture: cited regions in the colour of their claim's verdict, the others thin.

Everything is drawn on a transparent layer several times the picture's size and scaled down once, because Pillow's own
lines are not smooth. Coordinates are the picture's; `_Layer` does the magnifying.

Where an answer explains how the models responded, that lies beneath everything else as cells of its own colour, and a
line in a corner says what it is: it must not be taken for what was found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from groundwire import labels
from groundwire.citations import cited, uncited
from groundwire.v1 import claim_pb2
from groundwire.words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.citations import CitedRegion
    from groundwire.labels import Rectangle
    from groundwire.palette import Rgb
    from groundwire.v1 import answer_pb2, region_pb2

Points = list[tuple[float, float]]

_WORDED_LABELS: Final = 10
"""Most cited regions whose labels also say what was found; with more of them the picture would be all labels."""

_LABEL_CHARACTERS: Final = 26

_REACH: Final = 8.0
_CROWDED_REACH: Final = 1.5
"""How far a label goes from its box, in label heights; nearer where there are many, for long threads would cross."""

_LEAST_FONT_PX: Final = 6
_WHITE: Final = (255, 255, 255)
_PAPER: Final = (17, 20, 26, 232)
_INK: Final = (255, 255, 255, 255)
_SHADE_ALPHA: Final = 84
_FILL_ALPHA: Final = 26

_RESPONSE: Final = (168, 60, 220)
"""Colour of the cells where models responded: of no verdict and of no citation."""
_RESPONSE_SHARE: Final = 0.55
"""How much of it the strongest response has; the rest is the picture."""
_EXPLANATION: Final = ("explanation, not evidence: where models responded", "explanation, not evidence", "explanation")
"""What marks the cells: the longest that has room."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Thicknesses that suit a picture, pixels."""

    font: float
    line: float
    thin: float

    @classmethod
    def of(cls, size: tuple[int, int], *, crowded: bool) -> _Scale:
        """In proportion to the picture's diagonal, but never too small to see; finer where there is much to draw."""
        unit = math.hypot(*size) / 900
        if crowded:
            return cls(font=max(9.0, 10 * unit), line=max(1.0, 1.3 * unit), thin=max(0.7, 0.7 * unit))
        return cls(font=max(12.0, 14 * unit), line=max(2.0, 2.4 * unit), thin=max(1.0, 1.1 * unit))


class _Layer:
    """A transparent sheet over a picture, magnified; arguments are in the picture's pixels."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        pixels = size[0] * size[1]
        self._times = 3 if pixels <= 2_000_000 else 2 if pixels <= 8_000_000 else 1  # noqa: PLR2004 - bounds memory
        self._image = Image.new("RGBA", (size[0] * self._times, size[1] * self._times), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._image)

    def line(self, points: Points, colour: Rgb, width: float, alpha: int = 255) -> None:
        """A stroke with round joints."""
        magnified = self._up(points)
        thickness = max(1, round(width * self._times))
        self._draw.line(magnified, fill=(*colour, alpha), width=thickness, joint="curve")

    def edge(self, points: Points, colour: Rgb, width: float, alpha: int = 255) -> None:
        """An outline around, not over, what it encloses, with a rim of the other brightness: it shows on any ground.

        At the picture's border it stays inside.
        """
        middle = (sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points))
        around = [self._inside(_away(point, middle, width * 1.5), width) for point in points]
        closed = [*around, *around[:2]]  # Past the start by one edge, so that the last joint is as round as the others.
        rim = (0, 0, 0) if colour == _WHITE else _WHITE
        self.line(closed, rim, width * 2, alpha=alpha * 2 // 3)
        self.line(closed, colour, width, alpha)

    def _inside(self, point: tuple[float, float], margin: float) -> tuple[float, float]:
        x, y = (max(margin / 2, min(at, side - margin / 2)) for at, side in zip(point, self._size, strict=True))
        return x, y

    def fill(self, points: Points, colour: tuple[int, int, int, int]) -> None:
        """A filled outline; it replaces what was there."""
        self._draw.polygon(self._up(points), fill=colour)

    def pill(self, rectangle: Rectangle, colour: tuple[int, int, int, int], radius: float) -> None:
        """A rectangle with round corners."""
        (left, top), (right, bottom) = self._up([(rectangle[0], rectangle[1]), (rectangle[2], rectangle[3])])
        self._draw.rounded_rectangle((left, top, right, bottom), radius * self._times, fill=colour)

    def text(self, at: tuple[float, float], words: str, font_px: float) -> None:
        """White lettering; `at` is the middle of its left edge."""
        self._draw.text(self._up([at])[0], words, fill=_INK, font=_font(font_px * self._times), anchor="lm")

    def flattened_on(self, picture: Image.Image) -> Image.Image:
        """The picture with the sheet laid over it."""
        sheet = self._image if self._times == 1 else self._image.resize(self._size, Image.Resampling.BOX)
        return Image.alpha_composite(picture.convert("RGBA"), sheet).convert("RGB")

    def _up(self, points: Points) -> Points:
        return [(x * self._times, y * self._times) for x, y in points]


def draw(answer: answer_pb2.Answer, picture: Image.Image, *, relevance: bool = True) -> Image.Image:
    """A new RGB picture of the same size.

    Args:
        answer: Whose regions to draw.
        picture: The upright picture that the answer is about, of the answer's size.
        relevance: Whether to tint where models responded; where the answer has that.
    """
    named = cited(answer)
    crowded = len(named) > _WORDED_LABELS
    scale = _Scale.of(picture.size, crowded=crowded)
    responses = _responses(answer, picture.size) if relevance else None
    mark = None if responses is None else _explanation(picture.size, scale.font)
    layer = _Layer(picture.size)
    if named:
        _shade(layer, picture.size, named)
    for region in uncited(answer):
        layer.edge(_points(region), _WHITE, scale.thin, alpha=170)
    for leg in named:
        context = leg.role == claim_pb2.CITATION_ROLE_CONTEXT
        layer.edge(_points(leg.region), leg.colour, scale.line * (0.6 if context else 1.0))
    taken = [_rectangle(region) for region in uncited(answer)] + ([] if mark is None else [mark.place])
    for label in _labels(named, taken, picture.size, scale, crowded=crowded):
        label.draw(layer, scale)
    if responses is None:
        return layer.flattened_on(picture)
    if mark is not None:
        mark.draw(layer, scale)
    tint = Image.new("RGB", picture.size, _RESPONSE)
    return layer.flattened_on(Image.composite(tint, picture.convert("RGB"), responses))


def _responses(answer: answer_pb2.Answer, size: tuple[int, int]) -> Image.Image | None:
    """How strongly to tint each pixel: the strongest response to any phrase. None where nothing is told."""
    strongest = None
    for each in answer.relevance:
        grid = (each.grid.width, each.grid.height)
        if min(grid) < 1 or len(each.values) != grid[0] * grid[1]:
            continue  # It breaks the contract; there is nothing to tell from it.
        cells = Image.frombytes("L", grid, each.values).resize(size, Image.Resampling.NEAREST)
        strongest = cells if strongest is None else ImageChops.lighter(strongest, cells)
    return None if strongest is None else strongest.point(lambda value: round(value * _RESPONSE_SHARE))


def _explanation(canvas: tuple[int, int], font_px: float) -> _Label | None:
    """The mark in the lower left corner; None on a picture with no room for a word."""
    for words in _EXPLANATION:
        label = _Label(words, "", _RESPONSE, font_px)
        width, height = label.size
        if width <= canvas[0] and height <= canvas[1]:
            return replace(label, box=(0, 0, *canvas), place=(0, canvas[1] - height, width, canvas[1]))
    return None


def _shade(layer: _Layer, size: tuple[int, int], named: Sequence[CitedRegion]) -> None:
    """Dim the picture around the cited regions, and tint those a little."""
    width, height = size
    layer.fill([(0, 0), (width, 0), (width, height), (0, height)], (10, 12, 18, _SHADE_ALPHA))
    for leg in named:
        layer.fill(_points(leg.region), (*leg.colour, _FILL_ALPHA))


def _points(region: region_pb2.Region) -> Points:
    """The region's outline where it has one, else its box, clockwise."""
    outline = [(point.x, point.y) for point in region.polygon.points]
    if len(outline) > 2:  # noqa: PLR2004 - fewer enclose nothing
        return outline
    x_min, y_min, x_max, y_max = _rectangle(region)
    return [(x_min, y_min), (x_max, y_min), (x_max, y_max), (x_min, y_max)]


def _away(point: tuple[float, float], middle: tuple[float, float], by: float) -> tuple[float, float]:
    """The point moved away from the middle by as much along each axis, as the corners of a rectangle are."""
    x, y = (at + math.copysign(by, at - centre) for at, centre in zip(point, middle, strict=True))
    return x, y


def _rectangle(region: region_pb2.Region) -> Rectangle:
    """Everything that is drawn of the region: its box and its outline."""
    xs = [region.box.x_min, region.box.x_max, *(point.x for point in region.polygon.points)]
    ys = [region.box.y_min, region.box.y_max, *(point.y for point in region.polygon.points)]
    return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True, slots=True)
class _Label:
    """A tag beside a region: claim ids on the verdict's colour, then what was found, on dark paper."""

    ids: str
    words: str
    colour: Rgb
    font_px: float
    box: Rectangle = (0, 0, 0, 0)
    place: Rectangle = (0, 0, 0, 0)

    @property
    def ids_width(self) -> float:
        return _font(self.font_px).getlength(self.ids) + self.font_px

    @property
    def size(self) -> tuple[float, float]:
        words = _font(self.font_px).getlength(self.words) + self.font_px if self.words else 0.0
        return self.ids_width + words, self.font_px * 1.5

    def draw(self, layer: _Layer, scale: _Scale) -> None:
        """The tag, and a thread to its box where it had to go farther away."""
        left, top, _, bottom = self.place
        if labels.distance(self.place, self.box) > self.size[1]:
            layer.line(list(labels.bridge(self.place, self.box)), self.colour, scale.thin * 1.5)
        radius, middle = self.font_px * 0.32, (top + bottom) / 2
        layer.pill(self.place, _PAPER if self.words else (*self.colour, 255), radius)
        if self.words:
            seam = left + self.ids_width
            layer.pill((left, top, seam, bottom), (*self.colour, 255), radius)
            layer.pill((seam - 2 * radius, top, seam, bottom), (*self.colour, 255), 0)
            layer.text((seam + self.font_px / 2, middle), self.words, self.font_px)
        layer.text((left + self.font_px / 2, middle), self.ids, self.font_px)


def _labels(
    named: Sequence[CitedRegion], thin: Sequence[Rectangle], canvas: tuple[int, int], scale: _Scale, *, crowded: bool
) -> Sequence[_Label]:
    """A placed label for each cited region that carries something; context goes unlabelled."""
    carrying = [leg for leg in named if leg.role != claim_pb2.CITATION_ROLE_CONTEXT]
    boxes = [_grown(_rectangle(leg.region), scale.line * 2.5) for leg in carrying]
    loose = [_fitting(leg, canvas, scale.font, worded=not crowded) for leg in carrying]
    sizes = [label.size for label in loose]
    places = labels.place(boxes, sizes, canvas, avoid=thin, reach=_CROWDED_REACH if crowded else _REACH)
    return [
        _Label(label.ids, label.words, label.colour, label.font_px, box, place)
        for label, box, place in zip(loose, boxes, places, strict=True)
    ]


def _fitting(leg: CitedRegion, canvas: tuple[int, int], font_px: float, *, worded: bool) -> _Label:
    """The fullest label that is no larger than the picture: words go first, then the size of the lettering."""
    ids = plain(" ".join(leg.claim_ids), _LABEL_CHARACTERS)
    words = _drawable(leg.region.text or leg.region.label) if worded else ""
    size = font_px
    while True:
        for attempt in (words, ""):
            label = _Label(ids, attempt, leg.colour, size)
            if label.size[0] <= canvas[0] and label.size[1] <= canvas[1]:
                return label
        if size <= _LEAST_FONT_PX:
            return _Label("", "", leg.colour, min(size, canvas[1] / 1.5, canvas[0]))
        size -= 1


def _drawable(words: str) -> str:
    """What the built-in typeface has letters for; nothing rather than rows of empty boxes."""
    short = plain(words, _LABEL_CHARACTERS)
    try:
        short.replace("…", "").encode("latin-1")
    except UnicodeEncodeError:
        return ""
    return short


def _grown(rectangle: Rectangle, by: float) -> Rectangle:
    x_min, y_min, x_max, y_max = rectangle
    return x_min - by, y_min - by, x_max + by, y_max + by


def _font(size_px: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size_px)
