"""Sums up what became of everything that was asked."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from groundwire.evaluation.measures import MEASURES
from groundwire.evaluation.metrics.bootstrap import DRAWS, estimate
from groundwire.evaluation.metrics.detection import Detections, average_precision
from groundwire.evaluation.metrics.latency import percentiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundwire.evaluation.measures import Measure
    from groundwire.evaluation.metrics.bootstrap import Estimate
    from groundwire.evaluation.outcomes import Outcome

STRATUM_DRAWS = 200
"""Draws for a part of the set: its interval is read beside the whole's."""

STEPS = ("admit", "plan", "perceive", "resolve", "escalate", "compose", "check", "record")
"""In the order in which an answer takes them; what else there is follows."""

AP_NAMES = {"ap": "ap", "ap50": "ap50", "ap75": "ap75"}


def metrics(outcomes: Sequence[Outcome], *, seed: int = 0, draws: int = DRAWS) -> dict[str, Estimate]:
    """Every measure that applies, with its interval, in the table's order."""
    found = {}
    for measure in MEASURES:
        got = measured(measure, outcomes, seed=seed, draws=draws)
        if got.cases and math.isfinite(got.value):
            found[measure.name] = got
    return found


def measured(measure: Measure, outcomes: Sequence[Outcome], *, seed: int = 0, draws: int = DRAWS) -> Estimate:
    """One measure of these outcomes."""
    rows, clusters = [], []
    for outcome in outcomes:
        for row in measure.rows(outcome):
            rows.append(row)
            clusters.append(outcome.image)
    table = np.asarray(rows, dtype=np.float64)
    if not rows:
        return estimate(table.reshape(0, 7), [], lambda _: float("nan"), seed=seed, draws=draws)
    return estimate(table, clusters, measure.statistic, seed=seed, draws=draws)


def by_stratum(outcomes: Sequence[Outcome], *, seed: int = 0) -> dict[str, dict[str, Estimate]]:
    """The same of each part of the set; empty where it has only one."""
    names = list(dict.fromkeys(outcome.stratum for outcome in outcomes))
    if len(names) < 2:  # noqa: PLR2004 - one part is the whole
        return {}
    return {
        name: metrics([one for one in outcomes if one.stratum == name], seed=seed, draws=STRATUM_DRAWS)
        for name in names
    }


def detection(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """COCO's AP over phrases, where boxes were asked for; empty otherwise."""
    asked = [outcome for outcome in outcomes if outcome.label and outcome.f1 is not None]
    if not any(outcome.gold_boxes for outcome in asked):
        return {}
    truth = [Detections(one.image, one.label, one.gold_boxes) for one in asked]
    found = [Detections(one.image, one.label, one.boxes, one.scores) for one in asked]
    return asdict(average_precision(found, truth))


def latency(calls: Sequence[Mapping[str, float]]) -> dict[str, Mapping[str, float]]:
    """Percentiles of each step, seconds, and of what the caller waited: "wall"."""
    seen = dict.fromkeys(step for call in calls for step in call)
    steps = [*(step for step in STEPS if step in seen), *(step for step in seen if step not in STEPS)]
    return {step: percentiles([call[step] for call in calls if step in call]) for step in steps}


def plain(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """For JSON: NaN as null."""
    return {name: {key: _finite(value) for key, value in asdict(one).items()} for name, one in estimates.items()}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
