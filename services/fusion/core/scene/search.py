"""The combination of candidates with the greatest score: branch and bound over mini-bucket bounds. Exact.

Conditions become addends by their logarithms. Variables are chosen in a fixed order; what the open ones can still add
is bounded by eliminating them from the last to the first, each by its maximum (Dechter and Rish, Mini-buckets, 2003).
Where elimination never joins more than `WIDEST` variables at once, which holds for the chains and stars that questions
are, the bound is the exact maximum and the search walks straight to it; else it branches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from services.fusion.core.scene.relations import HOLDS_FROM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.geometry import Bools, Floats
    from services.fusion.core.scene.problem import Problem

LEAST: Final = 1e-9
"""Strengths below are taken for this: logarithms end at 0."""

TIE: Final = 1e-12
"""Scores whose logarithms differ by less are equal; the combination that was found first stays."""

WIDEST: Final = 3
"""Most variables of one joined table: 27 000 entries where each has 30 candidates."""


@dataclass(frozen=True, slots=True)
class Addend:
    """What combinations of candidates add.

    Attributes:
        over: Variables, by their places in the order of the search, rising.
        table: One axis a variable, in that order, of length 1 where it is none of `over`.
    """

    over: tuple[int, ...]
    table: Floats

    def of(self, chosen: Sequence[int]) -> Floats:
        """What the candidates of the next variable add after those chosen: (n,), or (1,) where it is the same for all.

        `over` has no place behind the next variable's.
        """
        places = set(self.over)
        head = tuple(candidate if place in places else 0 for place, candidate in enumerate(chosen))
        return np.asarray(self.table[head].reshape(-1))


@dataclass(frozen=True, slots=True)
class Found:
    """The best combination so far, in the order of the search, and what it adds; none yet where it is empty."""

    chosen: tuple[int, ...]
    total: float


class Search:
    """A problem, prepared. It can be searched several times.

    Args:
        problem: What must hold.
    """

    def __init__(self, problem: Problem) -> None:
        self._order = _order(problem)
        self._sizes = [len(problem.domains[number]) for number in self._order]
        addends = _addends(problem, self._order)
        self._own: list[list[Addend]] = [[] for _ in self._order]
        self._ahead: list[list[Addend]] = [[] for _ in self._order]
        if all(self._sizes):
            self._prepare(addends)

    def best(self, allowed: Bools) -> tuple[int, ...] | None:
        """Numbers of the candidates, one a variable, with the greatest score; None where every combination clashes.

        Args:
            allowed: Which candidates of the first variable may be chosen, (n,) bool.
        """
        if not all(self._sizes):
            return None
        first = np.where(allowed, 0.0, -np.inf)
        found = self._descend(Found((), -np.inf), (), 0.0, first).chosen
        if not found:
            return None
        by_number = dict(zip(self._order, found, strict=True))
        return tuple(by_number[number] for number in range(len(self._order)))

    def _prepare(self, addends: list[Addend]) -> None:
        """Part the addends by their last variable, and send the bounds of each part to the earlier ones."""
        buckets: list[list[Addend]] = [[] for _ in self._order]
        for addend in addends:
            self._own[addend.over[-1]].append(addend)
            buckets[addend.over[-1]].append(addend)
        for place in reversed(range(1, len(buckets))):
            for joined in _joined(buckets[place]):
                bound = Addend(joined.over[:-1], joined.table.max(axis=place, keepdims=True))
                until = bound.over[-1] if bound.over else 0
                buckets[until].append(bound)
                for between in range(until, place):
                    self._ahead[between].append(bound)

    def _descend(self, best: Found, chosen: tuple[int, ...], total: float, first: Floats) -> Found:
        """The best of `best` and of what may follow a partial combination that has added `total`."""
        place = len(chosen)
        if place == len(self._order):
            return Found(chosen, total)
        here = np.zeros(self._sizes[place]) if place else first
        adds = sum((each.of(chosen) for each in self._own[place]), here)
        bounds = total + sum((each.of(chosen) for each in self._ahead[place]), adds)
        for candidate in np.argsort(-bounds, kind="stable"):
            # Sorted: where this one cannot lead, no later one can.
            if bounds[candidate] == -np.inf or bounds[candidate] <= best.total + TIE:
                break
            best = self._descend(best, (*chosen, int(candidate)), total + float(adds[candidate]), first)
        return best


def _order(problem: Problem) -> list[int]:
    """The first variable first, then always the one with the most conditions on those that are placed."""
    order = [0]
    open_ = list(range(1, len(problem.names)))
    while open_:
        ties = [sum(n in each.over and bool({*order} & {*each.over}) for each in problem.conditions) for n in open_]
        order.append(open_.pop(ties.index(max(ties))))
    return order


def _addends(problem: Problem, order: list[int]) -> list[Addend]:
    """Conditions and clashes as addends, so that the greatest sum has the greatest score."""
    count = len(problem.conditions)
    addends = []
    for condition in problem.conditions:
        strengths = np.maximum(np.nan_to_num(condition.strengths, nan=HOLDS_FROM), LEAST)
        logs = np.log(strengths)
        addends.append(_addend(condition.over, np.where(strengths >= HOLDS_FROM, logs / count, logs), order))
    for over, clash in problem.clashes.items():
        if clash.any():
            addends.append(_addend(over, np.where(clash, -np.inf, 0.0), order))
    return addends


def _addend(over: tuple[int, ...], table: Floats, order: list[int]) -> Addend:
    places = [order.index(number) for number in over]
    axes = np.argsort(places)
    shape = [1] * len(order)
    for place, length in zip(places, table.shape, strict=True):
        shape[place] = length
    return Addend(tuple(sorted(places)), table.transpose(axes).reshape(shape))


def _joined(addends: list[Addend]) -> list[Addend]:
    """The addends in as few sums of at most `WIDEST` variables as they go into greedily, the widest first."""
    joined: list[Addend] = []
    for addend in sorted(addends, key=lambda each: -len(each.over)):
        for index, into in enumerate(joined):
            over = tuple(sorted({*into.over, *addend.over}))
            if len(over) <= max(WIDEST, len(into.over)):
                joined[index] = Addend(over, into.table + addend.table)
                break
        else:
            joined.append(addend)
    return joined
