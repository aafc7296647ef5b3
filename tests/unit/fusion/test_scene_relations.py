"""Relations: pictures worked out by hand, and the algebra that the names promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.geometry import Box, Size
from services.common.plans import RelationKind
from services.fusion.core.scene.graph import graph
from services.fusion.core.scene.relations import HOLDS_FROM, strength
from tests.fakes.scenery import IMAGE, Corners, drawn, region, regions
from tests.fakes.scenery import disc as disc_of

if TYPE_CHECKING:
    from services.common.regions import Region

K = RelationKind


def holds(kind: RelationKind, subject: Region, object_: Region, second: Region | None = None) -> float | None:
    return strength(kind, subject, object_, second=second, image_size=IMAGE)


# A desk 400 wide; a cup and a lamp on it, the lamp right of the cup; a drawer in it; a cat far off, below.
DESK = region("desk", (200, 300, 600, 500))
CUP = region("cup", (250, 260, 290, 310))
LAMP = region("lamp", (320, 150, 380, 310))
DRAWER = region("drawer", (450, 350, 550, 450))
CAT = region("cat", (700, 600, 800, 680))


@pytest.mark.parametrize(
    ("kind", "subject", "object_", "expected"),
    [
        (K.LEFT_OF, CUP, LAMP, 1.0),  # columns apart, rows shared
        (K.LEFT_OF, LAMP, CUP, 0.0),
        (K.RIGHT_OF, LAMP, CUP, 1.0),
        (K.LEFT_OF, CUP, DESK, 0.0),  # within the desk's columns, though left of its middle
        (K.LEFT_OF, CUP, CAT, 2 * 480 / (480 + 290)),  # clipped to 1: the offset exceeds the gap
        (K.ABOVE, LAMP, DRAWER, 2 * 170 / (170 + 70)),  # clipped to 1
        (K.BELOW, CAT, DESK, 1.0),
        (K.ABOVE, CUP, DESK, 0.8),  # 40 of its 50 rows are above the desk's
        (K.ABOVE, LAMP, CUP, 0.0),  # the cup's rows are all the lamp's
        (K.INSIDE, DRAWER, DESK, 1.0),
        (K.INSIDE, DESK, DRAWER, 0.0),  # it covers an eighth of the desk, which is larger
        (K.INSIDE, CUP, DESK, 0.2),  # 10 of 50 rows
        (K.OVERLAPPING, CUP, DESK, 1.0),  # a fifth of the cup
        (K.OVERLAPPING, DESK, CUP, 1.0),
        (K.OVERLAPPING, CUP, LAMP, 0.0),
        (K.ON, CUP, DESK, 1.0),
        (K.ON, LAMP, DESK, 1.0),
        (K.ON, DESK, CUP, 0.0),
        (K.ON, DRAWER, DESK, 1.0),  # as what is printed on it would be
        (K.ON, CAT, DESK, 0.0),
        (K.NEAR, CUP, LAMP, 1 - 30 / 2 / 71.3384),  # 30 apart; sizes 44.72 and 97.98
        (K.NEAR, CUP, DESK, 1.0),
        (K.NEAR, CUP, CAT, 0.0),
        (K.NEXT_TO, CUP, LAMP, 1 - 30 / 71.3384),
        (K.NEXT_TO, DRAWER, DESK, 0.0),  # in it, not beside it
        (K.LARGER_THAN, LAMP, CUP, 1.0),  # 9600 against 2000
        (K.SMALLER_THAN, CUP, LAMP, 1.0),
        (K.LARGER_THAN, CAT, LAMP, 0.0),  # 8000 against 9600
        (K.LARGER_THAN, LAMP, CAT, (1 - 8000 / 9600) / 0.4),
        (K.IN_FRONT_OF, CUP, LAMP, None),
        (K.BEHIND, CUP, LAMP, None),
        (K.SAME_COLOR, CUP, LAMP, None),
        (K.BETWEEN, CUP, LAMP, None),  # between the lamp and what?
    ],
)
def test_a_desk_worked_out_by_hand(
    kind: RelationKind, subject: Region, object_: Region, expected: float | None
) -> None:
    told = holds(kind, subject, object_)
    assert told == (None if expected is None else pytest.approx(min(1.0, expected), abs=1e-4))


def test_a_skater_is_on_the_board_and_the_board_is_not_on_the_skater() -> None:
    skater, board = region("skater", (100, 0, 200, 400)), region("board", (110, 380, 190, 400))
    assert holds(K.ON, skater, board) == pytest.approx(0.8)  # of the skater's width
    assert holds(K.INSIDE, board, skater) == 1
    assert holds(K.ON, board, skater) == 0


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ((340, 190, 360, 210), 1.0),  # halfway: 180 degrees
        ((290, 190, 310, 210), 1.0),  # anywhere on the line
        ((340, 276.6, 360, 296.6), 0.5),  # 120 degrees: 150 / tan 60 = 86.6 off the line
        ((340, 340, 360, 360), 0.0),  # 90 degrees
        ((590, 190, 610, 210), 0.0),  # beyond one of them
        ((190, 190, 210, 210), 0.0),  # in one's very place
    ],
)
def test_between(subject: Corners, expected: float) -> None:
    left, right = region("l", (190, 190, 210, 210)), region("r", (490, 190, 510, 210))
    told = holds(K.BETWEEN, region("s", subject), left, right)
    assert told == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("near", "far", "expected"), [(0.8, 0.6, 1.0), (0.65, 0.6, 0.5), (0.6, 0.6, 0.0), (0.5, 0.6, 0.0)]
)
def test_in_front_of_is_a_matter_of_depth(near: float, far: float, expected: float) -> None:
    a, b = region("a", (0, 0, 10, 10), nearness=near), region("b", (500, 500, 510, 510), nearness=far)
    assert holds(K.IN_FRONT_OF, a, b) == pytest.approx(expected)
    assert holds(K.BEHIND, b, a) == pytest.approx(expected)


def test_same_colour_is_what_the_shares_have_in_common() -> None:
    box = (0.0, 0.0, 10.0, 10.0)
    striped = region("a", box, red=0.6, white=0.4)
    assert holds(K.SAME_COLOR, striped, region("b", box, red=1.0)) == pytest.approx(0.6)
    assert holds(K.SAME_COLOR, striped, region("b", box, blue=1.0)) == 0
    assert holds(K.SAME_COLOR, striped, region("b", box, colors={"dark red": 0.5, "red": 0.1, "white": 0.4})) == 1


def test_sizes_are_those_of_the_masks_where_both_have_one() -> None:
    disc, square = drawn("disc", disc_of(50)), drawn("square", disc_of(50) | True, (100, 100))
    assert holds(K.LARGER_THAN, square, disc) == pytest.approx((1 - 0.785) / 0.4, abs=0.02)
    assert holds(K.LARGER_THAN, square, replace(disc, mask=None)) == 0


ANTISYMMETRIC = [K.LEFT_OF, K.RIGHT_OF, K.ABOVE, K.BELOW, K.LARGER_THAN, K.SMALLER_THAN, K.IN_FRONT_OF, K.BEHIND]
DUALS = [(K.LEFT_OF, K.RIGHT_OF), (K.ABOVE, K.BELOW), (K.LARGER_THAN, K.SMALLER_THAN), (K.IN_FRONT_OF, K.BEHIND)]
SYMMETRIC = [K.NEAR, K.NEXT_TO, K.OVERLAPPING, K.SAME_COLOR]
PAIRWISE = [kind for kind in K if kind is not K.BETWEEN]
PAIRS = (regions("a"), regions("b"))


@given(*PAIRS, regions("c"))
def test_strengths_are_strengths(a: Region, b: Region, c: Region) -> None:
    for kind in K:
        told = holds(kind, a, b, c)
        assert told is None or 0 <= told <= 1


@given(*PAIRS)
def test_of_an_antisymmetric_relation_one_direction_is_excluded(a: Region, b: Region) -> None:
    for kind in ANTISYMMETRIC:
        one, other = holds(kind, a, b), holds(kind, b, a)
        assert (one is None) == (other is None)
        assert not (one and other)


@given(*PAIRS)
def test_inside_and_on_hold_in_one_direction_at_most(a: Region, b: Region) -> None:
    for kind in (K.INSIDE, K.ON):
        assert min(holds(kind, a, b) or 0, holds(kind, b, a) or 0) < HOLDS_FROM


@given(*PAIRS)
def test_duals_are_each_other_turned_round(a: Region, b: Region) -> None:
    for kind, dual in DUALS:
        assert holds(kind, a, b) == holds(dual, b, a)


@given(*PAIRS)
def test_symmetric_relations_are_symmetric(a: Region, b: Region) -> None:
    for kind in SYMMETRIC:
        assert holds(kind, a, b) == pytest.approx(holds(kind, b, a))


@given(*PAIRS)
def test_the_stronger_statement_implies_the_weaker(a: Region, b: Region) -> None:
    assert (holds(K.INSIDE, a, b) or 0) <= (holds(K.OVERLAPPING, a, b) or 0) + 1e-12
    assert (holds(K.NEXT_TO, a, b) or 0) <= (holds(K.NEAR, a, b) or 0) + 1e-12


@given(regions("a"))
def test_nothing_is_left_of_on_or_larger_than_itself(a: Region) -> None:
    for kind in (*ANTISYMMETRIC, K.INSIDE, K.ON, K.NEXT_TO):
        assert not holds(kind, a, a)
    assert holds(K.OVERLAPPING, a, a) == 1
    assert holds(K.SAME_COLOR, a, a) in (None, pytest.approx(1))


@st.composite
def nested(draw: st.DrawFn) -> tuple[Region, Region, Region]:
    """Three boxes, each inside the next, with at most 4/5 of its width."""
    corners: list[Corners] = [(0.0, 0.0, 1000.0, 800.0)]
    for _ in range(2):
        left, top, right, bottom = corners[-1]
        share = draw(st.integers(1, 16)) / 20
        width, height = (right - left) * share, (bottom - top) * share
        x, y = left + (right - left - width) / 2, top + (bottom - top - height) / 2
        corners.append((x, y, x + width, y + height))
    outer, middle, inner = (region(str(n), each) for n, each in enumerate(corners))
    return inner, middle, outer


@given(nested())
def test_inside_is_transitive_where_it_is_certain(boxes: tuple[Region, Region, Region]) -> None:
    inner, middle, outer = boxes
    assert holds(K.INSIDE, inner, middle) == pytest.approx(1)
    assert holds(K.INSIDE, middle, outer) == pytest.approx(1)
    assert holds(K.INSIDE, inner, outer) == pytest.approx(1)


@given(*PAIRS, regions("c"))
def test_of_three_at_most_one_is_between_the_others(a: Region, b: Region, c: Region) -> None:
    told = [holds(K.BETWEEN, a, b, c), holds(K.BETWEEN, b, a, c), holds(K.BETWEEN, c, a, b)]
    assert sum((each or 0) > HOLDS_FROM + 1e-9 for each in told) <= 1
    assert told[0] == pytest.approx(holds(K.BETWEEN, a, c, b))


def moved(each: Region, scale: float, dx: float = 0, dy: float = 0) -> Region:
    box = each.box
    edges = (box.x_min * scale + dx, box.y_min * scale + dy, box.x_max * scale + dx, box.y_max * scale + dy)
    return replace(each, box=Box(*edges))


@given(*PAIRS, regions("c"), st.sampled_from([0.5, 2, 3, 10]))
def test_the_scale_of_the_image_changes_nothing(a: Region, b: Region, c: Region, scale: float) -> None:
    size = Size(round(IMAGE.width * scale), round(IMAGE.height * scale))
    for kind in K:
        scaled = strength(kind, moved(a, scale), moved(b, scale), second=moved(c, scale), image_size=size)
        assert scaled == pytest.approx(holds(kind, a, b, c), abs=1e-9)


@given(*PAIRS, regions("c"), st.integers(-300, 300), st.integers(-300, 300))
def test_moving_everything_changes_nothing(a: Region, b: Region, c: Region, dx: int, dy: int) -> None:
    for kind in K:
        shifted = holds(kind, moved(a, 1, dx, dy), moved(b, 1, dx, dy), moved(c, 1, dx, dy))
        assert shifted == pytest.approx(holds(kind, a, b, c), abs=1e-9)


@given(*PAIRS)
def test_the_mirror_exchanges_left_and_right_and_nothing_else(a: Region, b: Region) -> None:
    def mirrored(each: Region) -> Region:
        box = each.box
        return replace(each, box=Box(IMAGE.width - box.x_max, box.y_min, IMAGE.width - box.x_min, box.y_max))

    swap = {K.LEFT_OF: K.RIGHT_OF, K.RIGHT_OF: K.LEFT_OF}
    for kind in PAIRWISE:
        assert holds(swap.get(kind, kind), mirrored(a), mirrored(b)) == pytest.approx(holds(kind, a, b), abs=1e-9)


def test_the_graph_tells_the_most_telling_first_and_of_a_pair_once() -> None:
    told = [(edge.subject_id, edge.kind, edge.object_id) for edge in graph([CUP, DESK, LAMP, DRAWER], IMAGE, 10)]
    assert told == [
        ("cup", K.ON, "desk"),
        ("drawer", K.ON, "desk"),
        ("lamp", K.ON, "desk"),
        ("lamp", K.NEXT_TO, "cup"),
        ("lamp", K.ABOVE, "drawer"),
        ("cup", K.ABOVE, "drawer"),
    ]
    assert len(graph([CUP, DESK, LAMP, DRAWER], IMAGE, 2)) == 2


@given(st.lists(regions(), max_size=6), st.integers(0, 8))
def test_the_graph_is_bounded_and_true(scene: list[Region], limit: int) -> None:
    named = {f"r{n}": replace(each, id=f"r{n}") for n, each in enumerate(scene)}
    edges = graph(list(named.values()), IMAGE, limit)
    assert len(edges) <= limit
    assert len({frozenset((edge.subject_id, edge.object_id)) for edge in edges}) == len(edges)
    for edge in edges:
        assert holds(edge.kind, named[edge.subject_id], named[edge.object_id]) == edge.strength >= HOLDS_FROM
