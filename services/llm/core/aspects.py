"""What questions ask of things, in the words of the contract, by the words of the lexicon."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Aspect
from services.llm.core.lexicon import PROPERTIES, entries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DIMENSIONS: Final[Mapping[str, Aspect]] = MappingProxyType(
    {
        "colour": Aspect.COLOR,
        "size": Aspect.SIZE,
        "shape": Aspect.SHAPE,
        "orientation": Aspect.ORIENTATION,
        "material": Aspect.MATERIAL,
        "nearness": Aspect.NEARNESS,
    }
)
"""Dimensions, as the lexicon calls them. Of the others, such as age and weight, the contract has no word: pixels do not
tell them."""

_COMPARED: Final[Mapping[tuple[Aspect, bool], str]] = MappingProxyType(
    {
        (Aspect.SIZE, False): "bigger, larger",
        (Aspect.SIZE, True): "smaller",
        (Aspect.NEARNESS, False): "closer, nearer",
        (Aspect.NEARNESS, True): "further, farther, further away, farther away",
        (Aspect.HEIGHT, False): "higher, higher up",
        (Aspect.HEIGHT, True): "lower, lower down",
        (Aspect.LEFTNESS, False): "further left, further to the left",
        (Aspect.LEFTNESS, True): "further right, further to the right",
        (Aspect.NUMBER, False): "more, as many",
        (Aspect.NUMBER, True): "fewer, less",
        (Aspect.COLOR, False): "same colour",
    }
)

COMPARISONS: Final[Mapping[str, tuple[Aspect, bool]]] = MappingProxyType(
    {word: said for said, words in _COMPARED.items() for word in entries(words)}
)
"""Comparisons: the aspect, and whether the less of it is asked for. Taller is not larger, so it is none of them."""

_SIZES: Final = entries("big, small, large, little, tiny, huge, giant, enormous, medium, medium-sized")
_SHAPES: Final = entries("round, square, rectangular, circular, oval, triangular")

VALUES: Final[Mapping[str, Aspect]] = MappingProxyType(
    {
        **{word: Aspect.COLOR for word, dimension in PROPERTIES.items() if dimension == "colour"},
        **dict.fromkeys(_SIZES, Aspect.SIZE),
        **dict.fromkeys(_SHAPES, Aspect.SHAPE),
    }
)
"""Adjectives whose aspect is measured in pixels: what is asked by "is it red?" is its colour."""

_LIGHTS: Final = frozenset(entries("light, lamp, led, signal, indicator, beacon"))


def asked(words: Iterable[str]) -> tuple[Aspect, bool]:
    """The aspect that the first of the words asks for, and whether it asks for the less of it."""
    first = next(iter(words), "")
    if first in COMPARISONS:
        return COMPARISONS[first]
    first = first.removeprefix("as ")  # "as big as"
    return DIMENSIONS.get(first, VALUES.get(first, Aspect.NONE)), False


def measured(values: Iterable[str], noun: str) -> Aspect:
    """The aspect that all the values are of, if pixels tell it of such a thing; NONE where they do not.

    A red light is lit: its colour is a condition, and that of its housing is not what is asked.
    """
    aspects = {VALUES.get(value, Aspect.NONE) for value in values}
    aspect = aspects.pop() if len(aspects) == 1 else Aspect.NONE
    lit = aspect is Aspect.COLOR and noun.rpartition(" ")[2] in _LIGHTS
    return Aspect.NONE if lit else aspect
