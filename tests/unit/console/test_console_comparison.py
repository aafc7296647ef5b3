"""Two answers: what belongs together, and what changed."""

from __future__ import annotations

import pytest

from services.common.geometry import Box
from services.console.core.comparison import Found, Statement, regions, statements, timings


def said(claim_id: str, text: str, verdict: str = "supported", score: str = "0.99", subject: str = "t") -> Statement:
    return Statement(claim_id, subject, text, verdict, score)


def found(region_id: str, left: float, content: str, tier: str = "fast", score: str = "0.9") -> Found:
    return Found(region_id, Box(left, 0, left + 10, 10), content, score, tier, "read_text 1")


@pytest.mark.parametrize(
    ("a", "b", "changes"),
    [
        ([], [], []),
        ([said("c1", "x")], [said("c1", "x")], ["same"]),
        ([said("c1", "x")], [], ["removed"]),
        ([], [said("c1", "x")], ["added"]),
        ([said("c1", "x")], [said("c1", "x", "contradicted")], ["verdict"]),
        ([said("c1", "x")], [said("c1", "y")], ["text"]),
        ([said("c1", "x")], [said("c1", "x", score="0.90")], ["score"]),
        ([said("c1", "x", subject="t")], [said("c1", "x", subject="u")], ["removed", "added"]),
        # The order of claims is no change, and exact pairs are found before others take their partners.
        ([said("c1", "x"), said("c2", "y")], [said("c1", "z"), said("c2", "x")], ["same", "text"]),
        ([said("c1", "x"), said("c2", "x")], [said("c1", "x")], ["same", "removed"]),
    ],
)
def test_statements(a: list[Statement], b: list[Statement], changes: list[str]) -> None:
    assert [pair.change for pair in statements(a, b)] == changes


@pytest.mark.parametrize(
    ("a", "b", "changes"),
    [
        ([], [], []),
        ([found("r1", 0, "YAMARA")], [found("r9", 1, "YAMAHA")], ["content"]),
        ([found("r1", 0, "x")], [found("r1", 0, "x")], ["same"]),
        ([found("r1", 0, "x")], [found("r1", 0, "x", score="0.8")], ["score"]),
        ([found("r1", 0, "x")], [found("r1", 50, "x")], ["removed", "added"]),
        ([found("r1", 0, "x")], [found("r1", 0, "x", "accurate")], ["removed", "added"]),
        ([found("r1", 0, "x"), found("r2", 1, "x")], [found("r1", 0, "x")], ["same", "removed"]),
        ([], [found("r1", 0, "x")], ["added"]),
    ],
)
def test_regions(a: list[Found], b: list[Found], changes: list[str]) -> None:
    assert [pair.change for pair in regions(a, b)] == changes


def test_timings_keep_the_order_of_steps_and_divide_where_they_can() -> None:
    pairs = timings({"admit": 0.1, "perceive": 2.0}, {"perceive": 1.0, "check": 0.5})
    assert [(pair.step, pair.ratio) for pair in pairs] == [("admit", None), ("perceive", 0.5), ("check", None)]
