"""Which class of a closed set a phrase means, if any."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ARTICLES: Final = re.compile(r"^(?:an?|the) ")
BREAKS: Final = re.compile(r"[\s_-]+")

IRREGULAR: Final = {"people": "person", "men": "man", "women": "woman", "children": "child", "mice": "mouse"}

ENDINGS: Final = (("ies", "y"), ("ves", "fe"), ("ves", "f"), ("es", ""), ("s", ""))
"""English plural endings and what they stand for in the singular."""


def normal(phrase: str) -> str:
    """A phrase without what does not change its meaning: case, width, hyphens, an article."""
    return ARTICLES.sub("", BREAKS.sub(" ", unicodedata.normalize("NFKC", phrase).casefold()).strip())


def readings(phrase: str) -> Iterator[str]:
    """What a phrase may mean: itself, then with its last word in the singular."""
    plain = normal(phrase)
    yield plain
    rest, space, last = plain.rpartition(" ")
    if last in IRREGULAR:
        yield rest + space + IRREGULAR[last]
    for ending, singular in ENDINGS:
        if last.endswith(ending) and len(last) > len(ending) + 1:
            yield rest + space + last.removesuffix(ending) + singular


class Vocabulary:
    """The classes of a network.

    Args:
        classes: Their names, by number.
        synonyms: Further names for some: class by name.
    """

    def __init__(self, classes: Sequence[str], synonyms: Mapping[str, str]) -> None:
        numbers: dict[str, int] = {}
        for number, name in enumerate(classes):
            numbers.setdefault(normal(name), number)
        self._numbers = {normal(name): numbers[normal(meant)] for name, meant in synonyms.items()} | numbers

    def number(self, phrase: str) -> int | None:
        """The class that a phrase means; None where the network does not know it."""
        known = (self._numbers[reading] for reading in readings(phrase) if reading in self._numbers)
        return next(known, None)
