"""The waterfall: order, bars, ticks, and what a claim's spans are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.core.waterfall import CLAIM, LEAST_BAR, LINKED, Span, layout, marks, ticks


def span(name: str, parent: str = "", begin: int = 0, duration: int = 100, links: tuple[str, ...] = ()) -> Span:
    return Span(name, parent, name, "fusion", begin, duration, links=links)


def test_no_spans_make_an_empty_picture() -> None:
    empty = layout([])
    assert (empty.rows, empty.ticks, empty.total_ns, empty.whole) == ((), (), 0, False)


def test_children_stand_below_their_parent_in_the_order_of_their_beginning() -> None:
    rows = layout([span("late", "root", 60), span("root"), span("early", "root", 10), span("deep", "early", 20)]).rows
    assert [(row.span.id, row.depth) for row in rows] == [("root", 0), ("early", 1), ("deep", 2), ("late", 1)]


def test_a_span_whose_parent_is_elsewhere_is_a_root() -> None:
    assert [row.depth for row in layout([span("a", "gone"), span("b", "a", 1)]).rows] == [0, 1]


def test_a_trace_is_whole_when_every_parent_has_arrived() -> None:
    assert not layout([span("a", "root")]).whole
    assert layout([span("a", "root"), span("root")]).whole


def test_a_ring_of_parents_shows_each_span_once() -> None:
    rows = layout([span("a", "b"), span("b", "a"), span("root")]).rows
    assert sorted(row.span.id for row in rows) == ["a", "b", "root"]


def test_bars_lie_where_the_spans_do() -> None:
    rows = {row.span.id: row for row in layout([span("root", duration=1000), span("half", "root", 500, 250)]).rows}
    assert (rows["half"].left, rows["half"].width) == (0.5, 0.25)


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), min_size=1, max_size=20))
def test_every_bar_can_be_seen_and_none_leaves_the_picture(times: list[tuple[int, int]]) -> None:
    whole = layout([span(f"s{at}", begin=begin, duration=taken) for at, (begin, taken) in enumerate(times)])
    assert len(whole.rows) == len(times)
    for row in whole.rows:
        assert row.left >= 0
        assert row.width >= LEAST_BAR * 0.99
        assert row.left + row.width <= 1 + 1e-9


@given(st.integers(1, 10**13))
def test_ticks_begin_at_zero_and_stay_within(total_ns: int) -> None:
    found = ticks(total_ns)
    assert found[0].at == 0
    assert all(0 <= tick.at <= 1 for tick in found)
    assert len(found) <= 7


@pytest.mark.parametrize("total_s", [0.004, 0.9, 8.05, 61.0])
def test_there_are_enough_ticks_to_read_by(total_s: float) -> None:
    assert len(ticks(int(total_s * 1e9))) >= 3


def test_a_claim_marks_its_span_what_is_below_it_and_what_it_links_to() -> None:
    spans = [
        span("root"),
        span("look", "root"),
        span("other", "root"),
        span("claim", "root", links=("look",)),
        span("check", "claim"),
    ]
    assert marks(spans, "claim") == {"look": LINKED, "claim": CLAIM, "check": CLAIM}


@pytest.mark.parametrize("claim_span_id", ["", "unheard of"])
def test_a_claim_without_a_span_marks_nothing(claim_span_id: str) -> None:
    assert marks([span("root")], claim_span_id) == {}
