"""The two ways to fit a probability to scores, by scikit-learn, as plain numbers that need no library to apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

import numpy as np
from sklearn.isotonic import IsotonicRegression  # type: ignore[import-untyped]  # publishes no types
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # publishes no types

if TYPE_CHECKING:
    from groundwire.evaluation.metrics.boxes import F64, Bools

Method: TypeAlias = Literal["isotonic", "beta"]
METHODS: Final[tuple[Method, ...]] = ("isotonic", "beta")

MARGIN: Final = 1e-6
"""Scores are kept this far from 0 and 1 for their logarithms: evidence scores crowd below 1."""

WEIGHT: Final = 1e3
"""Of the claims against the penalty on the coefficients: scikit-learn's C. The published fit has no penalty; with next
to none, scores that part right from wrong entirely have a finite fit as well."""


class Curve(Protocol):
    """What was fitted."""

    def predict(self, scores: F64) -> F64:
        """Probabilities of scores, f64 [N]."""
        ...

    def row(self) -> dict[str, Any]:
        """For JSON."""
        ...


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Straight lines between knots, level beyond them. f64 [K] each."""

    scores: F64
    probabilities: F64

    def predict(self, scores: F64) -> F64:
        """By linear interpolation."""
        result: F64 = np.interp(scores, self.scores, self.probabilities)
        return result

    def row(self) -> dict[str, Any]:
        """Method and knots."""
        knots = np.stack([self.scores, self.probabilities], axis=1).tolist()
        return {"method": "isotonic", "knots": knots}


@dataclass(frozen=True, slots=True)
class Beta:
    """1 / (1 + exp(-(a ln s - b ln(1 - s) + c)))."""

    a: float
    b: float
    c: float

    def predict(self, scores: F64) -> F64:
        """By the formula."""
        logits = _logarithms(scores) @ np.array([self.a, self.b]) + self.c
        result: F64 = np.exp(-np.logaddexp(0.0, -logits))
        return result

    def row(self) -> dict[str, Any]:
        """Method and coefficients."""
        return {"method": "beta", "a": self.a, "b": self.b, "c": self.c, "margin": MARGIN}


def fit(method: Method, scores: F64, correct: Bools) -> Curve:
    """Fit a curve that never falls.

    Args:
        method: Which.
        scores: Raw, f64 [N] in [0, 1].
        correct: Whether each is right, bool [N]; some are, and some are not.
    """
    return _isotonic(scores, correct) if method == "isotonic" else _beta(scores, correct)


def _isotonic(scores: F64, correct: Bools) -> Isotonic:
    """Pool adjacent violators (Zadrozny and Elkan 2002); beyond the scores that were seen, as at the outermost."""
    regression = IsotonicRegression(y_min=0.0, y_max=1.0, increasing=True, out_of_bounds="clip")
    regression.fit(scores, correct.astype(np.float64))
    return Isotonic(regression.X_thresholds_, regression.y_thresholds_)


def _beta(scores: F64, correct: Bools) -> Beta:
    """Beta calibration (Kull et al. 2017): logistic regression on ln s and -ln(1 - s).

    Where a coefficient comes out negative, the curve would fall; as the paper has it, it is then 0 and the other is
    fitted alone. Where that one is negative too, the scores say nothing, and the curve is level.
    """
    features = _logarithms(scores)
    kept = [0, 1]
    while kept:
        regression = LogisticRegression(C=WEIGHT, solver="newton-cholesky", max_iter=1000)
        regression.fit(features[:, kept], correct)
        if (regression.coef_[0] >= 0).all():
            a, b = (float(regression.coef_[0][kept.index(i)]) if i in kept else 0.0 for i in (0, 1))
            return Beta(a, b, float(regression.intercept_[0]))
        kept.remove(kept[int(np.argmin(regression.coef_[0]))])
    share = float(np.mean(correct))
    return Beta(0.0, 0.0, float(np.log(share / (1 - share))))


def _logarithms(scores: F64) -> F64:
    """The logarithms ln s and -ln(1 - s), f64 [N, 2]."""
    kept = np.clip(scores, MARGIN, 1 - MARGIN)
    result: F64 = np.stack([np.log(kept), -np.log1p(-kept)], axis=1)
    return result
