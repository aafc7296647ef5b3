from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from groundwire.evaluation.metrics import calibration

if TYPE_CHECKING:
    from groundwire.evaluation.metrics.boxes import F64

# Worked by hand: bins (0, .5] and (.5, 1] hold {.2 no, .4 yes} and {.6 yes, .9 yes, .9 no}.
SAID = np.array([0.2, 0.4, 0.6, 0.9, 0.9])
TRUE = np.array([False, True, True, True, False])


def test_ece_of_a_hand_worked_case() -> None:
    # |0.3 - 0.5| * 2/5 + |0.8 - 2/3| * 3/5
    assert calibration.expected_calibration_error(SAID, TRUE, bins=2) == pytest.approx(0.2 * 0.4 + (0.8 - 2 / 3) * 0.6)
    assert calibration.maximum_calibration_error(SAID, TRUE, bins=2) == pytest.approx(0.2)


def test_the_diagram_tells_bins_counts_and_means() -> None:
    diagram = calibration.reliability(SAID, TRUE, bins=2)
    assert diagram.edges.tolist() == [[0.0, 0.5], [0.5, 1.0]]
    assert diagram.count.tolist() == [2, 3]
    assert diagram.confidence == pytest.approx([0.3, 0.8])
    assert diagram.accuracy == pytest.approx([0.5, 2 / 3])


def test_an_edge_belongs_to_the_bin_below_and_0_to_the_first() -> None:
    diagram = calibration.reliability(np.array([0.0, 0.5, 1.0]), np.array([True, True, True]), bins=2)
    assert diagram.count.tolist() == [2, 1]


def test_bins_of_equal_mass_hold_as_many() -> None:
    said = np.array([0.01, 0.02, 0.03, 0.04, 0.96, 0.97, 0.98, 0.99])
    diagram = calibration.reliability(said, said > 0.5, bins=4, equal_mass=True)
    assert diagram.count.tolist() == [2, 2, 2, 2]


def test_brier_score_and_log_loss_of_a_hand_worked_case() -> None:
    # As scikit-learn's brier_score_loss and log_loss give for these five.
    assert calibration.brier_score(SAID, TRUE) == pytest.approx((0.04 + 0.36 + 0.16 + 0.01 + 0.81) / 5)
    expected = -(math.log(0.8) + math.log(0.4) + math.log(0.6) + math.log(0.9) + math.log(0.1)) / 5
    assert calibration.log_loss(SAID, TRUE) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("said", "true", "expected"),
    [
        ([0.1, 0.4, 0.35, 0.8], [False, False, True, True], 0.75),  # the example of scikit-learn's roc_auc_score
        ([0.5, 0.5], [True, False], 0.5),
        ([0.9, 0.1], [True, False], 1.0),
        ([0.9, 0.1], [True, True], math.nan),
    ],
)
def test_auroc(said: list[float], true: list[bool], expected: float) -> None:
    assert calibration.auroc(np.array(said), np.array(true)) == pytest.approx(expected, nan_ok=True)


def test_d_ece_sees_what_ece_averages_away() -> None:
    """Left half: always right; right half: always wrong; both said 0.5. ECE is 0, D-ECE is 0.5."""
    said, left = np.full(4, 0.5), np.array([[0.2], [0.2], [0.8], [0.8]])
    true = np.array([True, True, False, False])
    assert calibration.expected_calibration_error(said, true, bins=10) == 0
    assert calibration.detection_ece(said, true, left, bins=10) == pytest.approx(0.5)


def test_d_ece_without_places_is_ece() -> None:
    assert calibration.detection_ece(SAID, TRUE, np.zeros((5, 0)), bins=10) == pytest.approx(
        calibration.expected_calibration_error(SAID, TRUE, bins=10)
    )


def test_d_ece_leaves_out_thin_bins() -> None:
    said, places = np.array([0.9, 0.9, 0.1]), np.zeros((3, 1))
    assert calibration.detection_ece(said, np.array([True, True, True]), places, least=2) == pytest.approx(0.1)


def test_la_ece_wants_precision_times_iou() -> None:
    """One bin of a class: precision 1/2 and IoU 0.8 make 0.4; said was 0.6. The other class is exact."""
    said, ious = np.array([0.6, 0.6, 0.7]), np.array([0.8, 0.3, 0.7])
    got = calibration.localisation_aware_ece(said, ious, ["cup", "cup", "box"], bins=25)
    assert got == pytest.approx((abs(0.6 - 0.5 * 0.8) + 0) / 2)


@pytest.mark.parametrize(
    "figure",
    [
        calibration.expected_calibration_error,
        calibration.maximum_calibration_error,
        calibration.brier_score,
        calibration.log_loss,
        calibration.auroc,
    ],
)
def test_of_no_case_every_figure_is_not_a_number(figure: object) -> None:
    assert callable(figure)
    assert math.isnan(figure(np.zeros(0), np.zeros(0, dtype=bool)))


@given(arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1)))
def test_whoever_says_1_for_what_is_true_and_0_for_what_is_not_is_calibrated(
    said: F64,
) -> None:
    true = said > 0.5
    exact = true.astype(np.float64)
    assert calibration.expected_calibration_error(exact, true) == 0
    assert calibration.brier_score(exact, true) == 0
    assert 0 <= calibration.expected_calibration_error(said, true) <= 1
