"""Comparing lettering: what counts as the same, how near two readings are, where a phrase is written."""

from __future__ import annotations

import unicodedata
from typing import Final

from rapidfuzz.distance import Levenshtein

NEAR: Final = 0.8
"""Readings at least this similar may be one lettering, misread."""


def normalised(text: str) -> str:
    """The text without what readers of lettering add or lose: case, width forms, accents, spaces, punctuation.

    >>> normalised("  Café N° 5! ")
    'cafeno5'
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in folded if c.isalnum())


def similarity(a: str, b: str) -> float:
    """1 - edit distance / longer length of the normalised texts, in [0, 1]; 1 when both are empty.

    Levenshtein distance, as in ICDAR's text recognition tasks (1-N.E.D.).
    """
    return float(Levenshtein.normalized_similarity(normalised(a), normalised(b)))


def digits(text: str) -> str:
    """The decimal digits of the text, in order: the part of a reading in which no error is small."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if c.isdecimal())


def same(a: str, b: str) -> bool:
    """Whether two readings say the same."""
    return normalised(a) == normalised(b)


def presence(phrase: str, text: str) -> float:
    """How well `phrase` is written somewhere in `text`, in [0, 1]: the best similarity of a run of whole words.

    >>> presence("exit", "EMERGENCY EXIT")
    1.0
    >>> presence("exit", "EXITING")
    0.57...
    """
    words = text.split()
    count = max(1, len(phrase.split()))
    # A reader may join words or split them, so runs of one word fewer and one more are tried too.
    lengths = {n for n in (count - 1, count, count + 1) if n >= 1}
    runs = [" ".join(words[i : i + n]) for n in lengths for i in range(len(words) - n + 1)]
    return max((similarity(phrase, run) for run in (*runs, text)), default=0.0)


def occurrences(phrase: str, text: str) -> int:
    """How often `phrase` is written in `text`, as runs of whole words that are at least `NEAR` it; 0 for nowhere.

    >>> occurrences("exit", "EXIT ← EXIT")
    2
    """
    words, size = text.split(), max(1, len(phrase.split()))
    count = start = 0
    while start < len(words):
        found = similarity(phrase, " ".join(words[start : start + size])) >= NEAR
        count += found
        start += size if found else 1
    return count or int(presence(phrase, text) >= NEAR)
