from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import InvalidField
from services.common.geometry import Box, Size
from services.perception.core import views
from services.perception.core.views import View, ViewRule

RULE = ViewRule(side=2000, overlap=192, max_enlarged=8)

sizes = st.builds(Size, st.integers(8, 9000), st.integers(8, 9000))
rules = st.builds(ViewRule, side=st.integers(256, 2000), overlap=st.integers(0, 128), max_enlarged=st.integers(1, 40))
fractions = st.floats(0, 1)


@st.composite
def boxes_within(draw: st.DrawFn, size: Size) -> Box:
    x_min, x_max = sorted((draw(fractions) * (size.width - 1), draw(fractions) * (size.width - 1)))
    y_min, y_max = sorted((draw(fractions) * (size.height - 1), draw(fractions) * (size.height - 1)))
    return Box(x_min, y_min, x_max + 0.5, y_max + 0.5)


@st.composite
def looks(draw: st.DrawFn) -> tuple[Size, Box | None, ViewRule, tuple[View, ...]]:
    size, rule = draw(sizes), draw(rules)
    area = draw(st.none() | boxes_within(size))
    inside = views.clipped_area(area, size, field="area")
    try:
        return size, inside, rule, views.views(size, inside, rule, enlarged=draw(st.booleans()))
    except InvalidField:
        # Long strips under a small rule: refused, which has a test of its own.
        return size, inside, rule, ()


@given(looks(), st.lists(st.tuples(fractions, fractions), min_size=1, max_size=5))
def test_any_point_survives_the_way_into_a_view_and_back(
    look: tuple[Size, Box | None, ViewRule, tuple[View, ...]], shares: list[tuple[float, float]]
) -> None:
    size, _, _, shown = look
    points = np.array(shares) * (size.width, size.height)
    for view in shown:
        assert view.transform.backward(view.transform.forward(points)) == pytest.approx(points, abs=1e-6)


@given(looks())
def test_a_view_shows_exactly_its_window(look: tuple[Size, Box | None, ViewRule, tuple[View, ...]]) -> None:
    for view in look[3]:
        seen = view.transform.output_size
        corners = np.array([[view.window.x_min, view.window.y_min], [view.window.x_max, view.window.y_max]])
        assert view.transform.forward(corners) == pytest.approx(np.array([[0, 0], [seen.width, seen.height]]), abs=1e-6)


@given(looks())
def test_views_lie_in_the_image_on_whole_pixels_and_cover_what_was_asked(
    look: tuple[Size, Box | None, ViewRule, tuple[View, ...]],
) -> None:
    size, area, _, shown = look
    for view in shown:
        edges = view.window.as_array()
        assert (edges == edges.round()).all()
        assert view.window.grown(0, size) == view.window
    if shown:
        wanted = area or views.whole(size)
        assert min(view.window.x_min for view in shown) <= wanted.x_min
        assert min(view.window.y_min for view in shown) <= wanted.y_min
        assert max(view.window.x_max for view in shown) >= wanted.x_max
        assert max(view.window.y_max for view in shown) >= wanted.y_max


@given(sizes, rules)
def test_no_side_of_an_enlarged_view_is_over_the_rule(size: Size, rule: ViewRule) -> None:
    if views.tile_count(views.whole(size), 1.0, rule) > views.MAX_VIEWS:
        return
    for view in views.views(size, None, rule, enlarged=True):
        assert max(view.transform.output_size.width, view.transform.output_size.height) <= rule.side


@given(st.integers(1, 60_000_000), st.integers(2, 2000), st.data())
def test_spans_cover_a_length_in_few_equal_parts_with_the_promised_overlap(
    length: int, side: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, side // 2))
    if length > side and (length - overlap) / (side - overlap) > 10_000:
        length = side * 100
    spans = views.spans(length, side, overlap)
    assert spans[0][0] == 0
    assert spans[-1][1] == length
    assert {stop - start for start, stop in spans} == {spans[0][1]}
    assert spans[0][1] <= side
    for (_, before), (after, _) in pairwise(spans):
        assert before - after >= overlap
    # One span fewer would not reach.
    assert len(spans) == 1 or (len(spans) - 1) * side - (len(spans) - 2) * overlap < length


@pytest.mark.parametrize(
    ("size", "enlarged", "count", "scale"),
    [
        (Size(741, 500), False, 1, 1.0),
        (Size(741, 500), True, 1, 2.0),
        # Two tiles, and the whole once more.
        (Size(990, 1400), True, 3, 2.0),
        # Too many at twice the size: its own size, 5 by 3, and the whole once more.
        (Size(7680, 4320), True, 16, 1.0),
        # A 50-megapixel panorama: 11 by 2, and no overview in which nothing could be read.
        (Size(20_000, 2_500), True, 22, 1.0),
        # A strip one pixel high.
        (Size(30_000, 1), True, 17, 1.0),
        (Size(8, 8), True, 1, 2.0),
    ],
)
def test_how_often_a_model_is_asked(size: Size, enlarged: bool, count: int, scale: float) -> None:  # noqa: FBT001
    shown = views.views(size, None, RULE, enlarged=enlarged)
    assert len(shown) == count
    assert shown[0].transform.scale_x == pytest.approx(scale, rel=0.01)


def test_a_look_of_thousands_of_calls_is_refused() -> None:
    with pytest.raises(InvalidField) as refused:
        views.views(Size(4_000_000, 8), None, RULE, enlarged=True)
    assert refused.value.field == "area"


def test_the_whole_is_shown_beside_its_tiles_but_not_where_it_would_shrink_to_nothing() -> None:
    assert views.views(Size(990, 1400), None, RULE, enlarged=True)[-1].window == Box(0, 0, 990, 1400)
    assert views.whole(Size(20_000, 2_500)) not in [
        view.window for view in views.views(Size(20_000, 2_500), None, RULE, enlarged=True)
    ]


@pytest.mark.parametrize(
    ("area", "window", "scale"),
    [
        # A word: at least 40 pixels around it, four times as large.
        (Box(356, 328, 383, 343), Box(316, 288, 423, 383), 4.0),
        # A paragraph: half as much again as its height around it, as large as fits under 960 pixels.
        (Box(100, 100, 300, 150), Box(25, 25, 375, 225), 960 / 350),
        # A large part of the picture: 128 pixels around it and the picture's edge, twice as large.
        (Box(130, 130, 700, 450), Box(2, 2, 741, 500), 2.0),
    ],
)
def test_an_area_is_shown_with_its_neighbourhood_enlarged(area: Box, window: Box, scale: float) -> None:
    (view,) = views.views(Size(741, 500), area, RULE, enlarged=True)
    assert view.window == window
    assert view.transform.scale_x == pytest.approx(scale, rel=0.005)


def test_an_area_of_the_fast_tier_is_shown_with_its_neighbourhood_at_its_own_size() -> None:
    (view,) = views.views(Size(741, 500), Box(356, 328, 383, 343), RULE, enlarged=False)
    assert view.window == Box(316, 288, 423, 383)
    assert view.transform.scale_x == 1.0


def test_an_area_is_clipped_to_the_image() -> None:
    assert views.clipped_area(Box(-5, 10, 50, 200), Size(40, 40), field="area") == Box(0, 10, 40, 40)
    assert views.clipped_area(None, Size(40, 40), field="area") is None


@pytest.mark.parametrize("area", [Box(40, 0, 50, 10), Box(-9, -9, 0, 5), Box(0, 100, 9, 200)])
def test_an_area_outside_the_image_is_refused_by_its_name(area: Box) -> None:
    with pytest.raises(InvalidField) as refused:
        views.clipped_area(area, Size(40, 40), field="box")
    assert refused.value.field == "box"


def test_only_inner_edges_cut() -> None:
    size = Size(990, 1400)
    first = views.views(size, None, RULE, enlarged=True)[0]
    bottom = first.window.y_max
    assert first.cuts(Box(10, bottom - 30, 90, bottom - 2), size)
    assert not first.cuts(Box(10, bottom - 40, 90, bottom - 6), size)
    assert not first.cuts(Box(0, 0, 990, 20), size)
