from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common import geometry
from services.common.geometry import Box, Size
from services.perception.core import findings, views
from services.perception.core.findings import Counts, Finding
from services.perception.core.outputs import Found, ModelRun

RUN = ModelRun("1", "")
SIZE = Size(200, 100)


def finding(
    box: tuple[float, float, float, float],
    text: str = "word",
    *,
    view: int = 0,
    score: float | None = 0.9,
    cut: bool = False,
    scale: float = 2.0,
    label: str = "",
) -> Finding:
    left, top, right, bottom = box
    outline = () if label else ((left, top), (right, top), (right, bottom), (left, bottom))
    return Finding(view, Box(*box), outline, "" if label else text, label, score, cut, scale)


def texts(*boxes: tuple[float, float, float, float]) -> Found:
    corners = np.array(boxes, dtype=np.float64).reshape(-1, 4)[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    return Found(corners, tuple(f"t{row}" for row in range(len(boxes))), np.full(len(boxes), 0.5), RUN)


whole_numbers = st.integers(0, 90)


@st.composite
def some_findings(draw: st.DrawFn) -> Finding:
    left, top = draw(whole_numbers), draw(whole_numbers)
    right, bottom = left + draw(st.integers(1, 60)), top + draw(st.integers(1, 30))
    return finding(
        (left, top, right, bottom),
        draw(st.sampled_from(["A", "AB", "ABC"])),
        view=draw(st.integers(0, 3)),
        score=draw(st.none() | st.sampled_from([0.1, 0.9])),
        cut=draw(st.booleans()),
        scale=draw(st.sampled_from([1.0, 2.0])),
        label=draw(st.sampled_from(["", "cup"])),
    )


crowds = st.lists(some_findings(), max_size=12)


@given(crowds)
def test_merging_twice_is_merging_once(crowd: list[Finding]) -> None:
    once = findings.merged(crowd)
    assert findings.merged(once) == once


@given(crowds, st.randoms())
def test_the_order_of_arrival_does_not_matter(crowd: list[Finding], chance: object) -> None:
    shuffled = list(crowd)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert findings.merged(shuffled) == findings.merged(crowd)
    assert findings.in_reading_order(shuffled) == findings.in_reading_order(crowd)
    assert findings.best_first(shuffled) == findings.best_first(crowd)


@given(crowds)
def test_what_is_merged_repeats_something_that_stays(crowd: list[Finding]) -> None:
    kept = findings.merged(crowd)
    for gone in set(crowd) - set(kept):
        assert any(stays.view != gone.view and findings.same(stays, gone) for stays in kept)


@given(crowds)
def test_findings_of_one_view_are_never_merged(crowd: list[Finding]) -> None:
    alone = [found for found in crowd if found.view == 0]
    assert len(findings.merged(alone)) == len(alone)


WORD = (10.0, 10.0, 60.0, 20.0)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        # Not cut by its view's edge, though seen smaller, shorter and with a lower score.
        (finding(WORD, "A", score=0.1, scale=1.0), finding(WORD, "ABC", view=1, cut=True)),
        # Seen larger, though shorter.
        (finding(WORD, "A", score=0.1), finding(WORD, "ABC", view=1, scale=1.0)),
        # Longer text, though with a lower score.
        (finding(WORD, "ABC", score=0.1), finding(WORD, "AB", view=1)),
        # Higher score.
        (finding(WORD, score=0.8), finding(WORD, view=1, score=0.7)),
        # Any score rather than none.
        (finding(WORD, score=0.0), finding(WORD, view=1, score=None)),
        # A fragment that lies in the whole word.
        (finding(WORD, "WORD"), finding((40, 10, 60, 20), "RD", view=1, cut=True)),
    ],
)
def test_of_two_findings_of_the_same_lettering_the_better_stays(better: Finding, worse: Finding) -> None:
    assert findings.merged([worse, better]) == (better,)
    assert findings.merged([better, worse]) == (better,)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # Two words of a line.
        (finding((0, 0, 40, 10)), finding((42, 0, 80, 10), view=1)),
        # Two halves that share less than half of the smaller.
        (finding((0, 0, 60, 10)), finding((50, 0, 100, 10), view=1)),
        # A small thing in a large one of the same name.
        (finding((0, 0, 90, 90), label="cup"), finding((10, 10, 30, 30), view=1, label="cup")),
        # The same place, but another phrase.
        (finding((0, 0, 90, 90), label="cup"), finding((0, 0, 90, 90), view=1, label="mug")),
    ],
)
def test_what_differs_stays_apart(one: Finding, other: Finding) -> None:
    assert len(findings.merged([one, other])) == 2


@pytest.mark.parametrize("worse", [(2.0, 2.0, 90.0, 90.0), (0.0, 0.0, 90.0, 85.0)])
def test_objects_merge_by_iou(worse: tuple[float, float, float, float]) -> None:
    one, other = finding((0, 0, 90, 90), label="cup"), finding(worse, view=1, label="cup", score=0.5)
    assert findings.merged([other, one]) == (one,)


def test_a_piece_of_an_object_that_its_view_cut_is_merged_into_the_whole() -> None:
    whole = finding((0, 0, 90, 90), label="cup", scale=1.0)
    piece = finding((0, 0, 90, 20), view=1, label="cup", cut=True)
    assert findings.merged([piece, whole]) == (whole,)


def test_slanted_lines_whose_boxes_overlap_stay_apart() -> None:
    def line(shift: float, view: int) -> Finding:
        outline = ((0 + shift, 90.0), (90 + shift, 0.0), (97 + shift, 7.0), (7 + shift, 97.0))
        box = geometry.box_of(geometry.bounds(np.array([outline]))[0])
        return Finding(view, box, outline, "line", "", 0.9, cut=False, scale=2.0)

    one, other = line(0, 0), line(20, 1)
    assert geometry.iou(one.box, other.box) > 0.5
    assert len(findings.merged([one, other])) == 2
    assert len(findings.merged([line(0, 0), line(1, 1)])) == 1


def test_views_are_mapped_back_and_put_in_reading_order() -> None:
    shown = (views.view_of(Box(0, 0, 120, 100), 2.0), views.view_of(Box(80, 0, 200, 100), 2.0))
    left = texts((20, 20, 60, 40), (170, 20, 220, 40))
    right = texts((10, 20, 60, 40), (100, 18, 160, 40))
    look = findings.looked(shown, [left, right], SIZE, None)
    assert [found.box for found in look.findings] == [
        Box(10, 10, 30, 20),
        Box(85, 10, 110, 20),
        Box(130, 9, 160, 20),
    ]
    assert look.counts == Counts(raw=4, merged=1)
    assert look.findings[0].outline == ((10, 10), (30, 10), (30, 20), (10, 20))


def test_what_is_not_a_place_in_the_image_is_clamped_or_rejected_and_counted() -> None:
    raw = texts(
        (-10, 10, 20, 20), (190, 90, 230, 120), (5, 5, 5, 9), (float("nan"), 0, 9, 9), (300, 0, 320, 9), (0, 0, 9, 9)
    )
    look = findings.looked((views.view_of(views.whole(SIZE), 1.0),), [raw], SIZE, None)
    assert look.counts == Counts(raw=6, clamped=2, rejected=3)
    assert {found.box for found in look.findings} == {Box(0, 10, 20, 20), Box(190, 90, 200, 100), Box(0, 0, 9, 9)}
    clamped = next(found for found in look.findings if found.text == "t1")
    assert clamped.outline == ((190, 90), (200, 90), (200, 100), (190, 100))


def test_infinite_boxes_are_rejected_not_clamped() -> None:
    raw = texts((0, 0, float("inf"), 9))
    look = findings.looked((views.view_of(views.whole(SIZE), 1.0),), [raw], SIZE, None)
    assert look.counts == Counts(raw=1, rejected=1)


def test_lettering_without_a_letter_is_rejected() -> None:
    raw = Found(texts((0, 0, 9, 9)).polygons, ("  ",), None, RUN)
    look = findings.looked((views.view_of(views.whole(SIZE), 1.0),), [raw], SIZE, None)
    assert look == findings.Look((), Counts(raw=1, rejected=1))


def test_nothing_found_is_an_empty_look() -> None:
    look = findings.looked((views.view_of(views.whole(SIZE), 1.0),), [texts()], SIZE, None)
    assert look == findings.Look((), Counts())


def test_a_model_without_scores_leaves_them_unset() -> None:
    raw = Found(texts((0, 0, 9, 9)).polygons, ("x",), None, RUN)
    look = findings.looked((views.view_of(views.whole(SIZE), 1.0),), [raw], SIZE, None)
    assert look.findings[0].score is None


AREA = Box(50, 10, 100, 30)


@pytest.mark.parametrize(
    ("box", "stays"),
    [
        ((55, 12, 95, 28), True),  # within
        ((30, 12, 75, 28), True),  # by more than half
        ((30, 12, 65, 28), False),  # by less
        ((0, 0, 200, 100), True),  # around it
        ((0, 60, 40, 80), False),  # beside it
    ],
)
def test_of_a_neighbourhood_only_what_belongs_to_the_area_stays(
    box: tuple[float, float, float, float], *, stays: bool
) -> None:
    look = findings.looked((views.view_of(views.whole(SIZE), 1.0),), [texts(box)], SIZE, AREA)
    assert len(look.findings) == stays


def test_lines_are_read_from_the_left_though_their_words_lie_unevenly() -> None:
    words = [
        finding((60, 9, 90, 21), "world"),
        finding((10, 11, 40, 23), "Hello"),
        finding((10, 40, 40, 52), "again"),
        finding((100, 2, 110, 30), "!"),
        finding((70, 41, 75, 45), "."),
    ]
    assert [found.text for found in findings.in_reading_order(words)] == ["Hello", "world", "!", "again", "."]


def test_objects_come_best_first_and_those_without_a_score_last() -> None:
    cups = [finding(WORD, label="cup", score=score) for score in (None, 0.2, 0.9)]
    assert [found.score for found in findings.best_first(cups)] == [0.9, 0.2, None]


def test_what_was_seen_in_paint_is_rejected() -> None:
    shown = (views.view_of(views.whole(SIZE), 1.0),)
    raw = texts((10, 10, 50, 20), (0, 40, 40, 50), (100, 40, 140, 50))

    look = findings.looked(shown, [raw], SIZE, None, painted=[Box(5, 5, 60, 25), Box(0, 30, 19, 60)])

    assert [each.text for each in look.findings] == ["t1", "t2"]
    assert look.counts == Counts(raw=3, rejected=1)


def test_places_that_were_painted_count_together_and_once() -> None:
    halves = [Box(0, 0, 5, 10), Box(5, 0, 9, 10), Box(0, 0, 9, 10), Box(50, 50, 60, 60)]

    assert findings.hidden(Box(0, 0, 10, 10), halves) == pytest.approx(0.9)
    assert findings.hidden(Box(20, 20, 30, 30), halves) == 0.0
    assert findings.hidden(Box(0, 0, 10, 10), []) == 0.0
