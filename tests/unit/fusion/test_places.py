"""Regions by where they are, against a look at each of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Box, intersection
from services.fusion.core import pool
from services.fusion.core.places import Places
from tests.unit.fusion.cases import lettering

Corners = tuple[float, float, float, float]

EDGE = st.integers(0, 12)


@st.composite
def corners(draw: st.DrawFn) -> Corners:
    """On a small grid, where boxes often touch, hold each other, and have no extent."""
    (left, right), (top, bottom) = (sorted((draw(EDGE), draw(EDGE))) for _ in range(2))
    return left, top, right, bottom


@given(st.lists(corners()), corners())
def test_around_a_box_are_those_that_share_an_area_with_it(places: list[Corners], place: Corners) -> None:
    regions, box = [lettering(f"r{number}", "word", each) for number, each in enumerate(places)], Box(*place)
    shared = [region for region in regions if intersection(region.box, box) > 0]
    assert [each for each in Places(regions).around(box) if each.box.area and box.area] == shared


@given(st.lists(corners(), max_size=12))
def test_things_that_repeat_a_better_one_are_left_out(places: list[Corners]) -> None:
    regions = [lettering(f"r{number:02}", "word", each) for number, each in enumerate(places)]
    kept: list[Box] = []
    for region in regions:
        if not any(pool.same_thing(region.box, other) for other in kept):
            kept.append(region.box)
    assert [region.box for region in pool.distinct(regions)] == kept
