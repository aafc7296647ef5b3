"""From the probabilities of tokens to the probability of yes."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

YES: Final = "yes"
NO: Final = "no"


def probability(steps: Sequence[tuple[str, Mapping[str, float]]]) -> float | None:
    """Probability of yes against no, in [0, 1]; None where the tokens do not tell.

    Args:
        steps: For each token that was written: its text, and log probabilities by token of the likeliest ones. The
            text as a whole is "yes" or "no", with or without JSON's quotation marks.

    >>> probability([('"', {'"': 0.0}), ("yes", {"yes": -0.1, "no": -2.4})])
    0.908...
    """
    before = ""
    for written, likely in steps:
        yes = _mass(before, likely, YES, NO)
        no = _mass(before, likely, NO, YES)
        if yes + no > 0:
            return yes / (yes + no)
        before += written
    return None


def _mass(before: str, likely: Mapping[str, float], word: str, other: str) -> float:
    """Probability of the tokens that lead to a word and not to the other."""
    return sum(
        math.exp(logprob)
        for token, logprob in likely.items()
        if _leads(before + token, word) and not _leads(before + token, other)
    )


def _leads(text: str, word: str) -> bool:
    """Whether a text is a beginning of a word, or the word with more after it."""
    said = text.strip().casefold()
    return bool(said) and any(form.startswith(said) or said.startswith(form) for form in (word, json.dumps(word)))
