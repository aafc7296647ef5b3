"""Whether two runs over the same cases differ."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from groundwire.evaluation.metrics.bootstrap import DRAWS, LEVEL, Estimate, resampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.evaluation.metrics.boxes import F64, Bools


def mcnemar(before: Bools, after: Bools) -> float:
    """Exact two-sided p of McNemar's test (1947): could as many cases flip each way by chance? 1 where none flips."""
    lost, won = int(np.sum(before & ~after)), int(np.sum(~before & after))
    flips = lost + won
    if not flips:
        return 1.0
    ways = sum(math.comb(flips, k) for k in range(min(lost, won) + 1))
    return min(1.0, float(2 * ways / 2**flips)) if flips < 1000 else min(1.0, _normal(lost, won))  # noqa: PLR2004


def _normal(lost: int, won: int) -> float:
    """McNemar's approximation with continuity correction, where the exact sum needs numbers of hundreds of digits."""
    z = max(0.0, abs(lost - won) - 1) / math.sqrt(lost + won)
    return math.erfc(z / math.sqrt(2))


def paired_difference(
    before: F64, after: F64, clusters: Sequence[str], *, seed: int = 0, draws: int = DRAWS
) -> Estimate:
    """Mean of after - before with its interval by the paired cluster bootstrap."""
    gained = after - before
    if not len(gained):
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    drawn = [float(np.mean(gained[chosen])) for chosen in resampled(clusters, seed=seed, draws=draws)]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if drawn else (math.nan, math.nan)
    return Estimate(float(np.mean(gained)), float(low), float(high), len(gained))
