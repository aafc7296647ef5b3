"""Colours of pixels, by name: which basic terms people would call them, and how much of them each.

A pixel that is hardly coloured is black, gray or white by its lightness; any other is called what most of the nearest
colours of the survey in `color_names` are called, near by CIE94 in CIELAB. "dark" or "light" stands before the name
where the lightness is nearer to that of colours which people called so.

Light on things is no colour of theirs. Of a thing that is mostly coloured are left out

* highlights: pixels as light and as little coloured as the light itself (the specular part of Shafer's dichromatic
  reflection model, 1985), where they are few;
* shadows: pixels too dark to show a colour, where they are not the most.

Of a white, grey or black thing, and of stripes that are no small part, nothing is left out.
"""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from services.perception.core import cielab
from services.perception.core.color_names import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from services.perception.core.cielab import Labs

    Counts = npt.NDArray[np.int64]

NEUTRAL_CHROMA: Final = 9.0
"""C* below which a colour is black, gray or white: that of half of what is called plainly gray in the survey."""

BLACK_BELOW: Final = 20.0
"""L* below which what is neutral is black."""

WHITE_FROM: Final = 84.0
"""L* from which what is neutral is white; paper in a room is."""

PITCH_DARK: Final = (7.0, 30.0)
"""L* below which what has no more than this C* is black."""

SHADES: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "gray": (42.0, 74.0),
        "red": (37.0, 65.0),
        "green": (41.0, 76.0),
        "yellow": (86.0, 97.0),
        "blue": (22.0, 59.0),
        "brown": (21.0, 43.0),
        "purple": (22.0, 48.0),
        "pink": (60.0, 79.0),
        "orange": (57.0, 70.0),
    }
)
"""L* below which a colour is dark, and from which it is light: halfway between what the survey names exactly "dark
blue", "blue" and "light blue"; except for where red turns light, since most of that is called pink."""

VIVID: Final = (90.0, 80.0)
"""C* from which a colour is not dark, and not light: pure blue is blue, however dark it is, pure orange is orange."""

NEIGHBOURS: Final = 5
"""Nearest colours of the survey that are asked. Leave any one out, and in 88 % of cases they call it as people do."""

BITS: Final = 5
"""Bits a channel that colours are told apart by."""

COLORED_CHROMA: Final = 20.0
"""C* from which a pixel shows a colour beyond doubt."""

HIGHLIGHT: Final = (90.0, 12.0)
"""L* from which, and C* up to which, a pixel may be a highlight."""

HIGHLIGHTS_MOST: Final = 0.15
"""Largest share of the pixels that are highlights; more are white."""

SHADOW: Final = (12.0, 30.0)
"""L* below which, and C* up to which, a pixel may be a shadow."""

SHADOWS_MOST: Final = 0.3
"""Largest share of the pixels that are shadows; more are black."""

TRACE: Final = 0.01
"""Share below which a colour is not named."""


def named(pixels_rgb: npt.NDArray[np.uint8]) -> tuple[tuple[str, float], ...]:
    """Names and shares in (0, 1], largest first, of those that are neither highlight nor shadow; traces are not named.

    Args:
        pixels_rgb: (N, 3) sRGB. N may be 0; nothing is named then.
    """
    counts = _counts(pixels_rgb)
    counts = np.where(_lit(counts), counts, 0)
    total = int(counts.sum())
    if total == 0:
        return ()
    names, numbers = _calling()
    shares = np.bincount(numbers, weights=counts, minlength=len(names)) / total
    told = [(name, float(share)) for name, share in zip(names, shares, strict=True) if share >= TRACE]
    return tuple(sorted(told, key=lambda each: (-each[1], each[0])))


def name(rgb: tuple[int, int, int]) -> str:
    """What one colour is called.

    >>> name((139, 0, 0)), name((255, 192, 203)), name((128, 128, 128))
    ('dark red', 'light pink', 'gray')
    """
    return named(np.array([rgb], dtype=np.uint8))[0][0]


def _counts(pixels_rgb: npt.NDArray[np.uint8]) -> Counts:
    """Pixels by colour, (2 ** (3 * BITS),)."""
    red, green, blue = (pixels_rgb[:, channel].astype(np.int64) >> (8 - BITS) for channel in range(3))
    return np.bincount((red << (2 * BITS)) | (green << BITS) | blue, minlength=1 << (3 * BITS))


def _lit(counts: Counts) -> npt.NDArray[np.bool_]:
    """Which colours are neither highlights nor shadows."""
    labs = _labs()
    light, chroma = labs[:, 0], cielab.chromas(labs)
    highlights = (light >= HIGHLIGHT[0]) & (chroma <= HIGHLIGHT[1])
    shadows = (light < SHADOW[0]) & (chroma <= SHADOW[1])
    others = ~highlights & ~shadows
    if counts[others & (chroma >= COLORED_CHROMA)].sum() * 2 <= counts[others].sum():
        return np.ones_like(others)
    few_highlights = counts[highlights].sum() <= HIGHLIGHTS_MOST * counts.sum()
    few_shadows = counts[shadows].sum() <= SHADOWS_MOST * counts.sum()
    return np.asarray(~(highlights & few_highlights) & ~(shadows & few_shadows))


@cache
def _labs() -> Labs:
    """The colours that are told apart, (2 ** (3 * BITS), 3): from the least to the greatest of 8 bits, evenly."""
    levels = np.round(np.arange(1 << BITS) * 255 / ((1 << BITS) - 1)).astype(np.uint8)
    red, green, blue = np.meshgrid(levels, levels, levels, indexing="ij")
    return cielab.from_srgb(np.stack([red, green, blue], axis=-1).reshape(-1, 3))


@cache
def _calling() -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """The names, and for every colour that is told apart the number of its own. Takes a second, once a process."""
    labs = _labs()
    called = np.concatenate([_called(part) for part in np.array_split(labs, 64)])
    chroma, light = cielab.chromas(labs), labs[:, 0]
    called = np.where((chroma < NEUTRAL_CHROMA) & (light >= WHITE_FROM), "white", called)
    grayish = (chroma < NEUTRAL_CHROMA) & (light < WHITE_FROM)
    called = np.where(grayish, "gray", called)
    pitch_dark = (light < PITCH_DARK[0]) & (chroma <= PITCH_DARK[1])
    called = np.where(pitch_dark | (grayish & (light < BLACK_BELOW)), "black", called)
    shaded = [
        _shaded(term, *each) for term, *each in zip(called.tolist(), light.tolist(), chroma.tolist(), strict=True)
    ]
    names, numbers = np.unique(shaded, return_inverse=True)
    return tuple(names.tolist()), numbers


def _called(labs: Labs) -> npt.NDArray[np.str_]:
    """What the nearest colours of the survey are called, nearer ones counting for more, (N,) basic terms."""
    terms, samples = _survey()
    distances = cielab.differences(labs, samples)
    nearest = np.argpartition(distances, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    weights = 1 / (1 + np.take_along_axis(distances, nearest, axis=1))
    names = np.array(list(SAMPLES))
    votes = np.stack([(weights * (terms[nearest] == number)).sum(axis=1) for number in range(len(names))], axis=1)
    return np.asarray(names[votes.argmax(axis=1)])


@cache
def _survey() -> tuple[npt.NDArray[np.int64], Labs]:
    """The survey's colours, and the number of the term that each is filed under."""
    rows = [(number, digits) for number, colors in enumerate(SAMPLES.values()) for digits in colors]
    pixels = np.array([list(bytes.fromhex(digits)) for _, digits in rows], dtype=np.uint8)
    return np.array([number for number, _ in rows]), cielab.from_srgb(pixels)


def _shaded(term: str, lightness: float, chroma: float) -> str:
    dark_below, light_from = SHADES.get(term, (-np.inf, np.inf))
    if lightness < dark_below and chroma < VIVID[0]:
        return f"dark {term}"
    return f"light {term}" if lightness >= light_from and chroma < VIVID[1] else term
