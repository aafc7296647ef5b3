from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.perception.core import polygons

points = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=3, max_size=8)
SQUARE = polygons.ring([(0, 0), (4, 0), (4, 4), (0, 4)])
DIAMOND = polygons.ring([(2, -2), (6, 2), (2, 6), (-2, 2)])


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        ((), 0),
        (SQUARE, 16),
        (polygons.ring([(1, 1), (2, 1), (2, 2), (1, 2)]), 1),
        (polygons.ring([(4, 0), (8, 0), (8, 4), (4, 4)]), 0),
        (polygons.ring([(9, 9), (10, 9), (10, 10)]), 0),
        (polygons.ring([(0, 0), (4, 0), (4, 4)]), 8),
        (DIAMOND, 16),
        (polygons.ring([(0, 0), (4, 4)]), 0),
    ],
)
def test_known_areas(other: polygons.Ring, shared: float) -> None:
    assert polygons.shared_area(SQUARE, other) == pytest.approx(shared)


@given(points, points)
def test_sharing_is_mutual_and_never_more_than_either(one: list[polygons.Point], other: list[polygons.Point]) -> None:
    a, b = polygons.ring(one), polygons.ring(other)
    shared = polygons.shared_area(a, b)
    assert shared == pytest.approx(polygons.shared_area(b, a), abs=1e-6)
    assert shared <= min(polygons.area(a), polygons.area(b)) + 1e-6


@given(points)
def test_a_ring_shares_all_of_itself(outline: list[polygons.Point]) -> None:
    hull = polygons.ring(outline)
    assert polygons.area(hull) >= 0
    assert polygons.shared_area(hull, hull) == pytest.approx(polygons.area(hull))
