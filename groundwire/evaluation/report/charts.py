"""The curves of a report, as points on a square of 0 to 1; the template draws them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from groundwire.evaluation.metrics import calibration, selective

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundwire.evaluation.metrics.boxes import F64
    from groundwire.evaluation.outcomes import Outcome

BINS = 10
"""Of the reliability diagram, each with as many claims: evidence scores crowd near 1."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points.

    Attributes:
        title: Over the chart.
        across: What runs to the right.
        up: What runs upward.
        points: x and y in [0, 1], y upward.
        weights: Size of each point's dot in [0, 1]; empty for a line alone.
        diagonal: Whether the diagonal is drawn: where a calibrated system lies.
        top: The value at the upper edge.
    """

    title: str
    across: str
    up: str
    points: tuple[tuple[float, float], ...]
    weights: tuple[float, ...] = ()
    diagonal: bool = False
    top: float = 1.0


def risk_coverage(outcomes: Sequence[Outcome]) -> Curve | None:
    """Of what was answered, over the share of all; None where nothing was."""
    said = [one for one in outcomes if one.confidence is not None]
    if not said:
        return None
    confidence = np.array([one.confidence for one in said], dtype=np.float64)
    curve = selective.risk_coverage(confidence, np.array([one.is_right for one in said]), len(outcomes))
    top = max(0.05, float(np.ceil(curve.risk.max() * 20) / 20))
    points = _points(curve.coverage, curve.risk / top)
    return Curve("Risk and coverage", "share of questions answered", "share of those wrong", points, top=top)


def reliability(outcomes: Sequence[Outcome]) -> Curve | None:
    """Of claims of which the truth can tell; None where there are none."""
    claims = [claim for one in outcomes for claim in one.claims if claim.correct is not None]
    if not claims:
        return None
    said = np.array([claim.confidence for claim in claims], dtype=np.float64)
    diagram = calibration.reliability(said, np.array([bool(c.correct) for c in claims]), bins=BINS, equal_mass=True)
    kind = "calibrated probability" if all(claim.calibrated for claim in claims) else "raw evidence score"
    weights = tuple(float(value) for value in diagram.count / diagram.count.max())
    points = _points(diagram.confidence, diagram.accuracy)
    return Curve("Reliability of claims", kind, "share that is true", points, weights, diagonal=True)


def _points(x: F64, y: F64) -> tuple[tuple[float, float], ...]:
    return tuple((float(a), float(b)) for a, b in zip(x, y, strict=True))


def drops(
    figures: Mapping[str, Mapping[int, float]], clean: float, worse: int = 1
) -> Sequence[tuple[str, Sequence[float | None]]]:
    """What is lost of the clean figure by corruption and severity 1 to 5, the worst corruption first.

    Args:
        figures: By corruption and severity.
        clean: On the pictures as they are.
        worse: 1 where less is worse, -1 where more is.

    Returns:
        Name and five losses; None where a severity was not run.
    """
    rows = [
        (name, [worse * (clean - at[level]) if level in at else None for level in range(1, 6)])
        for name, at in figures.items()
    ]
    return sorted(rows, key=lambda row: -sum(drop for drop in row[1] if drop is not None))
