"""What adjectives of a plan can be told from pixels, and how well each fits. A new word is a new entry.

A row is a meaning and the words for it: lower case, separated by commas. Words that are in no row ("wooden", "open")
cannot be told here; colour words are in `palette`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Order, RelationKind
from services.fusion.core.scene import palette, shapes, standing
from services.fusion.core.scene.extent import ramp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.common.geometry import Size
    from services.common.regions import Region

    Fit = Callable[[Region, Sequence[Region], Size], float | None]

COLOR_FULL: Final = 0.6
"""Share of a region's pixels that gives it a colour beyond doubt; it holds from half of that. The rest is a pattern, or
what a box shows besides the thing."""

SECOND_COLOR: Final = 0.2
"""Share from which a colour counts as one of several."""


def colors_held(region: Region) -> dict[str, float]:
    """Basic colours that are more than a trace, and their shares, largest first."""
    return {term: share for term, share in palette.basic(region).items() if share >= SECOND_COLOR}


def color_fit(word: str, region: Region) -> float | None:
    """How well a colour word fits; None where it is none, or where nothing was measured."""
    meant = palette.tone(word)
    share = None if meant is None else palette.share(region, meant)
    return None if share is None else ramp(share, COLOR_FULL)


def _large(region: Region, peers: Sequence[Region], size: Size) -> float:
    return ramp(standing.larger(region, peers, size), 1.0)


def _small(region: Region, peers: Sequence[Region], size: Size) -> float:
    return ramp(-standing.larger(region, peers, size), 1.0)


def _medium(region: Region, peers: Sequence[Region], size: Size) -> float:
    return 1.0 - ramp(abs(standing.larger(region, peers, size)), 1.0)


def _tall(region: Region, peers: Sequence[Region], _size: Size) -> float:
    return ramp(standing.longer(region, peers, lambda each: each.box.height, region.box.width), 1.0)


def _short(region: Region, peers: Sequence[Region], _size: Size) -> float:
    return ramp(-standing.longer(region, peers, lambda each: each.box.height, region.box.width), 1.0)


def _wide(region: Region, peers: Sequence[Region], _size: Size) -> float:
    return ramp(standing.longer(region, peers, lambda each: each.box.width, region.box.height), 1.0)


def _narrow(region: Region, peers: Sequence[Region], _size: Size) -> float:
    return ramp(-standing.longer(region, peers, lambda each: each.box.width, region.box.height), 1.0)


def _long(region: Region, _peers: Sequence[Region], _size: Size) -> float:
    return shapes.posture(region).long


def _round(region: Region, _peers: Sequence[Region], _size: Size) -> float | None:
    drawn = shapes.figures(region)
    return None if drawn is None else drawn.ellipse * (1.0 - shapes.stretch(region))


def _oval(region: Region, _peers: Sequence[Region], _size: Size) -> float | None:
    drawn = shapes.figures(region)
    return None if drawn is None else drawn.ellipse


def _square(region: Region, _peers: Sequence[Region], _size: Size) -> float | None:
    drawn = shapes.figures(region)
    return None if drawn is None else drawn.rectangle * (1.0 - shapes.stretch(region))


def _rectangular(region: Region, _peers: Sequence[Region], _size: Size) -> float | None:
    drawn = shapes.figures(region)
    return None if drawn is None else drawn.rectangle


def _triangular(region: Region, _peers: Sequence[Region], _size: Size) -> float | None:
    drawn = shapes.figures(region)
    return None if drawn is None else drawn.triangle


def _upright(region: Region, _peers: Sequence[Region], _size: Size) -> float:
    return shapes.upright(shapes.posture(region))


def _lying(region: Region, _peers: Sequence[Region], _size: Size) -> float:
    return shapes.lying(shapes.posture(region))


def _tilted(region: Region, _peers: Sequence[Region], _size: Size) -> float | None:
    """A box stands straight whatever is in it."""
    return None if region.mask is None else shapes.tilted(shapes.posture(region))


def _colorful(region: Region, _peers: Sequence[Region], _size: Size) -> float | None:
    """Three colours are beyond doubt, and two may be."""
    held = colors_held(region)
    return ramp(len(held) - 1, 2.0) if held else None


def _plain(region: Region, _peers: Sequence[Region], _size: Size) -> float | None:
    shares = palette.basic(region)
    return max(shares.values()) if shares else None


def _shaded(shade: str) -> Fit:
    def fit(region: Region, _peers: Sequence[Region], _size: Size) -> float | None:
        return palette.shaded(region, shade)

    return fit


def _towards(kind: RelationKind) -> Fit:
    def fit(region: Region, peers: Sequence[Region], size: Size) -> float | None:
        return standing.towards(kind, region, peers, size)

    return fit


def _amidst(one: RelationKind, other: RelationKind) -> Fit:
    """As far to one side as to the other."""

    def fit(region: Region, peers: Sequence[Region], size: Size) -> float | None:
        here, there = (standing.towards(kind, region, peers, size) for kind in (one, other))
        return None if here is None or there is None else 1.0 - abs(here - there)

    return fit


def _first(order: Order) -> Fit:
    def fit(region: Region, peers: Sequence[Region], _size: Size) -> float | None:
        return standing.first(order, region, peers)

    return fit


def _extreme(side: Callable[[Region], float], sign: int) -> Fit:
    """The one whose side is longest, or with a `sign` of -1 shortest, of all: compared with each of the others."""

    def fit(region: Region, peers: Sequence[Region], _size: Size) -> float:
        others = [peer for peer in peers if peer.id != region.id]
        leads = [sign * standing.longer(region, [other], side, side(region)) for other in others]
        return ramp(0.5 + min(leads, default=1.0), 1.0)

    return fit


_ROWS: Final[Mapping[str, Fit]] = MappingProxyType(
    {
        "large, big, huge, giant, enormous, great": _large,
        "small, little, tiny": _small,
        "medium, medium-sized": _medium,
        "tall, high": _tall,
        "short, low": _short,
        "wide, broad": _wide,
        "narrow, thin, slim": _narrow,
        "long, elongated": _long,
        "round, circular": _round,
        "oval": _oval,
        "square": _square,
        "rectangular": _rectangular,
        "triangular": _triangular,
        "upright, vertical": _upright,
        "lying, lying down, horizontal": _lying,
        "tilted, slanted, leaning, diagonal, sloping": _tilted,
        "colourful, colorful, multicoloured, multicolored": _colorful,
        "plain": _plain,
        "dark": _shaded("dark"),
        "light, pale": _shaded("light"),
        "left, left-hand": _towards(RelationKind.LEFT_OF),
        "right, right-hand": _towards(RelationKind.RIGHT_OF),
        "top, upper": _towards(RelationKind.ABOVE),
        "bottom, lower": _towards(RelationKind.BELOW),
        "front": _towards(RelationKind.IN_FRONT_OF),
        "back, rear": _towards(RelationKind.BEHIND),
        "middle, central, centre, center": _amidst(RelationKind.LEFT_OF, RelationKind.RIGHT_OF),
        "leftmost": _first(Order.FROM_LEFT),
        "rightmost": _first(Order.FROM_RIGHT),
        "topmost, uppermost, highest": _first(Order.FROM_TOP),
        "bottommost, lowest, lowermost": _first(Order.FROM_BOTTOM),
        "largest, biggest": _first(Order.LARGEST),
        "smallest": _first(Order.SMALLEST),
        "nearest, closest": _first(Order.NEAREST),
        "farthest, furthest": _first(Order.FARTHEST),
        "tallest": _extreme(lambda region: region.box.height, 1),
        "shortest": _extreme(lambda region: region.box.height, -1),
        "widest": _extreme(lambda region: region.box.width, 1),
        "narrowest, thinnest": _extreme(lambda region: region.box.width, -1),
    }
)

FITS: Final[Mapping[str, Fit]] = MappingProxyType(
    {word.strip(): fit for words, fit in _ROWS.items() for word in words.split(",")}
)
"""How well an adjective fits a region among its peers, by the adjective."""
