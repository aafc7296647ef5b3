"""What is shown beside regions: passages, maps of responses, colours, and what a form says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwire.v1 import answer_pb2
from services.common.errors import InvalidField
from services.console.core.comparison import facts
from services.console.core.heat import LEVELS, Run, runs
from services.console.core.passages import AROUND, Passage, Piece, excerpt, pieces
from services.console.core.swatches import swatches
from services.console.forms import NEW, Form
from services.console.rendering import safe_lines

passage = st.builds(Passage, st.sampled_from(["c1", "c2", "c3"]), st.integers(-5, 60), st.integers(-5, 60))


@given(st.text(max_size=50), st.lists(passage, max_size=6))
def test_pieces_are_the_text_again_and_each_knows_who_cites_it(text: str, passages: list[Passage]) -> None:
    found = pieces(text, passages)
    assert "".join(piece.text for piece in found) == text
    at = 0
    for piece in found:
        for index in range(at, at + len(piece.text)):
            assert set(piece.claim_ids) == {p.claim_id for p in passages if p.begin <= index < p.end}
        at += len(piece.text)


def test_passages_that_overlap_are_cut_where_they_do() -> None:
    assert pieces("abcdef", [Passage("c1", 0, 4), Passage("c2", 2, 6)]) == (
        Piece("ab", ("c1",)),
        Piece("cd", ("c1", "c2")),
        Piece("ef", ("c2",)),
    )


def test_an_excerpt_is_cut_short_at_both_ends_and_says_so() -> None:
    text = "x" * 500 + "cited" + "y" * 500
    before, cited, after = excerpt(text, Passage("c1", 500, 505))
    assert (before, cited, after) == ("…" + "x" * AROUND, "cited", "y" * AROUND + "…")
    assert excerpt("all of it", Passage("c1", 0, 9)) == ("", "all of it", "")
    assert excerpt("short", Passage("c1", 9, 12)) == ("", "", "")


def test_a_document_keeps_its_lines_and_does_nothing() -> None:
    assert (
        safe_lines("a\n\tb <b>&\u202e\x1b") == "a\n\tb &lt;b&gt;&amp;\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"
    )


@given(st.integers(1, 12), st.integers(1, 12), st.data())
def test_a_map_drawn_as_runs_is_the_map(columns: int, rows: int, data: st.DataObject) -> None:
    values = data.draw(st.binary(min_size=columns * rows, max_size=columns * rows))
    drawn = [[0] * columns for _ in range(rows)]
    for run in runs(values, columns, rows):
        for column in range(run.column, run.column + run.length):
            drawn[run.row][column] = run.level
    assert [level for row in drawn for level in row] == [round(value * LEVELS / 255) for value in values]


def test_neighbours_that_look_the_same_are_one_run() -> None:
    assert runs(bytes([0, 255, 255, 0, 90, 0]), 3, 2) == (Run(1, 0, 2, LEVELS), Run(1, 1, 1, 3))


@pytest.mark.parametrize(("values", "columns", "rows"), [(b"", 0, 0), (b"abc", 2, 2), (b"abcd", -2, -2)])
def test_a_map_of_another_size_than_it_says_is_not_drawn(values: bytes, columns: int, rows: int) -> None:
    assert runs(values, columns, rows) == ()


@given(st.lists(st.tuples(st.sampled_from(["red", "teal"]), st.floats(-1, 2)), max_size=8))
def test_colours_never_leave_their_bar(shares: list[tuple[str, float]]) -> None:
    right = 0.0
    for swatch in swatches(shares):
        assert swatch.left == right
        assert swatch.width > 0
        right = swatch.left + swatch.width
        assert right <= 1 + 1e-9
        assert bool(swatch.shade) == (swatch.name == "red")


def test_circumstances_that_neither_answer_has_are_left_out() -> None:
    found = facts({"stakes": "casual", "documents": "", "calibration": "x"}, {"stakes": "critical", "documents": ""})
    assert [(pair.name, pair.change) for pair in found] == [("stakes", "value"), ("calibration", "removed")]


def test_a_form_says_all_that_fusion_can_be_asked() -> None:
    said = {"question": "And now?", "image": "a1" * 32, "stakes": "critical", "conversation": "t-1", "relevance": "yes"}
    request = Form(said, b"", (("Menu", "Tea\r\n3 €"), ("left out", "  "), ("", "more"))).request()
    assert (request.conversation_id, request.with_relevance, request.stakes) == (
        "t-1",
        True,
        answer_pb2.STAKES_CRITICAL,
    )
    assert [(each.id, each.title, each.text) for each in request.documents] == [
        ("d1", "Menu", "Tea\n3 €"),
        ("d2", "", "more"),
    ]


def test_conversations_that_are_opened_have_names_of_their_own() -> None:
    names = {Form({"image": "a1" * 32, "conversation": NEW}, b"").request().conversation_id for _ in range(3)}
    assert len(names) == 3
    assert not Form({"image": "a1" * 32}, b"").request().conversation_id


def test_a_form_without_a_picture_is_refused() -> None:
    with pytest.raises(InvalidField, match="no picture"):
        Form({"question": "x"}, b"").request()
