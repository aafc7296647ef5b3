"""Regions over a picture: order, tones, names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Box, Size
from services.console.core.overlay import BELOW, PLAIN, Leg, Place, excerpt, shapes

SIZE = Size(741, 500)
SMALL = Place("small", Box(100, 100, 120, 110), ((100, 100), (120, 101), (119, 110)))
LARGE = Place("large", Box(50, 50, 400, 400))


def test_no_regions_draw_nothing() -> None:
    assert shapes(SIZE, [], [Leg("c1", "r1", "supported")]) == ()


def test_cited_lies_over_uncited_and_small_over_large() -> None:
    other = Place("other", Box(0, 0, 5, 5))
    legs = [Leg("c1", "small", "supported"), Leg("c1", "large", "supported")]
    assert [shape.place.id for shape in shapes(SIZE, [SMALL, other, LARGE], legs)] == ["other", "large", "small"]


def test_the_first_claim_gives_the_tone_and_every_claim_is_named_once() -> None:
    legs = [Leg("c2", "small", "contradicted"), Leg("c3", "small", "supported"), Leg("c2", "small", "supported")]
    (shape,) = shapes(SIZE, [SMALL], legs)
    assert (shape.tone, shape.claim_ids) == ("contradicted", ("c2", "c3"))


def test_a_region_that_no_claim_cites_is_plain() -> None:
    (shape,) = shapes(SIZE, [LARGE], [])
    assert (shape.tone, shape.claim_ids, shape.points) == (PLAIN, (), "")


def test_an_outline_is_written_as_svg_wants_it() -> None:
    (shape,) = shapes(SIZE, [SMALL], [])
    assert shape.points == "100.0,100.0 120.0,101.0 119.0,110.0"


def test_a_name_at_the_upper_edge_stands_below() -> None:
    (shape,) = shapes(SIZE, [Place("r1", Box(10, 0, 60, 20))], [Leg("c1", "r1", "supported")])
    assert (shape.name_side, shape.name_y) == (BELOW, 20)


def test_names_of_neighbours_do_not_cover_each_other() -> None:
    near = [Place("r1", Box(356, 329, 382, 342)), Place("r2", Box(360, 338, 377, 346))]
    drawn = shapes(SIZE, near, [Leg("c1", "r1", "supported"), Leg("c2", "r2", "unverified")])
    assert len({shape.name_side for shape in drawn}) == 2


@given(st.floats(0, 700), st.floats(0, 480), st.floats(1, 41), st.floats(1, 20))
def test_an_excerpt_holds_the_box_and_stays_in_the_picture(x: float, y: float, width: float, height: float) -> None:
    box = Box(x, y, x + width, y + height)
    cut = excerpt(box, SIZE)
    assert cut.x_min <= box.x_min
    assert cut.y_min <= box.y_min
    assert box.x_max <= cut.x_max <= SIZE.width
    assert box.y_max <= cut.y_max <= SIZE.height
