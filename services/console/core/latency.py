"""How long the steps of the latest answers took."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class StepLatency:
    """One step over several answers. Times in seconds.

    Attributes:
        step: Its name.
        count: Answers that took it.
        p50: Median.
        p95: Nearest rank; the largest while there are fewer than 20.
        worst: The largest.
    """

    step: str
    count: int
    p50: float
    p95: float
    worst: float


def by_step(answers: Sequence[Mapping[str, float]]) -> Sequence[StepLatency]:
    """Steps in the order in which they first occur. No answers give no steps."""
    seconds: dict[str, list[float]] = {}
    for timings in answers:
        for step, duration in timings.items():
            seconds.setdefault(step, []).append(duration)
    return tuple(
        StepLatency(step, len(taken), rank(taken, 0.5), rank(taken, 0.95), max(taken))
        for step, taken in seconds.items()
    )


def rank(values: Sequence[float], part: float) -> float:
    """The nearest-rank percentile: the least value that `part` of all are not above. `values` is not empty."""
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]
