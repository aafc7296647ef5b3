"""What is said of claims and of what they rest on: the same words on the terminal, in notebooks and in the console."""

from __future__ import annotations

import pytest
from rich.console import Console

from groundwire import Answer, labels
from groundwire.cli.answer_view import answer_view
from groundwire.cli.explain_view import abstention_tree, explanation_tree
from groundwire.v1 import answer_pb2, claim_pb2, geometry_pb2, image_pb2, plan_pb2
from tests.fakes import canned

QUESTION = "What is on the shelf and on the menu?"


@pytest.fixture
def answer() -> answer_pb2.Answer:
    image = image_pb2.Image(digest="ab" * 32, size=geometry_pb2.Size(width=400, height=300))
    return canned.World().record(canned.answer_to(image, QUESTION, answer_pb2.STAKES_STANDARD))


def rendered(view: object) -> str:
    console = Console(width=250, no_color=True)
    with console.capture() as captured:
        console.print(view)
    return captured.get()


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("exists", claim_pb2.Exists(label="mug"), "mug"),
        ("absent", claim_pb2.Absent(label="teapot"), "no teapot"),
        ("located", claim_pb2.Located(label="mug"), "mug"),
        ("count", claim_pb2.Count(label="mug", value=3), "3 \N{MULTIPLICATION SIGN} mug"),
        ("reading", claim_pb2.Reading(text="YAMAHA"), "“YAMAHA”"),
        ("field", claim_pb2.Field(field=plan_pb2.TEXT_FIELD_BRAND, value="YAMAHA"), "brand: YAMAHA"),
        ("field", claim_pb2.Field(key="total", value="RM 31.00"), "total: RM 31.00"),
        ("attribute", claim_pb2.Attribute(label="mug", aspect=plan_pb2.ASPECT_COLOR, value="red"), "mug: color red"),
        ("state", claim_pb2.State(label="door", value="open"), "door: open"),
        ("state", claim_pb2.State(label="door", value="open", negated=True), "door: not open"),
        (
            "related",
            claim_pb2.Related(label="a", kind=plan_pb2.RELATION_KIND_BETWEEN, object_label="b", second_object_id="t3"),
            "a between b and t3",
        ),
        (
            "compared",
            claim_pb2.Compared(label="a", aspect=plan_pb2.ASPECT_SIZE, other_label="b"),
            "a: larger than b",
        ),
        (
            "compared",
            claim_pb2.Compared(label="a", aspect=plan_pb2.ASPECT_COLOR, least=True, other_label="b"),
            "a: less color than b",
        ),
        ("knowledge", claim_pb2.Knowledge(quote="4 €\neach"), "“4 € each”"),
    ],
)
def test_every_statement_is_told_on_one_line(kind: str, value: object, said: str) -> None:
    assert labels.statement(claim_pb2.Predicate(**{kind: value})) == (kind, said)  # type: ignore[arg-type]


def test_every_kind_of_the_contract_has_its_words() -> None:
    kinds = [field.name for field in claim_pb2.Predicate.DESCRIPTOR.oneofs_by_name["kind"].fields]
    for kind in kinds:
        predicate = claim_pb2.Predicate()
        getattr(predicate, kind).SetInParent()
        assert labels.statement(predicate)[0] == kind
    assert labels.statement(claim_pb2.Predicate()) == (labels.UNTYPED, "")


def test_every_reason_of_the_contract_for_not_telling_has_its_words() -> None:
    reasons = claim_pb2.InconclusiveReason.values()
    said = [labels.inconclusive(claim_pb2.Check(inconclusive_reason=reason)) for reason in reasons if reason]
    assert all(said)
    assert len(set(said)) == len(said)


def test_a_value_of_a_newer_contract_is_shown_as_its_number() -> None:
    assert labels.aspect(99) == "unknown (99)"


def test_an_answer_tells_what_it_rests_on_at_a_terminal_and_in_a_notebook(answer: answer_pb2.Answer) -> None:
    terminal = rendered(answer_view(Answer(answer)))
    notebook = Answer(answer)._repr_html_().replace("<bdi>", "")
    for said in (
        "searched: detect_onnx 2 (detect, accurate tier) in [0 0 200 300]",
        "menu 28\N{EN DASH}49 “The red mug costs 4 €”",
        "face at [280 30 360 120], found by find_private 1",
    ):
        assert said in terminal
        assert said in notebook
    assert "red 62%, gray 21%, teal 17%" in terminal
    assert f"sha256:{canned.CALIBRATION}" in terminal
    assert "0.88 calibrated, raw 0.93" in notebook


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0, ["attribute mug: color red", "confidence 0.88 calibrated, raw 0.93", "painted over face"]),
        (3, ["judge inconclusive, no model is bound to what it needs: nobody can be asked"]),
        (4, ["searched: detect_onnx 2 (detect, accurate tier) in [0 0 400 300]"]),
        (5, ["document menu 28\N{EN DASH}49 supports", "knowledge “The red mug costs 4 €”"]),
    ],
)
def test_an_explanation_tells_what_it_rests_on(answer: answer_pb2.Answer, at: int, said: list[str]) -> None:
    shown = rendered(explanation_tree(canned.explained(answer, answer.claims[at])))
    for each in said:
        assert each in shown


def test_what_is_not_answered_tells_what_was_searched(answer: answer_pb2.Answer) -> None:
    shown = rendered(abstention_tree(answer, answer.abstentions[0]))
    assert "searched: detect_onnx 2 (detect, accurate tier) in [0 0 200 300]" in shown
