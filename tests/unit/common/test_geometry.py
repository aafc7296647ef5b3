"""The algebra of boxes and of the maps between frames."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import geometry
from services.common.geometry import NO_BOXES, Box, Size, Transform

COORDINATE = st.floats(-1e5, 1e5, allow_nan=False)
EXTENT = st.floats(0.01, 1e5, allow_nan=False)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    x, y, width, height = draw(COORDINATE), draw(COORDINATE), draw(EXTENT), draw(EXTENT)
    return Box(x, y, x + width, y + height)


@st.composite
def transforms(draw: st.DrawFn) -> Transform:
    scale = st.floats(0.01, 100)
    return Transform(draw(scale), draw(scale), draw(COORDINATE), draw(COORDINATE), Size(10, 10))


def test_the_docstring_examples_hold() -> None:
    assert doctest.testmod(geometry).failed == 0


@given(boxes(), boxes())
def test_iou_is_symmetric_within_0_and_1_and_whole_only_for_equals(a: Box, b: Box) -> None:
    assert geometry.iou(a, b) == pytest.approx(geometry.iou(b, a))
    assert 0 <= geometry.iou(a, b) <= 1 + 1e-9
    assert geometry.iou(a, a) == pytest.approx(1)


@given(boxes(), boxes())
def test_one_pair_overlaps_as_it_does_among_many(a: Box, b: Box) -> None:
    one, other = a.as_array()[None], b.as_array()[None]
    assert geometry.iou(a, b) == pytest.approx(geometry.ious(one, other)[0, 0])
    assert geometry.intersection(a, b) == pytest.approx(geometry.intersections(one, other)[0, 0])


def test_empty_boxes_overlap_nothing() -> None:
    empty = Box(3, 3, 3, 3)
    assert geometry.iou(empty, empty) == geometry.coverage(empty, Box(0, 0, 9, 9)) == 0


@given(boxes(), boxes())
def test_a_box_covered_by_another_overlaps_it(a: Box, b: Box) -> None:
    if geometry.coverage(a, b) > 0:
        assert geometry.iou(a, b) > 0


@given(transforms(), st.lists(st.tuples(COORDINATE, COORDINATE), min_size=1, max_size=5))
def test_a_map_is_undone_exactly(transform: Transform, points: list[tuple[float, float]]) -> None:
    there = transform.forward(np.array(points))
    assert transform.backward(there) == pytest.approx(np.array(points), abs=1e-4)


@given(transforms(), transforms(), st.tuples(COORDINATE, COORDINATE))
def test_a_chain_of_maps_is_one_map(first: Transform, second: Transform, point: tuple[float, float]) -> None:
    at = np.array([point])
    assert first.then(second).forward(at) == pytest.approx(second.forward(first.forward(at)), rel=1e-6, abs=1e-2)


@given(boxes())
def test_clamping_twice_changes_nothing_and_keeps_boxes_inside(box: Box) -> None:
    size = Size(640, 480)
    once = geometry.clamped(box.as_array()[None], size)
    assert (geometry.clamped(once, size) == once).all()
    assert (once >= 0).all()
    assert (once <= (640, 480, 640, 480)).all()


def test_empty_arrays_stay_empty() -> None:
    assert geometry.ious(NO_BOXES, NO_BOXES).shape == (0, 0)
    assert geometry.valid(NO_BOXES).shape == (0,)
    assert geometry.bounds(np.zeros((0, 4, 2))).shape == (0, 4)


@pytest.mark.parametrize(
    ("box", "is_valid"),
    [
        ((0, 0, 1, 1), True),
        ((1, 0, 0, 1), False),
        ((0, 0, 0, 1), False),
        ((np.nan, 0, 1, 1), False),
        ((0, 0, np.inf, 1), False),
    ],
)
def test_valid(box: tuple[float, float, float, float], is_valid: bool) -> None:  # noqa: FBT001 - a table's column
    assert geometry.valid(np.array([box], dtype=float))[0] == is_valid
