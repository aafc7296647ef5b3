"""Confidence intervals by the bootstrap.

What comes of one picture hangs together, so whole pictures are drawn, not single cases (the cluster bootstrap).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from groundwire.evaluation.metrics.boxes import F64

DRAWS = 1000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its percentile interval.

    Attributes:
        value: Of all cases; NaN where it is not defined.
        low: Lower end; NaN where fewer than two clusters leave nothing to draw.
        high: Upper end.
        cases: How many it is of.
    """

    value: float
    low: float
    high: float
    cases: int


def estimate(
    rows: F64, clusters: Sequence[str], statistic: Callable[[F64], float], *, seed: int = 0, draws: int = DRAWS
) -> Estimate:
    """A statistic of rows with its 95 % percentile interval (Efron 1979).

    Args:
        rows: The cases, f64 [N, K].
        clusters: Which picture each comes from, N of them.
        statistic: Of any number of rows.
        seed: Which draws.
        draws: How many.
    """
    value = statistic(rows)
    drawn = np.array([statistic(rows[chosen]) for chosen in resampled(clusters, seed=seed, draws=draws)])
    defined = drawn[np.isfinite(drawn)]
    if not defined.size:
        return Estimate(value, float("nan"), float("nan"), len(rows))
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high), len(rows))


def resampled(clusters: Sequence[str], *, seed: int, draws: int) -> list[npt.NDArray[np.intp]]:
    """Row numbers of each draw: as many clusters as there are, with replacement. None for fewer than two clusters."""
    _, number = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    order = np.argsort(number, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(number[order])) + 1) if len(order) else []
    if len(members) < 2:  # noqa: PLR2004 - of one cluster every draw is the same
        return []
    generator = np.random.default_rng(seed)
    picks = generator.integers(0, len(members), size=(draws, len(members)))
    return [np.concatenate([members[one] for one in pick]) for pick in picks]
