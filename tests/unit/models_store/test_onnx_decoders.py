"""Decoders of ONNX detectors: known answers, worked out by hand, one a format; and what makes a choice a choice."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

WIDE = (200, 100)
"""Width and height of the network's input in these tests."""


def check(found: Any, boxes: list[list[float]], classes: list[int], scores: list[float]) -> None:
    np.testing.assert_allclose(found.boxes_xyxy, np.array(boxes), atol=1e-9)
    assert found.classes.tolist() == classes
    np.testing.assert_allclose(found.scores, scores, atol=1e-9)


def test_fastestdet_grid(decoders: Any) -> None:
    grid = np.zeros((1, 7, 2, 4))  # 2 rows, 4 columns, 2 classes
    # The cell in row 1, column 2: half a cell to the right, a quarter of one up; 0.5 wide, 0.2 high.
    grid[0, :, 1, 2] = [0.5, math.atanh(0.5), math.atanh(-0.25), 0.0, math.log(0.25), 0.2, 0.8]

    found = decoders.fastestdet_grid([grid], WIDE)

    cell = 1 * 4 + 2
    center_x, center_y = 2.5 / 4 * 200, 0.75 / 2 * 100
    np.testing.assert_allclose(
        found.boxes_xyxy[cell], [center_x - 50, center_y - 10, center_x + 50, center_y + 10], atol=1e-9
    )
    assert found.classes[cell] == 1
    assert found.scores[cell] == pytest.approx(0.5**0.6 * 0.8**0.4)
    assert (np.delete(found.scores, cell) == 0).all()


def test_yolo_xywh_obj_cls(decoders: Any) -> None:
    rows = np.array([[[100, 50, 40, 20, 0.5, 0.1, 0.8]]])
    check(decoders.yolo_xywh_obj_cls([rows], WIDE), [[80, 40, 120, 60]], [1], [0.4])


def test_yolo_cxcywh_cls(decoders: Any) -> None:
    columns = np.array([[[100, 10], [50, 10], [40, 2], [20, 4], [0.7, 0.0], [0.1, 0.3]]])
    check(decoders.yolo_cxcywh_cls([columns], WIDE), [[80, 40, 120, 60], [9, 8, 11, 12]], [0, 1], [0.7, 0.3])


def test_yolo_xyxy_score_cls(decoders: Any) -> None:
    rows = np.array([[[80, 40, 120, 60, 0.9, 3.0]]])
    check(decoders.yolo_xyxy_score_cls([rows], WIDE), [[80, 40, 120, 60]], [3], [0.9])


def test_detr_cxcywh_logits(decoders: Any) -> None:
    boxes, logits = np.array([[[0.5, 0.5, 0.2, 0.2]]]), np.array([[[-50.0, math.log(3)]]])
    check(decoders.detr_cxcywh_logits([boxes, logits], WIDE), [[80, 40, 120, 60]], [1], [0.75])


@pytest.mark.parametrize("batch", [(), (1,)])
def test_xyxy_labels_scores(decoders: Any, batch: tuple[int, ...]) -> None:
    boxes, labels, scores = np.array([[80, 40, 120, 60.0]]), np.array([2]), np.array([0.6])
    outputs = [each.reshape(*batch, *each.shape) for each in (boxes, labels, scores)]
    check(decoders.xyxy_labels_scores(outputs, WIDE), [[80, 40, 120, 60]], [2], [0.6])


WRONG: dict[str, list[list[Any]]] = {
    "fastestdet_grid": [[np.zeros((1, 5, 2, 2))], [np.zeros((2, 7, 2, 2))], [np.zeros((7, 2, 2))], []],
    "yolo_xywh_obj_cls": [[np.zeros((1, 3, 5))], [np.zeros((3, 7))]],
    "yolo_cxcywh_cls": [[np.zeros((1, 4, 3))], [np.full((1, 6, 3), np.nan)]],
    "yolo_xyxy_score_cls": [[np.zeros((1, 3, 7))], [np.zeros((1, 3, 6)), np.zeros(3)]],
    "detr_cxcywh_logits": [[np.zeros((1, 3, 4)), np.zeros((1, 2, 5))], [np.zeros((1, 3, 5)), np.zeros((1, 3, 5))]],
    "xyxy_labels_scores": [[np.zeros((3, 4)), np.zeros(3), np.zeros(2)], [np.zeros((3, 5)), np.zeros(3), np.zeros(3)]],
}


@pytest.mark.parametrize(("name", "outputs"), [(name, each) for name, many in WRONG.items() for each in many])
def test_what_is_not_of_the_format_is_refused(decoders: Any, name: str, outputs: list[Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - NumPy words some of them
        decoders.DECODERS[name](outputs, WIDE)


def test_the_better_of_two_that_overlap_stays_and_another_class_is_left_alone(decoders: Any) -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [1, 0, 11, 10], [50, 50, 60, 60]], np.float64)
    found = decoders.Candidates(boxes, np.array([0, 0, 1, 0]), np.array([0.6, 0.9, 0.5, 0.2]))

    kept = decoders.chosen(found, threshold=0.3, nms_iou=0.45)

    check(kept, [[1, 0, 11, 10], [1, 0, 11, 10]], [0, 1], [0.9, 0.5])


CANDIDATES = st.integers(0, 30).flatmap(
    lambda count: st.tuples(
        arrays.arrays(np.float64, (count, 2), elements=st.floats(0, 50)),
        arrays.arrays(np.float64, (count, 2), elements=st.floats(0, 50)),
        arrays.arrays(np.int64, count, elements=st.integers(0, 2)),
        arrays.arrays(np.float64, count, elements=st.floats(0, 1)),
    )
)


@given(CANDIDATES, st.floats(0, 1), st.floats(0, 1))
def test_what_is_chosen_repeats_nothing_and_is_chosen_again(
    decoders: Any, parts: Any, threshold: float, nms_iou: float
) -> None:
    corners, sides, classes, scores = parts
    found = decoders.Candidates(np.concatenate([corners, corners + sides], axis=1), classes, scores)

    kept = decoders.chosen(found, threshold=threshold, nms_iou=nms_iou)

    assert (kept.scores >= threshold).all()
    assert (np.diff(kept.scores) <= 0).all()
    for number, box in enumerate(kept.boxes_xyxy):
        rivals = kept.boxes_xyxy[:number][kept.classes[:number] == kept.classes[number]]
        assert (decoders.ious(box, rivals) <= nms_iou).all()
    again = decoders.chosen(kept, threshold=threshold, nms_iou=nms_iou)
    np.testing.assert_array_equal(again.boxes_xyxy, kept.boxes_xyxy)
