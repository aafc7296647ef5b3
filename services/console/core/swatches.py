"""Named colours as a screen shows them: one typical shade for each basic name of English."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SHADES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "black": "#1b1b1b",
        "white": "#fafafa",
        "gray": "#8c8c8c",
        "red": "#d6281f",
        "green": "#2f9e44",
        "yellow": "#f5d327",
        "blue": "#2467d1",
        "brown": "#7d4f2a",
        "purple": "#8338ac",
        "pink": "#f48fb8",
        "orange": "#f08a1d",
    }
)


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour's share as a piece of a bar.

    Attributes:
        name: Of the colour.
        share: Of the measured pixels, in (0, 1].
        shade: "#rrggbb"; empty for names that are not basic, which are not guessed at.
        left: Where the piece begins, in [0, 1).
        width: How long it is; `left + width` is at most 1.
    """

    name: str
    share: float
    shade: str
    left: float
    width: float


def swatches(shares: Iterable[tuple[str, float]]) -> Iterator[Swatch]:
    """Pieces of one bar, in their order. Shares that are none, or that no longer fit, are cut."""
    left = 0.0
    for name, share in shares:
        width = min(max(0.0, share), 1 - left)
        if width > 0:
            yield Swatch(name, share, SHADES.get(name, ""), left, width)
            left += width
