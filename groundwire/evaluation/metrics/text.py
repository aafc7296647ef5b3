"""How well lettering and free answers were got."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Levenshtein

if TYPE_CHECKING:
    from collections.abc import Sequence


def edit_distance(said: str, gold: str) -> float:
    """Levenshtein distance over the longer length, in [0, 1]: ICDAR's N.E.D. 0 is the same, also for two empties."""
    return float(Levenshtein.normalized_distance(said, gold))


def word_counts(said: Sequence[str], gold: Sequence[str]) -> tuple[int, int, int]:
    """Words in common, words said, words that are there, each counted as often as it occurs: SROIE's task 2."""
    common = Counter(said) & Counter(gold)
    return common.total(), len(said), len(gold)


_ARTICLES: Final = frozenset({"a", "an", "the"})
_DIGITS: Final = {
    "none": "0",
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}
_PUNCTUATION: Final = re.compile(r"[;/\[\]\"{}()=+\\_\-<>@`?!]|(?<!\d)[.,]|[.,](?!\d)")


def plain_answer(answer: str) -> str:
    """An answer as VQA's evaluation compares it: lower case, without punctuation and articles, numbers in digits."""
    words = _PUNCTUATION.sub(" ", answer.lower().replace("'", "")).split()
    return " ".join(_DIGITS.get(word, word) for word in words if word not in _ARTICLES)


def vqa_accuracy(said: str, people: Sequence[str]) -> float:
    """VQA's accuracy (Antol et al. 2015): min(how many say the same / 3, 1), the mean over each nine of ten people."""
    plain = plain_answer(said)
    agree = [plain_answer(one) == plain for one in people]
    if len(agree) == 1:
        return float(agree[0])
    return statistics.fmean(min(1.0, (sum(agree) - one) / 3) for one in agree)
