"""Whether a probability means what it says.

Probabilities are f64 [N] in [0, 1], correct is bool [N]: of N claims, what was said of each, and whether it is true.
Every figure is NaN for N = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.evaluation.metrics.boxes import F64, Bools

ECE_BINS = 15
"""As in Guo et al. 2017."""

D_ECE_BINS = 10
LAECE_BINS = 25
"""As in Oksuz et al. 2023."""

_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Reliability:
    """The reliability diagram, over the bins that hold something.

    Attributes:
        edges: Lower and upper edge of each bin, f64 [K, 2].
        count: Cases in it, f64 [K].
        confidence: Mean probability, f64 [K].
        accuracy: Share that is correct, f64 [K].
    """

    edges: F64
    count: F64
    confidence: F64
    accuracy: F64

    @property
    def gaps(self) -> F64:
        """|confidence - accuracy| of each bin, f64 [K]."""
        result: F64 = np.abs(self.confidence - self.accuracy)
        return result


def reliability(probabilities: F64, correct: Bools, *, bins: int = ECE_BINS, equal_mass: bool = False) -> Reliability:
    """Probabilities in bins (lower, upper] of equal width, or of equal mass."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    if equal_mass and len(probabilities):
        edges = np.unique(np.concatenate([[0.0], np.quantile(probabilities, edges[1:-1]), [1.0]]))
    places = _bin_of(probabilities, edges)
    used, count, mean, accuracy = _by_bin(places, probabilities, correct.astype(np.float64))
    return Reliability(np.stack([edges[used], edges[used + 1]], axis=1), count, mean, accuracy)


def expected_calibration_error(
    probabilities: F64, correct: Bools, *, bins: int = ECE_BINS, equal_mass: bool = False
) -> float:
    """ECE (Naeini et al. 2015; Guo et al. 2017): the mean gap, weighted by the bins' cases."""
    diagram = reliability(probabilities, correct, bins=bins, equal_mass=equal_mass)
    return _weighted(diagram.count, diagram.gaps)


def maximum_calibration_error(probabilities: F64, correct: Bools, *, bins: int = ECE_BINS) -> float:
    """MCE: the largest gap."""
    gaps = reliability(probabilities, correct, bins=bins).gaps
    return float(gaps.max()) if len(gaps) else float("nan")


def brier_score(probabilities: F64, correct: Bools) -> float:
    """Mean squared difference between probability and outcome (Brier 1950)."""
    return float(np.mean((probabilities - correct) ** 2)) if len(probabilities) else float("nan")


def log_loss(probabilities: F64, correct: Bools) -> float:
    """Mean negative logarithm of the probability given to what happened, nats; 0 and 1 are kept off by 1e-12."""
    if not len(probabilities):
        return float("nan")
    given = np.clip(np.where(correct, probabilities, 1 - probabilities), _LEAST, 1.0)
    return float(-np.mean(np.log(given)))


def auroc(probabilities: F64, correct: Bools) -> float:
    """Chance that a correct case is given more than a wrong one, ties counting half. NaN where all are alike."""
    right, wrong = probabilities[correct], probabilities[~correct]
    if not len(right) or not len(wrong):
        return float("nan")
    ranked = np.sort(wrong)
    below, upto = np.searchsorted(ranked, right, "left"), np.searchsorted(ranked, right, "right")
    return float(np.mean((below + upto) / 2) / len(wrong))


def detection_ece(probabilities: F64, correct: Bools, places: F64, *, bins: int = D_ECE_BINS, least: int = 1) -> float:
    """D-ECE (Küppers et al. 2020): ECE with bins over confidence and place.

    Args:
        probabilities: Of each detection.
        correct: Whether it matches a true box.
        places: Where it is, f64 [N, K] in [0, 1]: such as the middle's x and y, width and height, over the picture's.
        bins: In each dimension.
        least: Bins with fewer cases are left out, and do not weigh.
    """
    edges = np.linspace(0.0, 1.0, bins + 1)
    cells = np.stack([_bin_of(column, edges) for column in (probabilities, *places.T)], axis=1)
    if not len(cells):
        return float("nan")
    _, flat = np.unique(cells, axis=0, return_inverse=True)
    _, count, mean, accuracy = _by_bin(flat.reshape(-1), probabilities, correct.astype(np.float64))
    kept = count >= least
    return _weighted(count[kept], np.abs(mean - accuracy)[kept])


def localisation_aware_ece(
    probabilities: F64, best_ious: F64, labels: Sequence[str], *, threshold: float = 0.5, bins: int = LAECE_BINS
) -> float:
    """LaECE (Oksuz et al. 2023): a probability should be precision times the IoU of what is right; mean over classes.

    Args:
        probabilities: Of each detection.
        best_ious: With the true box that it matches, 0 where it matches none, f64 [N].
        labels: Its class, one a detection.
        threshold: IoU from which on it is right.
        bins: Of equal width.
    """
    named = np.asarray(labels)
    edges = np.linspace(0.0, 1.0, bins + 1)
    errors = []
    for label in dict.fromkeys(labels):
        of_class = named == label
        # Precision times the mean IoU of the right ones is the mean over the bin of IoU, wrong ones counting 0.
        worth = np.where(best_ious[of_class] >= threshold, best_ious[of_class], 0.0)
        said = probabilities[of_class]
        _, count, mean, target = _by_bin(_bin_of(said, edges), said, worth)
        errors.append(_weighted(count, np.abs(mean - target)))
    return float(np.mean(errors)) if errors else float("nan")


def _bin_of(values: F64, edges: F64) -> npt.NDArray[np.intp]:
    """Index of the bin (lower, upper] of each value; 0 belongs to the first."""
    inner = np.searchsorted(edges, values, side="left") - 1
    result: npt.NDArray[np.intp] = np.clip(inner, 0, len(edges) - 2)
    return result


def _by_bin(places: npt.NDArray[np.intp], said: F64, happened: F64) -> tuple[npt.NDArray[np.intp], F64, F64, F64]:
    """Bins that hold something, their cases, and the means of both columns."""
    count = np.bincount(places).astype(np.float64)
    used = np.flatnonzero(count)
    mean = np.bincount(places, weights=said)[used] / count[used]
    share = np.bincount(places, weights=happened)[used] / count[used]
    return used, count[used], mean, share


def _weighted(count: F64, gaps: F64) -> float:
    return float(np.sum(count * gaps) / np.sum(count)) if np.sum(count) else float("nan")
