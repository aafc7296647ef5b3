from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire.evaluation.metrics import boxes

if TYPE_CHECKING:
    from groundwire.evaluation.examples import Box

SQUARE = (0.0, 0.0, 10.0, 10.0)
corner = st.floats(0, 100)
box = st.tuples(corner, corner, st.floats(1, 50), st.floats(1, 50)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
some = st.lists(box, min_size=1, max_size=5)


def test_iou_overlap_and_pointing_of_hand_worked_pairs() -> None:
    a = boxes.as_array([SQUARE])
    b = boxes.as_array([SQUARE, (5, 0, 15, 10), (20, 20, 30, 30), (2, 2, 4, 4)])
    assert boxes.ious(a, b)[0] == pytest.approx([1, 50 / 150, 0, 4 / 100])
    assert boxes.overlaps(a, b)[0] == pytest.approx([1, 0.5, 0, 1])
    assert boxes.points_into(a, b)[0].tolist() == [True, True, False, False]
    assert boxes.points_into(b, a)[:, 0].tolist() == [True, True, False, True]


def test_an_empty_box_has_no_iou_with_anything() -> None:
    nothing = boxes.as_array([(3, 3, 3, 3)])
    assert boxes.ious(nothing, nothing).tolist() == [[0.0]]


@pytest.mark.parametrize(("threshold", "share"), [(0.5, 0.75), (0.75, 0.5), (0.9, 0.25)])
def test_accuracy_at_counts_the_threshold_itself(threshold: float, share: float) -> None:
    assert boxes.accuracy_at(np.array([0.2, 0.5, 0.75, 0.95]), threshold) == share


def test_accuracy_of_nothing_is_not_a_number() -> None:
    assert np.isnan(boxes.accuracy_at(np.zeros(0), 0.5))


def test_matching_takes_the_best_pair_first_and_each_box_once() -> None:
    pair_ious = np.array([[0.9, 0.8], [0.85, 0.1]])
    assert boxes.one_to_one(pair_ious, 0.5) == [(0, 0)]
    assert boxes.one_to_one(pair_ious, 0.05) == [(0, 0), (1, 1)]


@pytest.mark.parametrize(
    ("predicted", "gold", "expected"),
    [
        ([], [], 1.0),
        ([SQUARE], [], 0.0),
        ([], [SQUARE], 0.0),
        ([SQUARE, (50, 50, 60, 60)], [SQUARE], 2 / 3),
        ([SQUARE, SQUARE], [SQUARE], 2 / 3),
        ([SQUARE, (20, 20, 30, 30)], [(20, 20, 30, 30), SQUARE], 1.0),
    ],
)
def test_f1_follows_grec_with_no_target_included(predicted: list[Box], gold: list[Box], expected: float) -> None:
    assert boxes.f1(boxes.as_array(predicted), boxes.as_array(gold)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("predicted", "gold", "expected"),
    [
        ([], [], 1.0),
        ([SQUARE], [], 0.0),
        ([], [SQUARE], 0.0),
        # Two halves of a square are the square; overlapping boxes count once.
        ([(0, 0, 5, 10), (5, 0, 10, 10)], [SQUARE], 1.0),
        ([(0, 0, 8, 10), (2, 0, 10, 10)], [SQUARE], 1.0),
        ([SQUARE], [SQUARE, (10, 0, 20, 10)], 0.5),
    ],
)
def test_region_iou_is_of_unions_and_1_for_nothing_and_nothing(
    predicted: list[Box], gold: list[Box], expected: float
) -> None:
    assert boxes.region_iou(boxes.as_array(predicted), boxes.as_array(gold)) == pytest.approx(expected)


@given(some, some)
def test_ious_are_symmetric_and_between_0_and_1(a: list[Box], b: list[Box]) -> None:
    there, back = (boxes.ious(boxes.as_array(x), boxes.as_array(y)) for x, y in ((a, b), (b, a)))
    assert np.allclose(there, back.T)
    assert ((there >= 0) & (there <= 1 + 1e-9)).all()


@given(box, box)
def test_region_iou_of_single_boxes_is_their_iou(a: Box, b: Box) -> None:
    one, other = boxes.as_array([a]), boxes.as_array([b])
    assert boxes.region_iou(one, other) == pytest.approx(float(boxes.ious(one, other)[0, 0]), abs=1e-9)
