"""Questions with slips of the finger: "waht does the sing say" is tried again as it may have been meant.

Only words that the grammar does not know are put right, only in a question that means nothing as it stands, and only
where everything it may have meant comes to one plan. What is quoted, written in capitals or holds a figure stays.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations, product
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA

from services.llm.core.classes import CLASSES
from services.llm.core.lexicon import entries

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_LETTERS: Final = 4
"""Shorter words have too many neighbours to be put right."""

MOST_SLIPS: Final = 2
"""Words of a question that are put right at most."""

MOST_UNKNOWN: Final = 4
"""Unknown words of a question that is tried again, at most: with more it is another language, or nonsense."""

MOST_WORDINGS: Final = 12
"""Wordings that are tried, at most: each is parsed."""

_PLAIN: Final = re.compile(r"[a-z]+")


def wordings(text: str) -> Iterator[tuple[str, ...]]:
    """What a question in canonical form may have meant: first with one word put right, then with two.

    Each item holds the wordings of as many slips.
    """
    words = text.split(" ")
    repairs = {place: _neighbours(word.lower()) for place, word in enumerate(words) if _is_unknown(word)}
    if not 0 < len(repairs) <= MOST_UNKNOWN:
        return
    places = [place for place, near in repairs.items() if near]
    for slips in range(1, min(MOST_SLIPS, len(places)) + 1):
        tried = [
            " ".join(_replaced(words, chosen, spelled))
            for chosen in combinations(places, slips)
            for spelled in product(*(repairs[place] for place in chosen))
        ]
        if len(tried) <= MOST_WORDINGS:
            yield tuple(tried)


def _replaced(words: list[str], places: tuple[int, ...], spelled: tuple[str, ...]) -> list[str]:
    put = dict(zip(places, spelled, strict=True))
    return [put.get(place, word) for place, word in enumerate(words)]


def _is_unknown(word: str) -> bool:
    return _PLAIN.fullmatch(word[1:]) is not None and word[0].isalpha() and word.lower() not in _known()


def _neighbours(word: str) -> tuple[str, ...]:
    """The known words that are one slip away: a letter too many, too few, mistaken, or two swapped."""
    if len(word) < LEAST_LETTERS:
        return ()
    near = (known for known in _known() if abs(len(known) - len(word)) <= 1 and known[0] == word[0])
    return tuple(sorted(known for known in near if len(known) >= LEAST_LETTERS and OSA.distance(word, known) == 1))


@cache
def _known() -> frozenset[str]:
    """The words of the grammar's classes."""
    phrases = (phrase for words in CLASSES.values() for phrase in entries(words))
    return frozenset(word.lower() for phrase in phrases for word in phrase.split()) | {"there", "what", "where"}
