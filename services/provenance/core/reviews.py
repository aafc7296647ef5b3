"""What people make of claims, and what that makes of their answer."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Judgement(IntEnum):
    """What a person makes of a claim; the contract's numbers."""

    CORRECT = 1
    WRONG = 2
    UNSURE = 3


class ReviewState(IntEnum):
    """What people make of an answer; the contract's numbers."""

    UNREVIEWED = 1
    CORRECT = 2
    WRONG = 3
    UNSURE = 4


def state(judgements: Iterable[tuple[str, Judgement]]) -> ReviewState:
    """The state of an answer whose claims were judged so, oldest judgement first; the last one of each claim counts."""
    last = set(dict(judgements).values())
    if Judgement.WRONG in last:
        return ReviewState.WRONG
    if Judgement.UNSURE in last:
        return ReviewState.UNSURE
    return ReviewState.CORRECT if last else ReviewState.UNREVIEWED
