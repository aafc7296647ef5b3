from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire.evaluation.metrics import selective

if TYPE_CHECKING:
    from random import Random

SAID = np.array([0.9, 0.8, 0.7, 0.6])
TRUE = np.array([True, True, False, True])


def test_the_curve_of_a_hand_worked_case() -> None:
    curve = selective.risk_coverage(SAID, TRUE)
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert curve.risk == pytest.approx([0, 0, 1 / 3, 1 / 4])
    assert curve.threshold.tolist() == [0.9, 0.8, 0.7, 0.6]


def test_abstentions_are_cases_that_are_not_covered() -> None:
    assert selective.risk_coverage(SAID, TRUE, total=8).coverage.tolist() == [0.125, 0.25, 0.375, 0.5]
    assert selective.coverage_at_precision(SAID, TRUE, 0.99, total=8) == 0.25


def test_aurc_is_the_mean_risk() -> None:
    assert selective.aurc(SAID, TRUE) == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)


def test_equal_confidences_are_covered_together_in_any_order() -> None:
    said = np.array([0.5, 0.5, 0.5, 0.5])
    for wrong in range(4):
        true = np.arange(4) != wrong
        assert selective.aurc(said, true) == pytest.approx(0.25)
        assert selective.risk_coverage(said, true).risk == pytest.approx([0.25])


@pytest.mark.parametrize(("precision", "coverage"), [(0.99, 0.5), (0.75, 1.0), (0.7, 1.0)])
def test_coverage_at_precision(precision: float, coverage: float) -> None:
    assert selective.coverage_at_precision(SAID, TRUE, precision) == coverage


def test_of_no_case() -> None:
    nothing = np.zeros(0), np.zeros(0, dtype=bool)
    assert math.isnan(selective.aurc(*nothing))
    assert selective.coverage_at_precision(*nothing, 0.9) == 0


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=30), st.randoms())
def test_nothing_depends_on_the_order_of_cases(cases: list[tuple[int, bool]], random: Random) -> None:
    shuffled = list(cases)
    random.shuffle(shuffled)
    first, second = (
        selective.aurc(np.array([float(c) for c, _ in some]), np.array([t for _, t in some]))
        for some in (cases, shuffled)
    )
    assert first == pytest.approx(second)
