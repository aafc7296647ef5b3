"""Two answers side by side: which statements, regions, models and timings are the same, and which are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from services.common.geometry import ious

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from services.common.geometry import Box, Floats

SAME_PLACE: Final = 0.5
"""Two regions whose boxes overlap as much as this (intersection over union) lie at the same place."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim or an abstention, as much of it as is compared.

    Attributes:
        id: "c1"; empty for an abstention.
        subject: What it is about, such as the target's words; pairs are sought within a subject first.
        text: What it says.
        verdict: A word; of an abstention, its reason.
        score: Shown, and compared as shown.
    """

    id: str
    subject: str
    text: str
    verdict: str
    score: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A region, as much of it as is compared. `tier` is a word; `model` has its version."""

    id: str
    box: Box
    content: str
    score: str
    tier: str
    model: str


@dataclass(frozen=True, slots=True)
class StatementPair:
    """Two statements that belong together, or one that has no counterpart."""

    a: Statement | None
    b: Statement | None

    @property
    def change(self) -> str:
        """same, added, removed, verdict, text or score: the weightiest difference."""
        if self.a is None or self.b is None:
            return "added" if self.a is None else "removed"
        for name in ("verdict", "text", "score"):
            if getattr(self.a, name) != getattr(self.b, name):
                return name
        return "same"


@dataclass(frozen=True, slots=True)
class FoundPair:
    """Two regions of one tier at the same place, or one that has no counterpart."""

    a: Found | None
    b: Found | None

    @property
    def change(self) -> str:
        """same, added, removed, content, score or model: the weightiest difference."""
        if self.a is None or self.b is None:
            return "added" if self.a is None else "removed"
        for name in ("content", "score", "model"):
            if getattr(self.a, name) != getattr(self.b, name):
                return name
        return "same"


@dataclass(frozen=True, slots=True)
class TimingPair:
    """How long a step took in each answer, seconds; None where it was not taken."""

    step: str
    a: float | None
    b: float | None

    @property
    def ratio(self) -> float | None:
        """B over A; None where there is nothing to divide."""
        return self.b / self.a if self.a and self.b is not None else None


@dataclass(frozen=True, slots=True)
class FactPair:
    """What holds of each answer under one name; empty where nothing does."""

    name: str
    a: str
    b: str

    @property
    def change(self) -> str:
        """same, added, removed or value."""
        if self.a == self.b:
            return "same"
        if not self.a or not self.b:
            return "removed" if self.a else "added"
        return "value"


def facts(a: Mapping[str, str], b: Mapping[str, str]) -> Sequence[FactPair]:
    """Names in the order of `a`, then what only `b` has; names that neither gives a value are left out."""
    pairs = (FactPair(name, a.get(name, ""), b.get(name, "")) for name in dict.fromkeys((*a, *b)))
    return tuple(pair for pair in pairs if pair.a or pair.b)


def statements(a: Sequence[Statement], b: Sequence[Statement]) -> Sequence[StatementPair]:
    """Pairs in the order of `a`, then what only `b` has: paired by subject and text, then by subject alone."""
    keys = (_subject_and_text, _subject)
    return tuple(StatementPair(left, right) for left, right in _pairs(a, b, keys))


def regions(a: Sequence[Found], b: Sequence[Found]) -> Sequence[FoundPair]:
    """Pairs in the order of `a`, then what only `b` has. Only for two looks at the same image: boxes are compared."""
    overlaps = ious(_boxes(a), _boxes(b))
    other_tier = np.array([[left.tier != right.tier for right in b] for left in a], dtype=bool).reshape(overlaps.shape)
    overlaps[other_tier] = 0
    partner: dict[int, int] = {}
    for at in range(len(a)):
        if len(b) and overlaps[at].max() >= SAME_PLACE:
            partner[at] = int(overlaps[at].argmax())
            overlaps[:, partner[at]] = 0
    left_over = (right for at, right in enumerate(b) if at not in partner.values())
    pairs = (FoundPair(left, b[partner[at]] if at in partner else None) for at, left in enumerate(a))
    return (*pairs, *(FoundPair(None, right) for right in left_over))


def _boxes(found: Sequence[Found]) -> Floats:
    return np.array([region.box.as_array() for region in found]).reshape(-1, 4)


def timings(a: Mapping[str, float], b: Mapping[str, float]) -> Sequence[TimingPair]:
    """Steps in the order of `a`, then what only `b` has."""
    return tuple(TimingPair(step, a.get(step), b.get(step)) for step in dict.fromkeys((*a, *b)))


def _subject_and_text(statement: Statement) -> Hashable:
    return statement.subject, statement.text


def _subject(statement: Statement) -> Hashable:
    return statement.subject


def _pairs(
    a: Sequence[Statement], b: Sequence[Statement], keys: Sequence[Callable[[Statement], Hashable]]
) -> Iterator[tuple[Statement | None, Statement | None]]:
    """Each statement once. A key is tried for all before the next, less exact one is."""
    partner: dict[int, int] = {}
    for key in keys:
        free = {at: key(statement) for at, statement in enumerate(b) if at not in partner.values()}
        for at, statement in enumerate(a):
            match = next((other for other, value in free.items() if value == key(statement)), None)
            if at not in partner and match is not None:
                partner[at] = match
                del free[match]
    yield from ((statement, b[partner[at]] if at in partner else None) for at, statement in enumerate(a))
    yield from ((None, statement) for at, statement in enumerate(b) if at not in partner.values())
