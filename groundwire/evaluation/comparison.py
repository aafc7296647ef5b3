"""Two runs over the same examples, paired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from groundwire.evaluation.errors import RunNotReadable
from groundwire.evaluation.measures import MEASURES, mean
from groundwire.evaluation.metrics.significance import mcnemar, paired_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.evaluation.measures import Measure
    from groundwire.evaluation.metrics.bootstrap import Estimate
    from groundwire.evaluation.outcomes import Outcome
    from groundwire.evaluation.runs import Run


@dataclass(frozen=True, slots=True)
class Difference:
    """How one figure changed, over the cases that both runs have.

    Attributes:
        name: Of the measure.
        before: In the first run.
        after: In the second.
        change: Mean difference with its interval.
        high_is_good: Which way is better.
    """

    name: str
    before: float
    after: float
    change: Estimate
    high_is_good: bool | None

    @property
    def is_significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.change.low > 0 or self.change.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed.

    Attributes:
        pairs: Outcomes that both runs have.
        p: McNemar's exact p over right and wrong.
        won: Pairs that became right, before and after.
        lost: Pairs that became wrong.
        differences: Of every measure that is a mean over outcomes and applies in both.
    """

    pairs: int
    p: float
    won: tuple[tuple[Outcome, Outcome], ...]
    lost: tuple[tuple[Outcome, Outcome], ...]
    differences: tuple[Difference, ...]


def compare(before: Run, after: Run, *, seed: int = 0) -> Comparison:
    """Pair the outcomes by id.

    Raises:
        RunNotReadable: The runs have no question in common, or the same id means another one.
    """
    pairs = _paired(before, after)
    was = np.array([first.is_right for first, _ in pairs], dtype=np.bool_)
    now = np.array([second.is_right for _, second in pairs], dtype=np.bool_)
    return Comparison(
        pairs=len(pairs),
        p=mcnemar(was, now),
        won=tuple(pair for pair in pairs if pair[1].is_right and not pair[0].is_right),
        lost=tuple(pair for pair in pairs if pair[0].is_right and not pair[1].is_right),
        differences=tuple(_differences(pairs, seed)),
    )


def _paired(before: Run, after: Run) -> list[tuple[Outcome, Outcome]]:
    earlier = {outcome.id: outcome for outcome in before.outcomes}
    pairs = [(earlier[outcome.id], outcome) for outcome in after.outcomes if outcome.id in earlier]
    if not pairs:
        raise RunNotReadable("the two runs have no question in common", remedy="compare runs of one set")
    for first, second in pairs:
        if (first.asked, first.gold) != (second.asked, second.gold):
            raise RunNotReadable(
                f"{second.id} is {first.asked!r} in one run and {second.asked!r} in the other, or its truth differs",
                remedy="compare runs of one set in one version",
            )
    return pairs


def _differences(pairs: Sequence[tuple[Outcome, Outcome]], seed: int) -> list[Difference]:
    found = []
    for measure in MEASURES:
        if measure.statistic is mean:
            rows = [row for pair in pairs if (row := _row(measure, pair)) is not None]
            if rows:
                before, after = (np.array([row[index] for row in rows]) for index in (0, 1))
                change = paired_difference(before, after, [row[2] for row in rows], seed=seed)
                found.append(
                    Difference(measure.name, float(before.mean()), float(after.mean()), change, measure.high_is_good)
                )
    return found


def _row(measure: Measure, pair: tuple[Outcome, Outcome]) -> tuple[float, float, str] | None:
    """The measure of one pair, the mean where an outcome has several cases; None unless both have one."""
    first, second = ([row[0] for row in measure.rows(outcome)] for outcome in pair)
    if not first or not second:
        return None
    return float(np.mean(first)), float(np.mean(second)), pair[0].image
