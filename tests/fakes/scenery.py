"""Regions drawn by hand, and hypothesis strategies for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from services.common.geometry import Box, Size, identity
from services.common.regions import Appearance, Capability, Mask, Region, Source, Tier
from services.perception.core import masks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.geometry import Bools

IMAGE = Size(1000, 800)
SOURCE = Source(Capability.DETECT, "detect", "1", "", Tier.FAST)

Corners = tuple[float, float, float, float]


def region(
    name: str,
    corners: Corners,
    *,
    nearness: float | None = None,
    mask: Bools | None = None,
    colors: Mapping[str, float] | None = None,
    **shares: float,
) -> Region:
    """A region with a box (xyxy); with colours as keywords, or those of two words in `colors`, where any are given."""
    told = (*(colors or {}).items(), *shares.items())
    seen = Appearance(told, 100, nearness) if told or nearness is not None else None
    outline = None if mask is None else Mask(Size(mask.shape[1], mask.shape[0]), masks.counts(mask))
    return Region(
        name, "ab" * 32, Box(*corners), SOURCE, identity(IMAGE), label="thing", score=0.9, mask=outline, appearance=seen
    )


def drawn(name: str, figure: Bools, corner: tuple[int, int] = (0, 0)) -> Region:
    """A region whose mask is `figure`, its top left pixel at `corner` (x, y) of the image."""
    whole = np.zeros((IMAGE.height, IMAGE.width), dtype=np.bool_)
    left, top = corner
    height, width = figure.shape
    whole[top : top + height, left : left + width] = figure
    rows, columns = np.nonzero(whole)
    box = (float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1))
    return region(name, box, mask=whole)


def disc(side: int, width: int | None = None) -> Bools:
    """An ellipse that fills a box, `side` pixels high and `width`, or as many, wide."""
    across = side if width is None else width
    y, x = (np.arange(side) + 0.5) / side * 2 - 1, (np.arange(across) + 0.5) / across * 2 - 1
    return np.asarray(y[:, None] ** 2 + x[None] ** 2 <= 1)


@st.composite
def boxes(draw: st.DrawFn) -> Corners:
    """Boxes on whole pixels of `IMAGE`."""
    left, top = draw(st.integers(0, 980)), draw(st.integers(0, 780))
    width, height = draw(st.integers(1, 1000 - left)), draw(st.integers(1, 800 - top))
    return float(left), float(top), float(left + width), float(top + height)


COLORS = ("red", "blue", "dark blue", "white")


@st.composite
def regions(draw: st.DrawFn, name: str = "r1") -> Region:
    """Regions with boxes, and often with colours and nearness."""
    shares = draw(st.lists(st.integers(0, 10), min_size=len(COLORS), max_size=len(COLORS)))
    total = sum(shares)
    colors = {color: share / total for color, share in zip(COLORS, shares, strict=True) if share}
    return region(name, draw(boxes()), nearness=draw(st.none() | st.floats(0, 1)), colors=colors)
