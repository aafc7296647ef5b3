"""How regions look, in words: what an aspect of one is, and how well an adjective fits.

A strength lies in [0, 1] and holds from `relations.HOLDS_FROM`. Size, side and height are relative to the region's
peers, the other things of its kind, where there are any; else to the picture. Nothing depends on the image's scale.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Aspect
from services.fusion.core.scene import palette
from services.fusion.core.scene.adjectives import FITS, color_fit, colors_held
from services.fusion.core.scene.extent import ramp
from services.fusion.core.scene.relations import HOLDS_FROM, nearness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.geometry import Size
    from services.common.regions import Region

MOST_COLORS: Final = 3
"""So many colours are named, at most."""

_WORDS: Final[Mapping[Aspect, tuple[str, ...]]] = MappingProxyType(
    {
        Aspect.SIZE: ("large", "small", "medium-sized"),
        Aspect.ORIENTATION: ("upright", "lying", "tilted"),
    }
)
"""Words for an aspect, each an adjective of `FITS`: the one that fits best is its value."""

_FIGURES: Final = (("round", "square", "triangular"), ("oval", "rectangular"), ("tall", "long"))
"""Words for shapes, the more special before the more general: what is round is oval
too. Of several that fit equally well, the first."""

_THIRDS: Final[Mapping[Aspect, tuple[str, str, str]]] = MappingProxyType(
    {
        Aspect.LEFTNESS: ("on the left", "in the middle", "on the right"),
        Aspect.HEIGHT: ("at the top", "in the middle", "at the bottom"),
        Aspect.NEARNESS: ("near", "neither near nor far", "far away"),
    }
)
"""Words for where something is, from 0 to 1."""


def color(region: Region) -> tuple[tuple[str, float], ...]:
    """Basic colour terms and the shares of the region's pixels, largest first; empty where nothing was measured."""
    return tuple(palette.basic(region).items())


def fits(attribute: str, region: Region, peers: Sequence[Region], image_size: Size) -> float | None:
    """How well an adjective fits, in [0, 1]; None where it cannot be told from pixels, or these were not measured.

    Args:
        attribute: Such as "red", "dark blue", "large" or "leftmost".
        region: What it is said of.
        peers: Things of the same kind, with or without the region itself.
        image_size: Of the image, pixels.
    """
    word = " ".join(attribute.casefold().split())
    fit = FITS.get(word)
    return color_fit(word, region) if fit is None else fit(region, peers, image_size)


def aspect_value(aspect: Aspect, region: Region, peers: Sequence[Region], image_size: Size) -> tuple[str, float] | None:
    """What an aspect of a region is, in words that can follow "is", and how clearly; None where it cannot be told.

    Material, number and condition are not of pixels and boxes alone, so that they are never told here.
    """
    if aspect is Aspect.COLOR:
        return _colors(region)
    if aspect is Aspect.SHAPE:
        return _shape(region, image_size)
    if aspect in _THIRDS:
        return _where(aspect, region, image_size)
    told = [(word, fits(word, region, peers, image_size)) for word in _WORDS.get(aspect, ())]
    return max(((word, fit) for word, fit in told if fit), key=lambda each: each[1], default=None)


def _colors(region: Region) -> tuple[str, float] | None:
    """The colours that are more than a trace, as "red and white", and the share of the pixels that they are."""
    held = list(colors_held(region).items())[:MOST_COLORS]
    if not held:
        return None
    words = [f"{palette.shade(region, term)} {term}".strip() for term, _ in held]
    said = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    return said, min(1.0, sum(share for _, share in held))


def _shape(region: Region, image_size: Size) -> tuple[str, float] | None:
    """The most special figure that holds; None where the region is no figure that has a name here."""
    for words in _FIGURES:
        told = [(word, fits(word, region, (), image_size) or 0.0) for word in words]
        best = max(told, key=lambda each: each[1])
        if best[1] >= HOLDS_FROM:
            return best
    return None


def _where(aspect: Aspect, region: Region, image_size: Size) -> tuple[str, float] | None:
    """Which third of the picture, or of its depth, the middle of the region is in; at a limit of two, a half."""
    x, y = region.box.center
    near = nearness(region)
    depth = None if near is None else 1.0 - near
    at = {Aspect.LEFTNESS: x / image_size.width, Aspect.HEIGHT: y / image_size.height, Aspect.NEARNESS: depth}[aspect]
    if at is None:
        return None
    third = min(2, max(0, int(at * 3)))
    # From the nearest limit: 1/6 is as far from it as the middle of a third lies.
    clear = min(abs(at - limit) for limit in (1 / 3, 2 / 3))
    return _THIRDS[aspect][third], 0.5 + 0.5 * ramp(clear, 1 / 6)
