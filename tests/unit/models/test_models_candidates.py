"""From what a detector thinks of every place to the boxes that it means."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.unit.models.runner_modules import runner_module

candidates = runner_module("candidates")

ALL = candidates.Rule(threshold=0.0, nms_iou=1.0, most=100, most_in_all=1000)
BOXES = arrays.arrays(np.float32, (6, 4), elements=st.integers(-5, 25).map(float))
SCORES = arrays.arrays(np.float32, (6, 2), elements=st.floats(0, 1, width=32))


def seen(boxes: Any, scores: Any) -> Any:
    boxes = np.asarray(boxes, np.float32)
    vectors = np.arange(len(boxes), dtype=np.float32)[:, None]
    return candidates.Candidates(
        boxes, np.asarray(scores, np.float32), vectors, candidates.PhraseNotes.of(len(scores[0]))
    )


def test_a_place_is_given_once_for_every_phrase_that_it_answers() -> None:
    found = candidates.select(
        seen([[0, 0, 5, 5], [4, 4, 9, 9]], [[0.9, 0.6], [0.2, 0.8]]), (10, 10), candidates.Rule(0.5, 1.0, 100, 1000)
    )

    assert found.phrase.tolist() == [0, 1, 1]
    assert np.allclose(found.scores, [0.9, 0.8, 0.6])
    assert found.boxes_xyxy.tolist() == [[0, 0, 5, 5], [4, 4, 9, 9], [0, 0, 5, 5]]
    assert found.embeddings[:, 0].tolist() == [0, 1, 0]


def test_boxes_are_clipped_and_those_outside_left_out() -> None:
    found = candidates.select(
        seen([[-5, -5, 5, 5], [8, 8, 20, 30], [12, 1, 15, 5], [3, 3, 3, 9], [9, 9, 1, 1]], [[0.5]] * 5), (10, 12), ALL
    )

    assert found.boxes_xyxy.tolist() == [[0, 0, 5, 5], [8, 8, 10, 12]]


def test_of_overlapping_boxes_for_one_phrase_the_best_stays() -> None:
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [0, 5, 10, 15]]

    found = candidates.select(
        seen(boxes, [[0.5, 0.9], [0.6, 0.1], [0.7, 0.2]]), (20, 20), candidates.Rule(0, 0.7, 100, 1000)
    )

    first = found.boxes_xyxy[found.phrase == 0].tolist()
    second = found.boxes_xyxy[found.phrase == 1].tolist()
    assert first == [[0, 5, 10, 15], [0, 0, 10, 9]]
    assert second == [[0, 0, 10, 10], [0, 5, 10, 15]]


def test_the_best_of_too_many_are_given() -> None:
    scores = np.linspace(0.1, 0.9, 50)[:, None]

    found = candidates.select(seen([[0, 0, 5, 5]] * 50, scores), (10, 10), candidates.Rule(0, 1.0, 3, 1000))

    assert np.allclose(found.scores, scores[:-4:-1, 0])


def test_nothing_at_all_keeps_the_shapes() -> None:
    nothing = np.zeros((0, 4), np.float32)

    found = candidates.select(
        candidates.Candidates(nothing, nothing[:, :0], nothing[:, :3], candidates.PhraseNotes.of(0)), (10, 10), ALL
    )

    assert found.boxes_xyxy.shape == (0, 4)
    assert found.phrase.shape == found.scores.shape == (0,)
    assert found.embeddings.shape == (0, 3)


@given(boxes=BOXES, scores=SCORES, threshold=st.floats(0, 1, width=32), iou=st.floats(0, 1, width=32))
def test_what_is_given_obeys_the_rule(boxes: Any, scores: Any, threshold: float, iou: float) -> None:
    found = candidates.select(seen(boxes, scores), (20, 20), candidates.Rule(threshold, iou, 4, 6))

    assert (found.scores > threshold).all()
    assert (np.diff(found.scores) <= 0).all()
    assert (found.boxes_xyxy >= 0).all()
    assert (found.boxes_xyxy <= 20).all()
    for phrase in range(2):
        own = found.boxes_xyxy[found.phrase == phrase]
        assert len(own) <= 3
        for number, box in enumerate(own):
            assert iou >= 1 or (candidates.overlaps(box, own[number + 1 :]) <= iou).all()


def test_fractions_of_a_frame_become_pixels() -> None:
    boxes = np.array([[0.5, 0.5, 1, 1], [0.25, 0.5, 0.5, 0.2]], np.float32)

    assert np.allclose(candidates.corners_of(boxes, (200, 100)), [[0, 0, 200, 100], [0, 40, 100, 60]])
