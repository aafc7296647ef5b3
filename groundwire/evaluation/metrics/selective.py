"""What a system gains by answering only where it is sure: risk, coverage, and what lies between.

Confidences are f64 [N], correct is bool [N], of the cases that were answered. Cases of equal confidence are covered
together: which of them comes first is chance, so every figure is the expectation over their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from groundwire.evaluation.metrics.boxes import F64, Bools


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The risk-coverage curve (El-Yaniv and Wiener 2010), from the most confident case to all of them.

    Attributes:
        coverage: Share of all cases that are answered, f64 [K], rising.
        risk: Share of those that are wrong, f64 [K].
        threshold: The confidence from which on is answered, f64 [K], falling.
    """

    coverage: F64
    risk: F64
    threshold: F64


def risk_coverage(confidence: F64, correct: Bools, total: int | None = None) -> RiskCoverage:
    """A point for each distinct confidence.

    Args:
        confidence: Of each answered case.
        correct: Whether it is right.
        total: All cases, abstentions included; the answered ones when not given.
    """
    thresholds, covered, wrong = _steps(confidence, correct)
    return RiskCoverage(covered / max(1, total or len(confidence)), wrong / covered, thresholds)


def aurc(confidence: F64, correct: Bools) -> float:
    """Area under the risk-coverage curve (Geifman et al. 2019): the mean risk over coverages 1/N, 2/N … 1. Low is good.

    NaN for no case.
    """
    if not len(confidence):
        return float("nan")
    _, covered, wrong = _steps(confidence, correct)
    ranks = np.arange(1, len(confidence) + 1)
    # Within a tie the expected number of wrong cases grows in a straight line.
    expected = np.interp(ranks, np.concatenate([[0], covered]), np.concatenate([[0], wrong]))
    return float(np.mean(expected / ranks))


def coverage_at_precision(confidence: F64, correct: Bools, precision: float, total: int | None = None) -> float:
    """The largest share of all cases that can be answered with at least this precision; 0 where none can.

    A threshold is chosen on the very cases that it is measured on, so of few cases the figure is too good.
    """
    if not len(confidence):
        return 0.0
    curve = risk_coverage(confidence, correct, total)
    good = curve.risk <= 1 - precision + 1e-12
    return float(curve.coverage[good].max()) if good.any() else 0.0


def _steps(confidence: F64, correct: Bools) -> tuple[F64, F64, F64]:
    """Distinct confidences, falling; how many cases have at least that; how many of those are wrong. Each f64 [K]."""
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) if len(ranked) else np.zeros(0, dtype=np.intp)
    wrong = np.cumsum(~correct[order])
    return ranked[last], (last + 1).astype(np.float64), wrong[last].astype(np.float64)
