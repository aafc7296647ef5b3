from __future__ import annotations

import math

import numpy as np
import pytest

from groundwire.evaluation.metrics.bootstrap import estimate, resampled
from groundwire.evaluation.metrics.detection import Detections, average_precision
from groundwire.evaluation.metrics.latency import percentiles
from groundwire.evaluation.metrics.significance import mcnemar, paired_difference
from groundwire.evaluation.metrics.text import edit_distance, plain_answer, vqa_accuracy, word_counts
from groundwire.evaluation.texts import amount, normalised, same_value, words_of


def flips(lost: int, won: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], ...]:
    before = np.array([True] * lost + [False] * won + [True] * 5)
    after = np.array([False] * lost + [True] * won + [True] * 5)
    return before, after


@pytest.mark.parametrize(
    ("lost", "won", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 0.0625),
        (1, 9, 22 / 1024),  # 2 * (1 + 10) / 2**10
        (10, 2, 158 / 4096),  # 2 * (1 + 12 + 66) / 2**12
    ],
)
def test_mcnemar_is_the_exact_binomial_test(lost: int, won: int, p: float) -> None:
    assert mcnemar(*flips(lost, won)) == pytest.approx(p)


def test_mcnemar_of_many_flips_meets_its_approximation() -> None:
    exact, normal = mcnemar(*flips(460, 530)), mcnemar(*flips(465, 536))
    assert exact == pytest.approx(0.0284, abs=1e-3)  # scipy.stats.binomtest(460, 990).pvalue
    assert normal == pytest.approx(exact, abs=5e-3)


def test_a_paired_difference_leaves_out_0_only_where_every_draw_does() -> None:
    clusters = [f"p{n}" for n in range(20)]
    gained = paired_difference(np.zeros(20), np.ones(20), clusters)
    assert (gained.value, gained.low, gained.high) == (1.0, 1.0, 1.0)
    mixed = paired_difference(np.zeros(20), np.array([1.0, -1.0] * 10), clusters)
    assert mixed.low < 0 < mixed.high


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    rows = np.random.default_rng(3).normal(10, 2, size=(400, 1))
    got = estimate(rows, [str(n) for n in range(400)], lambda r: float(r.mean()), draws=2000)
    half = 1.96 * float(rows.std()) / math.sqrt(400)
    assert got.value == pytest.approx(float(rows.mean()))
    assert (got.value - got.low, got.high - got.value) == pytest.approx((half, half), rel=0.12)


def test_whole_pictures_are_drawn() -> None:
    clusters = ["a", "b", "a", "c", "b"]
    for draw in resampled(clusters, seed=0, draws=50):
        counts = np.bincount(draw, minlength=5)
        assert counts[0] == counts[2]
        assert counts[1] == counts[4]
        assert counts[0] + counts[1] + counts[3] == 3


def test_one_picture_has_no_interval_and_the_seed_decides() -> None:
    rows = np.arange(4.0)[:, None]
    one = estimate(rows, ["a"] * 4, lambda r: float(r.mean()))
    assert math.isnan(one.low)
    first, again = (estimate(rows, list("abcd"), lambda r: float(r.mean()), seed=5) for _ in range(2))
    assert first == again


BOX, OTHER = (10.0, 10.0, 50.0, 50.0), (100.0, 100.0, 160.0, 160.0)


def test_average_precision_of_hand_worked_cases() -> None:
    truth = [Detections("1", "cup", (BOX, OTHER))]
    both = average_precision([Detections("1", "cup", (BOX, OTHER), (0.9, 0.8))], truth)
    assert (both.ap, both.ap50, both.ap75) == pytest.approx((1, 1, 1))
    # One of two found: precision 1 up to recall 0.5, which is 51 of COCO's 101 recall points.
    half = average_precision([Detections("1", "cup", (BOX,), (0.9,))], truth)
    assert half.ap50 == pytest.approx(51 / 101)
    # A wrong box that is surer than the right one halves the precision everywhere.
    wrong = average_precision([Detections("1", "cup", ((300, 300, 340, 340), BOX, OTHER), (0.9, 0.8, 0.7))], truth)
    assert wrong.ap50 == pytest.approx(2 / 3, abs=0.01)


def test_average_precision_counts_loose_boxes_at_loose_thresholds_only() -> None:
    # IoU of 0.6: right at 0.50, 0.55 and 0.60, three of ten thresholds.
    found = [Detections("1", "cup", ((0, 0, 6, 10),), (0.9,))]
    got = average_precision(found, [Detections("1", "cup", ((0, 0, 10, 10),))])
    assert (got.ap, got.ap50, got.ap75) == pytest.approx((0.3, 1, 0))


def test_average_precision_without_truth_is_not_a_number() -> None:
    assert math.isnan(average_precision([], [Detections("1", "cup", ())]).ap)
    assert average_precision([], [Detections("1", "cup", (BOX,))]).ap == 0


def test_percentiles_interpolate() -> None:
    assert percentiles([float(n) for n in range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([1.0, 2.0])["p50"] == 1.5
    assert math.isnan(percentiles([])["p99"])


@pytest.mark.parametrize(
    ("said", "gold", "distance"),
    [("", "", 0), ("YAMAHA", "YAMAHA", 0), ("YAMARA", "YAMAHA", 1 / 6), ("kitten", "sitting", 3 / 7), ("", "abc", 1)],
)
def test_edit_distance_over_the_longer_length(said: str, gold: str, distance: float) -> None:
    assert edit_distance(said, gold) == pytest.approx(distance)


def test_words_count_as_often_as_they_occur() -> None:
    assert word_counts(["a", "a", "b"], ["a", "b", "b", "c"]) == (2, 3, 4)


@pytest.mark.parametrize(
    ("answer", "plain"),
    [("The cat.", "cat"), ("Two dogs!", "2 dogs"), ("1,000", "1,000"), ("3.5", "3.5"), ("it's", "its"), ("A/C", "c")],
)
def test_plain_answers_of_vqa(answer: str, plain: str) -> None:
    assert plain_answer(answer) == plain


@pytest.mark.parametrize(("agree", "accuracy"), [(0, 0), (1, 0.3), (2, 0.6), (3, 0.9), (4, 1.0), (10, 1.0)])
def test_vqa_accuracy_of_the_published_table(agree: int, accuracy: float) -> None:
    people = ["red"] * agree + ["blue"] * (10 - agree)
    assert vqa_accuracy("Red", people) == pytest.approx(accuracy)


@pytest.mark.parametrize(
    ("said", "gold", "same"),
    [
        ("RM 31.00", "31.00", True),
        ("RM31", "31.00", True),
        ("1,031.00", "1031.00", True),
        ("31.10", "31.01", False),
        ("BOOK TA _K (TAMAN DAYA) SDN BHD", "BOOK TA .K(TAMAN DAYA) SDN BHD", True),
        ("25-12-2018", "25/12/2018", True),
        ("", "", False),
        ("...", "!!!", False),
    ],
)
def test_values_are_the_same_by_worth_or_by_letters(said: str, gold: str, *, same: bool) -> None:
    assert same_value(said, gold) is same


def test_texts() -> None:
    assert normalised(" Café N. 5! ") == "cafen5"
    assert words_of("TOTAL: RM -- 5") == ["total", "rm", "5"]
    assert amount("25/12/2018") is None
