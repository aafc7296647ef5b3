"""Colour words, and what of a region they name.

Perception names pixels by Berlin and Kay's eleven basic terms, with "dark" or "light" before them where it applies.
Every other colour word of a plan is here said in those.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.regions import Region

BASIC: Final = frozenset(
    ("black", "white", "gray", "red", "green", "yellow", "blue", "brown", "purple", "pink", "orange")
)
"""Berlin and Kay (Basic Color Terms, 1969): what English has one word for."""

SHADES: Final = ("dark", "light")

_SHADE_WORDS: Final = MappingProxyType(
    {"dark": "dark", "deep": "dark", "light": "light", "pale": "light", "pastel": "light", "bright": "", "vivid": ""}
)
"""Words before a colour; what is bright is neither light nor dark, and only the colour itself is looked for."""


@dataclass(frozen=True, slots=True)
class Tone:
    """What a colour word means: any of some basic terms, and "dark", "light" or "" for either."""

    basics: frozenset[str]
    shade: str = ""


_OTHERS: Final[Mapping[str, Tone]] = MappingProxyType(
    {
        "grey": Tone(frozenset({"gray"})),
        "violet": Tone(frozenset({"purple"})),
        "lilac": Tone(frozenset({"purple", "pink"}), "light"),
        "magenta": Tone(frozenset({"pink", "purple"})),
        "crimson": Tone(frozenset({"red"})),
        "scarlet": Tone(frozenset({"red"})),
        "maroon": Tone(frozenset({"red", "brown"}), "dark"),
        "navy": Tone(frozenset({"blue"}), "dark"),
        "turquoise": Tone(frozenset({"blue", "green"})),
        "teal": Tone(frozenset({"blue", "green"})),
        "cyan": Tone(frozenset({"blue", "green"})),
        "golden": Tone(frozenset({"yellow", "orange", "brown"})),
        "gold": Tone(frozenset({"yellow", "orange", "brown"})),
        "blond": Tone(frozenset({"yellow", "brown"})),
        "blonde": Tone(frozenset({"yellow", "brown"})),
        "beige": Tone(frozenset({"brown", "yellow", "white", "pink", "orange", "gray"}), "light"),
        "cream": Tone(frozenset({"yellow", "white", "pink"}), "light"),
        "tan": Tone(frozenset({"brown", "orange"})),
        "silver": Tone(frozenset({"gray", "white"})),
    }
)


def tone(word: str) -> Tone | None:
    """What a colour word means, such as "red", "navy blue" or "dark grey"; None where it is none.

    >>> tone("navy blue")
    Tone(basics=frozenset({'blue'}), shade='dark')
    """
    first, _, last = word.partition(" ")
    if not last:
        return Tone(frozenset({word})) if word in BASIC else _OTHERS.get(word)
    meant = tone(last)
    if meant is None:
        return None
    if first in _SHADE_WORDS:
        return Tone(meant.basics, _SHADE_WORDS[first] or meant.shade)
    modifier = _OTHERS.get(first)
    return Tone(meant.basics, modifier.shade) if modifier is not None and modifier.basics & meant.basics else None


def basic(region: Region) -> dict[str, float]:
    """Shares by basic term, largest first; empty where nothing was measured."""
    shares: dict[str, float] = {}
    for name, share in _named(region):
        term = name.rpartition(" ")[2]
        shares[term] = shares.get(term, 0.0) + share
    return dict(sorted(shares.items(), key=lambda each: (-each[1], each[0])))


def shade(region: Region, term: str) -> str:
    """What most of what has the colour is: "dark", "light", or neither, ""."""
    shares = {name: share for name, share in _named(region) if name.rpartition(" ")[2] == term}
    whole = sum(shares.values())
    return next((each for each in SHADES if shares.get(f"{each} {term}", 0.0) > whole / 2), "")


def share(region: Region, meant: Tone) -> float | None:
    """Share of the region's pixels that a colour word names, in [0, 1]; None where nothing was measured.

    A shade that is asked for leaves out the opposite one and counts half of what is neither: where dark ends is a
    matter of taste.
    """
    if not _named(region):
        return None
    return min(1.0, sum(part * _counts(name, meant) for name, part in _named(region)))


def _counts(name: str, meant: Tone) -> float:
    said, _, term = name.rpartition(" ")
    if term not in meant.basics:
        return 0.0
    said = said or {"black": "dark", "white": "light"}.get(term, "")
    if not meant.shade or said == meant.shade:
        return 1.0
    return 0.0 if said else 0.5


def shaded(region: Region, shade: str) -> float | None:
    """Share of the region's pixels that are "dark" or "light", black and white among them; None where not measured."""
    return share(region, Tone(BASIC, shade))


def _named(region: Region) -> tuple[tuple[str, float], ...]:
    return () if region.appearance is None else region.appearance.colors
