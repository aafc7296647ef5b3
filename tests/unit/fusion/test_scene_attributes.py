"""Attributes and ranks: cases worked out by hand, and what scaling and order may not change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Box, Size
from services.common.plans import Aspect, Order, Rank
from services.fusion.core.scene import palette
from services.fusion.core.scene.adjectives import FITS
from services.fusion.core.scene.attributes import aspect_value, color, fits
from services.fusion.core.scene.ranks import place, ranked
from services.fusion.core.scene.relations import HOLDS_FROM
from tests.fakes.scenery import IMAGE, disc, drawn, region, regions

if TYPE_CHECKING:
    from services.common.regions import Region

BOX = (100.0, 100.0, 200.0, 200.0)
RED = region("red", BOX, colors={"red": 0.7, "dark red": 0.2, "white": 0.1})
STRIPED = region("striped", BOX, red=0.55, white=0.45)
NAVY = region("navy", BOX, colors={"dark blue": 0.9, "blue": 0.1})
SKY = region("sky", BOX, colors={"light blue": 1.0})
UNMEASURED = region("unmeasured", BOX)


def said(aspect: Aspect, each: Region) -> tuple[str, float] | None:
    """The value of an aspect, its strength to nine digits."""
    told = aspect_value(aspect, each, (), IMAGE)
    return None if told is None else (told[0], round(told[1], 9))


def test_colours_are_basic_terms() -> None:
    assert [name for name, _ in color(RED)] == ["red", "white"]
    assert [share for _, share in color(RED)] == pytest.approx([0.9, 0.1])
    assert color(UNMEASURED) == ()


@pytest.mark.parametrize(
    ("each", "value", "strength"),
    [(RED, "red", 0.9), (STRIPED, "red and white", 1.0), (NAVY, "dark blue", 1.0), (SKY, "light blue", 1.0)],
)
def test_the_colour_of_a_thing(each: Region, value: str, strength: float) -> None:
    assert said(Aspect.COLOR, each) == (value, strength)


def test_three_colours_are_named_and_no_more() -> None:
    parrot = region("parrot", BOX, red=0.3, yellow=0.25, blue=0.2, green=0.2, white=0.05)
    assert said(Aspect.COLOR, parrot) == ("red, yellow and blue", 0.75)


@pytest.mark.parametrize(
    ("word", "each", "expected"),
    [
        ("red", RED, 1.0),
        ("Red", RED, 1.0),
        ("crimson", RED, 1.0),
        ("blue", RED, 0.0),
        ("red", STRIPED, 0.55 / 0.6),
        ("white", STRIPED, 0.45 / 0.6),
        ("dark blue", NAVY, 1.0),
        ("navy", NAVY, 1.0),
        ("navy blue", NAVY, 1.0),
        ("light blue", NAVY, 0.05 / 0.6),
        ("dark blue", SKY, 0.0),
        ("bright blue", SKY, 1.0),
        ("grey", region("g", BOX, gray=0.3), 0.5),
        ("silver", region("g", BOX, gray=0.3, white=0.3), 1.0),
        ("dark", NAVY, 0.95),
        ("dark", region("b", BOX, black=1.0), 1.0),
        ("colourful", STRIPED, 0.5),
        ("plain", STRIPED, 0.55),
        ("red", UNMEASURED, None),
        ("dark", UNMEASURED, None),
        ("wooden", RED, None),
        ("open", RED, None),
        ("red hot", RED, None),
        ("", RED, None),
    ],
)
def test_how_well_a_colour_word_fits(word: str, each: Region, expected: float | None) -> None:
    assert fits(word, each, (), IMAGE) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("word", ["maroon", "teal", "beige", "golden", "violet", "pale green", "deep red"])
def test_every_other_colour_word_means_basic_ones(word: str) -> None:
    meant = palette.tone(word)
    assert meant is not None
    assert meant.basics <= palette.BASIC


SMALL, MEDIUM, LARGE = (region(f"s{side}", (0, 0, side, side)) for side in (50, 100, 200))
THREE = [SMALL, MEDIUM, LARGE]


@pytest.mark.parametrize(
    ("word", "each", "peers", "expected"),
    [
        ("large", LARGE, THREE, 1.0),  # the others' median is 6250: 40000 is more than twice that
        ("large", SMALL, THREE, 0.0),
        ("small", SMALL, THREE, 1.0),
        ("medium-sized", MEDIUM, [MEDIUM, region("p", (0, 0, 100, 100))], 1.0),
        ("large", region("l", (0, 0, 100, 141.42)), [MEDIUM], 0.5),
        ("large", region("l", (0, 0, 1000, 400)), (), 1.0),  # half of the picture
        ("small", region("l", (0, 0, 40, 40)), (), 1.0),  # a five hundredth of it
        ("tall", region("t", (0, 0, 50, 100)), (), 1.0),
        ("tall", region("t", (0, 0, 50, 141.42)), [MEDIUM], 0.5),
        ("short", region("t", (0, 0, 50, 50)), [MEDIUM], 1.0),
        ("wide", region("t", (0, 0, 200, 50)), [MEDIUM], 1.0),
        ("narrow", region("t", (0, 0, 50, 100)), [MEDIUM], 1.0),
        ("long", region("t", (0, 0, 200, 100)), (), 1.0),
        ("largest", LARGE, THREE, 1.0),
        ("largest", MEDIUM, THREE, 0.0),
        ("smallest", SMALL, THREE, 1.0),
        ("largest", LARGE, [LARGE, region("twin", (300, 0, 500, 200))], 0.5),
        ("tallest", LARGE, THREE, 1.0),
        ("tallest", SMALL, THREE, 0.0),
        ("tallest", LARGE, [region("twin", (300, 0, 500, 200))], 0.5),
        ("shortest", SMALL, THREE, 1.0),
    ],
)
def test_sizes_among_peers(word: str, each: Region, peers: list[Region], expected: float) -> None:
    assert fits(word, each, peers, IMAGE) == pytest.approx(expected, abs=1e-4)


LEFT, MIDDLE, RIGHT = (region(f"x{x}", (x, 300, x + 60, 400)) for x in (100, 400, 800))
ROW = [LEFT, MIDDLE, RIGHT]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("left", [1, 0.5, 0]),
        ("right", [0, 0.5, 1]),
        ("middle", [0, 1, 0]),
        ("leftmost", [1, 0, 0]),
        ("rightmost", [0, 0, 1]),
        ("front", [None, None, None]),
        ("nearest", [None, None, None]),
    ],
)
def test_places_among_peers(word: str, expected: list[float | None]) -> None:
    assert [fits(word, each, ROW, IMAGE) for each in ROW] == expected


def test_the_top_shelf_is_the_one_above_the_others() -> None:
    shelves = [region(f"y{y}", (100, y, 900, y + 30)) for y in (150, 400, 650)]
    assert [fits("top", each, shelves, IMAGE) for each in shelves] == [1, 0.5, 0]
    assert [fits("bottom", each, shelves, IMAGE) for each in shelves] == [0, 0.5, 1]


def test_alone_a_thing_has_the_side_of_the_picture_that_it_is_on() -> None:
    assert fits("left", LEFT, (), IMAGE) == pytest.approx(0.87)
    assert fits("right", LEFT, [LEFT], IMAGE) == pytest.approx(0.13)


SQUARE = np.ones((80, 80), dtype=np.bool_)
TRIANGLE = np.tri(80, 80, dtype=np.bool_)
ARROWHEAD = np.array([[abs(x - 39.5) <= y / 2 for x in range(80)] for y in range(80)], dtype=np.bool_)
BAR = np.ones((20, 160), dtype=np.bool_)
SLANTED = np.array([[abs(x - y) <= 12 for x in range(140)] for y in range(140)], dtype=np.bool_)


@pytest.mark.parametrize(
    ("figure", "shape", "orientation"),
    [
        (disc(80), "round", None),
        (SQUARE, "square", None),
        (ARROWHEAD, "triangular", None),
        (disc(60, 150), "oval", "lying"),
        (BAR, "rectangular", "lying"),
        (BAR.T, "rectangular", "upright"),
        (SLANTED, "long", "tilted"),
    ],
)
def test_shape_and_orientation_of_a_mask(figure: np.ndarray, shape: str | None, orientation: str | None) -> None:
    each = drawn("m", figure, (300, 200))
    told = [aspect_value(aspect, each, (), IMAGE) for aspect in (Aspect.SHAPE, Aspect.ORIENTATION)]
    for value, expected in zip(told, (shape, orientation), strict=True):
        if expected is None:
            assert value is None or value[1] < HOLDS_FROM
        else:
            assert value is not None
            assert value[0] == expected
            assert value[1] >= HOLDS_FROM


def test_of_a_box_only_its_length_is_told() -> None:
    assert aspect_value(Aspect.SHAPE, region("b", (0, 0, 100, 100)), (), IMAGE) is None
    assert aspect_value(Aspect.SHAPE, region("b", (0, 0, 300, 100)), (), IMAGE) == ("long", 1.0)
    assert aspect_value(Aspect.SHAPE, region("b", (0, 0, 100, 300)), (), IMAGE) == ("tall", 1.0)
    assert fits("round", region("b", (0, 0, 100, 100)), (), IMAGE) is None
    assert fits("tilted", region("b", (0, 0, 100, 100)), (), IMAGE) is None


@pytest.mark.parametrize(
    ("aspect", "corners", "expected"),
    [
        (Aspect.LEFTNESS, (0, 0, 100, 100), "on the left"),
        (Aspect.LEFTNESS, (450, 0, 550, 100), "in the middle"),
        (Aspect.LEFTNESS, (900, 0, 1000, 100), "on the right"),
        (Aspect.HEIGHT, (900, 0, 1000, 100), "at the top"),
        (Aspect.HEIGHT, (900, 700, 1000, 800), "at the bottom"),
    ],
)
def test_where_in_the_picture(aspect: Aspect, corners: tuple[float, float, float, float], expected: str) -> None:
    assert said(aspect, region("w", corners)) == (expected, 1.0)


def test_at_the_limit_of_two_thirds_of_the_picture_it_is_a_toss() -> None:
    told = aspect_value(Aspect.LEFTNESS, region("w", (323.3, 0, 343.3, 10)), (), IMAGE)
    assert told is not None
    assert told[1] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("nearness", "expected"), [(0.95, "near"), (0.5, "neither near nor far"), (0.0, "far away")])
def test_nearness_in_words(nearness: float, expected: str) -> None:
    told = aspect_value(Aspect.NEARNESS, region("n", BOX, nearness=nearness), (), IMAGE)
    assert told is not None
    assert told[0] == expected


@pytest.mark.parametrize("aspect", [Aspect.MATERIAL, Aspect.CONDITION, Aspect.NUMBER, Aspect.NONE])
def test_what_pixels_do_not_tell(aspect: Aspect) -> None:
    assert aspect_value(aspect, RED, (), IMAGE) is None


@pytest.mark.parametrize("aspect", [Aspect.COLOR, Aspect.NEARNESS])
def test_what_was_not_measured_is_not_told(aspect: Aspect) -> None:
    assert aspect_value(aspect, UNMEASURED, (), IMAGE) is None


@given(regions(), st.lists(regions("peer"), max_size=3), st.sampled_from([0.5, 2, 5]))
def test_fits_are_strengths_whatever_the_scale(each: Region, peers: list[Region], scale: float) -> None:
    def scaled(one: Region) -> Region:
        box = one.box
        return replace(one, box=Box(*(edge * scale for edge in (box.x_min, box.y_min, box.x_max, box.y_max))))

    size = Size(round(IMAGE.width * scale), round(IMAGE.height * scale))
    named = [replace(peer, id=f"p{number}") for number, peer in enumerate(peers)]
    for word in (*FITS, "red", "dark blue"):
        fit = fits(word, each, named, IMAGE)
        assert fit is None or 0 <= fit <= 1
        assert fits(word, scaled(each), [scaled(peer) for peer in named], size) == pytest.approx(fit, abs=1e-6)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order.FROM_LEFT, ["a", "b", "c"]),
        (Order.FROM_RIGHT, ["c", "b", "a"]),
        (Order.FROM_TOP, ["c", "b", "a"]),
        (Order.FROM_BOTTOM, ["a", "b", "c"]),
        (Order.LARGEST, ["b", "a", "c"]),
        (Order.SMALLEST, ["c", "a", "b"]),
        (Order.NEAREST, ["a", "c", "b"]),
        (Order.FARTHEST, ["b", "c", "a"]),
    ],
)
def test_orders(order: Order, expected: list[str]) -> None:
    a = region("a", (0, 400, 100, 500), nearness=0.9)
    b = region("b", (200, 200, 400, 400), nearness=0.1)
    c = region("c", (600, 0, 650, 50), nearness=0.5)
    assert [each.id for each in ranked([b, c, a], order)] == expected
    for number, name in enumerate(expected, start=1):
        found = place([b, c, a], Rank(order, number))
        assert found is not None
        assert (found[0].id, found[1]) == (name, 1.0)
    assert place([b, c, a], Rank(order, 4)) is None


def test_a_tie_has_no_margin_and_a_fixed_order() -> None:
    one, other = region("one", (0, 0, 50, 50)), region("other", (0, 300, 50, 350))
    assert ranked([other, one], Order.FROM_LEFT) == ranked([one, other], Order.FROM_LEFT) == [one, other]
    found = place([other, one], Rank(Order.FROM_LEFT, 1))
    assert found == (one, 0.0)


def test_a_margin_is_to_the_nearer_neighbour() -> None:
    line = [region("a", (0, 0, 100, 50)), region("b", (20, 100, 120, 150)), region("c", (500, 0, 600, 50))]
    found = place(line, Rank(Order.FROM_LEFT, 2))
    assert found is not None
    assert found[1] == pytest.approx(20 / 25)
    assert place(line[:1], Rank(Order.FROM_LEFT, 1)) == (line[0], 1.0)
    assert place([], Rank(Order.FROM_LEFT, 1)) is None


def test_where_one_distance_is_unknown_so_is_the_order() -> None:
    known, unknown = region("k", BOX, nearness=0.4), region("u", BOX)
    assert ranked([known, unknown], Order.NEAREST) == [known]
    assert place([known, unknown], Rank(Order.NEAREST, 1)) is None


@given(st.lists(regions(), max_size=6), st.sampled_from(Order), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(scene: list[Region], order: Order, random: object) -> None:
    named = [replace(each, id=f"r{number}") for number, each in enumerate(scene)]
    shuffled = list(named)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert ranked(named, order) == ranked(shuffled, order)
