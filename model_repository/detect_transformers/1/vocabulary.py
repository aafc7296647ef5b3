"""The labels of a detector that knows these and nothing else, and how a phrase is told to be one of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ARTICLES = re.compile(r"^(a|an|the|some|any)\s+")
BETWEEN_WORDS = re.compile(r"[\s_\-]+")

# Plurals that no ending tells, of things that detectors are trained on.
IRREGULAR = {"people": "person", "men": "man", "women": "woman", "children": "child", "mice": "mouse", "geese": "goose"}
IRREGULAR |= {"knives": "knife", "shelves": "shelf", "leaves": "leaf", "loaves": "loaf", "feet": "foot"}
ENDINGS = (
    (re.compile(r"ies$"), "y"),
    (re.compile(r"(s|x|ch|sh)es$"), r"\1"),
    (re.compile(r"(?<=[^s])s$"), ""),
)


FORMS = 3


class Vocabulary:
    """Which labels there are, by number."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = tuple(labels)
        self._numbers: dict[str, int] = {}
        # A label's own spelling comes before what it would be in the singular, and the first of two before the second.
        for form in range(FORMS):
            for number, label in enumerate(self.labels):
                self._numbers.setdefault(forms(label)[form], number)

    def number(self, phrase: str) -> int | None:
        """The number of the label that a phrase names; None where it names none.

        It does in the label's own spelling, or but for case, an article, the plural, and spaces for underscores. An
        adjective more, and it does not: this detector cannot tell a red car.
        """
        return next((self._numbers[form] for form in forms(phrase) if form in self._numbers), None)


def forms(phrase: str) -> tuple[str, str, str]:
    """A phrase as it is; without case, article and underscores; and that in the singular."""
    spaced = BETWEEN_WORDS.sub(" ", phrase.casefold()).strip()
    plain = ARTICLES.sub("", spaced)
    *before, last = plain.split(" ")
    return phrase, plain, " ".join([*before, singular(last)])


def singular(word: str) -> str:
    """A lower-case noun in the singular, as far as its ending tells; `bus`, which is that already, loses its end."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    for ending, instead in ENDINGS:
        if ending.search(word):
            return ending.sub(instead, word)
    return word
