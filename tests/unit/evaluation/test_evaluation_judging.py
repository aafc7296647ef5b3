from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundwire.evaluation.examples import Example, Gold, Phrases, Question, Reading
from groundwire.evaluation.judging import failed, outcomes
from groundwire.evaluation.outcomes import Outcome
from groundwire.v1 import claim_pb2
from tests.unit.evaluation.answering import CONTRADICTED, UNVERIFIED, answer, claim, region

if TYPE_CHECKING:
    from groundwire.answers import Answer

HERE = (10.0, 10.0, 30.0, 30.0)
THERE = (60.0, 60.0, 80.0, 80.0)
ABSENT, NOT_CHECKABLE = claim_pb2.ABSTENTION_REASON_ABSENT, claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE


def asking(*golds: Gold, lettering: tuple[str, ...] | None = None) -> Example:
    return Example("e1", Path("a.png"), Question("?"), golds, lettering=lettering)


def judged(example: Example, given: Answer) -> Outcome:
    (outcome,) = outcomes(example, given)
    return outcome


TOTAL = Gold("field", "total", ("9.00",), (HERE,))


def test_a_right_value_in_its_place() -> None:
    said = claim("c1", "field", ("r1",), key="total", value="RM 9.00")
    got = judged(asking(TOTAL), answer((said,), (region("r1", HERE, "TOTAL RM 9.00"),)))
    assert (got.credit, got.found, got.verdict) == (1.0, 1, "supported")
    assert got.distance == pytest.approx(2 / 5)
    (one,) = got.claims
    assert (one.correct, one.hallucinated, one.cited, one.carrying) == (True, False, 1, 1)


def test_a_right_value_that_cites_another_place_is_right_and_badly_cited() -> None:
    said = claim("c1", "field", ("r1",), value="9.00")
    got = judged(asking(TOTAL), answer((said,), (region("r1", THERE, "9.00"),)))
    assert (got.credit, got.claims[0].cited, got.claims[0].carrying) == (1.0, 1, 0)


@pytest.mark.parametrize(
    ("value", "hallucinated"), [("SUBTOTAL 8.00", False), ("SUBTOTAI 8.00", False), ("WXYZQ JKVVB", True)]
)
def test_a_wrong_value_is_made_up_only_where_nothing_like_it_is_written(value: str, *, hallucinated: bool) -> None:
    example = asking(TOTAL, lettering=("SUBTOTAL 8.00", "TOTAL 9.00"))
    got = judged(example, answer((claim("c1", "field", value=value),)))
    assert (got.credit, got.claims[0].hallucinated) == (0.0, hallucinated)


def test_a_contradicted_claim_is_withdrawn_and_an_unverified_one_stands() -> None:
    withdrawn = answer((claim("c1", "field", value="9.00", verdict=CONTRADICTED),))
    got = judged(asking(TOTAL), withdrawn)
    assert (got.credit, got.answered, got.claims) == (0.0, False, ())
    assert got.abstained == "contradicted"
    standing = judged(asking(TOTAL), answer((claim("c1", "field", value="9.00", verdict=UNVERIFIED),)))
    assert (standing.credit, standing.verdict) == (1.0, "unverified")


@pytest.mark.parametrize(
    ("given", "credit", "rejected", "answered"),
    [
        (answer((claim("c1", "absent", label="lamp"),)), 1, True, True),
        (answer((claim("c1", "count", value=0),)), 1, True, True),
        (answer(abstains=ABSENT), 1, True, True),
        (answer(abstains=NOT_CHECKABLE), 0, False, False),
        (answer((claim("c1", "exists", label="lamp"),)), 0, False, True),
        (answer(), 0, False, False),
    ],
)
def test_a_rejection_is_said_and_an_abstention_for_another_reason_is_none(
    given: Answer, credit: float, *, rejected: bool, answered: bool
) -> None:
    got = judged(asking(Gold("absent", "lamp")), given)
    assert (got.absent, got.credit, got.rejected, got.answered) == (True, credit, rejected, answered)


def test_whoever_names_what_is_not_there_hallucinates() -> None:
    got = judged(asking(Gold("absent", "lamp")), answer((claim("c1", "exists", label="lamp"),)))
    assert got.claims[0].hallucinated is True


@pytest.mark.parametrize(("value", "credit"), [(3, 1.0), (2, 0.0)])
def test_counts(value: int, credit: float) -> None:
    got = judged(asking(Gold("count", "cup", ("3",))), answer((claim("c1", "count", value=value),)))
    assert got.credit == credit


def test_attributes_and_states_are_compared_by_their_value() -> None:
    red = asking(Gold("attribute", "cup", ("red",)))
    assert judged(red, answer((claim("c1", "attribute", value="Red"),))).credit == 1
    assert judged(red, answer((claim("c1", "state", value="red"),))).credit == 0
    shut = asking(Gold("state", "valve", ("closed", "not open")))
    assert judged(shut, answer((claim("c1", "state", value="open", negated=True),))).credit == 1


def test_all_golds_must_be_found_and_the_first_claim_be_right() -> None:
    both = asking(Gold("reading", values=("EXIT",)), Gold("reading", values=("PUSH",)))
    exit_, push, other = (
        claim(f"c{n}", "reading", text=text) for n, text in enumerate(("NO EXIT", "push!", "PULL"), start=1)
    )
    assert judged(both, answer((exit_, push, other))).credit == 1
    assert judged(both, answer((other, exit_, push))).credit == 0
    assert judged(both, answer((exit_,))).found == 1


def test_free_answers_count_as_people_agree() -> None:
    people = asking(Gold("answer", values=("yes",) * 2 + ("no",) * 8))
    assert judged(people, answer((claim("c1", "exists", label="dog"),))).credit == pytest.approx(0.6)
    assert judged(people, answer((claim("c1", "absent", label="dog"),))).credit == 1


def test_a_question_that_was_not_understood() -> None:
    got = judged(asking(TOTAL), answer(abstains=NOT_CHECKABLE, understood=False))
    assert (got.misunderstood, got.said) == (True, "abstained: not checkable")


def phrases(*golds: Gold) -> Example:
    return Example("e1", Path("a.png"), Phrases(tuple(gold.label for gold in golds)), golds)


CUP, DOG = Gold("located", "cup", boxes=(HERE, THERE)), Gold("absent", "dog")


def test_each_phrase_is_judged_by_its_own_claims() -> None:
    given = answer(
        (claim("c1", "located", ("r1",), label="cup"), claim("c2", "absent", target="t2", label="dog")),
        (region("r1", (12, 10, 30, 30)),),
    )
    cup, dog = outcomes(phrases(CUP, DOG), given)
    assert (cup.id, cup.credit, cup.pointed) == ("e1/1", 1.0, True)
    assert [cup.iou, cup.f1, cup.region_iou] == pytest.approx([0.9, 2 / 3, 0.45])
    assert (dog.id, dog.credit, dog.rejected, dog.region_iou, dog.iou) == ("e1/2", 1.0, True, 1.0, None)


def test_a_phrase_without_a_box_has_an_iou_of_0() -> None:
    cup, _ = outcomes(phrases(CUP, DOG), answer(abstains=NOT_CHECKABLE))
    assert (cup.iou, cup.pointed, cup.region_iou, cup.f1, cup.answered) == (0.0, False, 0.0, 0.0, False)


@pytest.mark.parametrize(
    ("box", "correct", "hallucinated"),
    [(HERE, True, False), ((10, 10, 24, 24), False, None), ((40, 40, 50, 50), False, True)],
)
def test_a_loose_box_is_wrong_and_a_box_on_nothing_is_hallucinated(
    box: tuple[float, float, float, float], *, correct: bool, hallucinated: bool | None
) -> None:
    (cup,) = outcomes(phrases(CUP), answer((claim("c1", "located", ("r1",)),), (region("r1", box),)))
    assert cup.claims[0].correct is correct
    assert bool(cup.claims[0].hallucinated) is bool(hallucinated)


READING = Example(
    "e1",
    Path("a.png"),
    Reading(),
    (Gold("reading", values=("NO",), boxes=(HERE,)), Gold("reading", values=("EXIT",), boxes=(THERE,))),
    ignore=((85.0, 85.0, 95.0, 95.0),),
    lettering=("NO", "EXIT"),
)


def test_reading_counts_words_and_is_silent_where_the_truth_is() -> None:
    given = answer(
        (
            claim("c1", "reading", ("r1",), text="no"),
            claim("c2", "reading", ("r2",), text="EXIT NOW"),
            claim("c3", "reading", ("r3",), text="blurred"),
        ),
        (region("r1", HERE, "no"), region("r2", THERE, "EXIT NOW"), region("r3", (86, 86, 94, 94), "blurred")),
    )
    got = judged(READING, given)
    assert got.words == (2, 3, 2)
    assert got.credit == pytest.approx(4 / 5)
    assert [one.id for one in got.claims] == ["c1", "c2"]


def test_errors_are_outcomes() -> None:
    (one,) = failed(asking(TOTAL), "DEADLINE_EXCEEDED")
    assert (one.error, one.credit, one.gold) == ("DEADLINE_EXCEEDED", 0.0, "9.00")
    cup, dog = failed(phrases(CUP, DOG), "OVERLOADED")
    assert (cup.id, cup.absent, dog.id, dog.absent) == ("e1/1", False, "e1/2", True)


def test_an_outcome_survives_its_file() -> None:
    given = answer((claim("c1", "located", ("r1",)),), (region("r1", HERE),))
    for outcome in outcomes(phrases(CUP, DOG), given):
        assert Outcome.from_row({**outcome.to_row(), "of a newer version": 1}) == outcome
    assert replace(outcome, credit=1.0).is_right
