"""What a fit does to claims of pictures that it has not seen: k-fold cross-validation with whole pictures in a fold.

Before is the raw evidence score, read as if it were a probability. After is what a curve gives that was fitted on the
other folds. The curve that is written is fitted on all claims and is not what the figures are of.

Figures of ranking are of each fold by itself, and then averaged: one curve never reorders claims, but the curves of two
folds differ, and claims of both in one order would tell of that difference and not of either curve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold  # type: ignore[import-untyped]  # publishes no types

from groundwire.calibration import fitting
from groundwire.calibration.errors import TooFewLabels
from groundwire.evaluation.metrics import bootstrap, calibration, selective

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from groundwire.calibration.fitting import Curve, Method
    from groundwire.calibration.planning import Population
    from groundwire.evaluation.metrics.bootstrap import Estimate
    from groundwire.evaluation.metrics.boxes import F64, Bools

PRECISION: Final = 0.99

BEFORE, AFTER, CORRECT, FOLD = range(4)
"""Columns of a sample's rows."""

PROBABILITY: Final[Mapping[str, Callable[[F64, Bools], float]]] = {
    "ece": calibration.expected_calibration_error,
    "brier": calibration.brier_score,
}
"""As `groundwire eval` has them, of claims: ECE over 15 bins of equal width."""

RANKING: Final[Mapping[str, Callable[[F64, Bools], float]]] = {
    "aurc": selective.aurc,
    "coverage@99": lambda said, correct: selective.coverage_at_precision(said, correct, PRECISION),
}
"""As `groundwire eval` has them, of claims and fold by fold; coverage is the share of these claims."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the same claims. Intervals are of draws of whole pictures; the change's, of paired ones."""

    name: str
    before: Estimate
    after: Estimate
    change: Estimate


@dataclass(frozen=True, slots=True)
class Sample:
    """Claims before and after.

    Attributes:
        before: Raw scores, f64 [N].
        after: Probabilities out of fold, f64 [N].
        correct: Whether each is true, bool [N].
        folds: The fold that each was in, f64 [N].
        pictures: Of each, N of them.
    """

    before: F64
    after: F64
    correct: Bools
    folds: F64
    pictures: tuple[str, ...]

    def figures(self, seed: int) -> tuple[Figure, ...]:
        """All figures, with 95 % intervals."""
        rows = np.stack([self.before, self.after, self.correct.astype(np.float64), self.folds], axis=1)
        whole = [(name, _of_all(statistic)) for name, statistic in PROBABILITY.items()]
        folded = [(name, _fold_by_fold(statistic)) for name, statistic in RANKING.items()]
        return tuple(self._figure(name, statistic, rows, seed) for name, statistic in whole + folded)

    def _figure(self, name: str, statistic: Callable[[F64, int], float], rows: F64, seed: int) -> Figure:
        def estimated(figure: Callable[[F64], float]) -> Estimate:
            return bootstrap.estimate(rows, self.pictures, figure, seed=seed)

        return Figure(
            name,
            before=estimated(lambda drawn: statistic(drawn, BEFORE)),
            after=estimated(lambda drawn: statistic(drawn, AFTER)),
            change=estimated(lambda drawn: statistic(drawn, AFTER) - statistic(drawn, BEFORE)),
        )


@dataclass(frozen=True, slots=True)
class Validated:
    """A fit and what it is worth.

    Attributes:
        population: What it was fitted on.
        curve: Fitted on all of it.
        sample: The claims that it is for, out of fold.
        figures: Of the sample.
    """

    population: Population
    curve: Curve
    sample: Sample
    figures: tuple[Figure, ...]

    @property
    def is_worse(self) -> bool:
        """Whether the ECE of unseen pictures is higher after than before."""
        return any(figure.name == "ece" and figure.change.value > 0 for figure in self.figures)


def validate(population: Population, method: Method, *, folds: int, seed: int) -> Validated:
    """Fit on all, and on each fold's complement.

    Raises:
        TooFewLabels: A fold's complement holds nothing wrong, or nothing right.
    """
    after, fold = out_of_fold(population, method, folds=folds, seed=seed)
    meant = population.meant
    pictures = tuple(picture for picture, wanted in zip(population.pictures, meant, strict=True) if wanted)
    sample = Sample(population.scores[meant], after[meant], population.correct[meant], fold[meant], pictures)
    curve = fitting.fit(method, population.scores, population.correct)
    return Validated(population, curve, sample, sample.figures(seed))


def out_of_fold(population: Population, method: Method, *, folds: int, seed: int) -> tuple[F64, F64]:
    """Probability of each claim by a fit on the other folds, and its fold, f64 [N] each. No picture is in two folds.

    Raises:
        TooFewLabels: A fold, or its complement, holds nothing wrong, or nothing right.
    """
    scores, correct = population.scores, population.correct
    remedy = "label more pictures, or give fewer --folds"
    if folds > (rarer := int(min(correct.sum(), (~correct).sum()))):
        raise TooFewLabels(f"{population.title}: {rarer} claims are too few for {folds} folds", remedy=remedy)
    said, place = np.empty_like(scores), np.empty_like(scores)
    splitter = StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=seed)
    for number, (seen, unseen) in enumerate(splitter.split(scores[:, None], correct, population.pictures)):
        if correct[seen].all() or not correct[seen].any():
            lacking = "wrong" if correct[seen].all() else "true"
            raise TooFewLabels(
                f"{population.title}: of {folds} folds, one leaves no {lacking} claim to fit on", remedy=remedy
            )
        said[unseen] = fitting.fit(method, scores[seen], correct[seen]).predict(scores[unseen])
        place[unseen] = number
    return said, place


def together(validated: Sequence[Validated]) -> Sample:
    """All claims that get a confidence."""
    samples = [one.sample for one in validated]
    return Sample(
        np.concatenate([one.before for one in samples]),
        np.concatenate([one.after for one in samples]),
        np.concatenate([one.correct for one in samples]),
        np.concatenate([one.folds for one in samples]),
        tuple(picture for one in samples for picture in one.pictures),
    )


def _of_all(statistic: Callable[[F64, Bools], float]) -> Callable[[F64, int], float]:
    return lambda rows, column: statistic(rows[:, column], rows[:, CORRECT] > 0)


def _fold_by_fold(statistic: Callable[[F64, Bools], float]) -> Callable[[F64, int], float]:
    """The mean over folds, each weighing as many claims as it has."""

    def mean(rows: F64, column: int) -> float:
        parts = [rows[rows[:, FOLD] == fold] for fold in np.unique(rows[:, FOLD])]
        return sum(len(part) * _of_all(statistic)(part, column) for part in parts) / len(rows)

    return mean
