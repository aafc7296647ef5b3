"""Tables of checks about things: what passes, what fails, and what they say when they cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.common.claims import (
    Absent,
    Attribute,
    CheckOutcome,
    Compared,
    Count,
    Exists,
    InconclusiveReason,
    Located,
    Related,
    State,
)
from services.common.geometry import Box
from services.common.plans import Aspect, Order, Rank, RelationKind, Target, Task
from services.common.regions import Capability, Tier
from services.fusion.core.checks.absence import AbsenceTest
from services.fusion.core.checks.agreement import AgreementTest
from services.fusion.core.checks.color import ColorTest, measuring
from services.fusion.core.checks.count import CountTest
from services.fusion.core.checks.geometry import GeometryTest
from services.fusion.core.checks.inquiries import AskJudge, FindAgain, Judgement
from services.fusion.core.checks.judge import JudgeTest
from tests.unit.fusion.cases import ENGINE, careful, case, colored, draft, plan, thing

if TYPE_CHECKING:
    from services.fusion.core.checks.inquiries import Inquiry, Reply

CUP = thing("r1", "cup", (100, 100, 150, 150))
PLATE = thing("r2", "plate", (200, 100, 260, 150))
CUPS = plan(Task.EXISTS, Target("t1", "cup"))
PASSED, FAILED, OPEN = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.INCONCLUSIVE
UNSURE, NOT_BOUND, OVER_BUDGET = (
    InconclusiveReason.UNSURE,
    InconclusiveReason.NOT_BOUND,
    InconclusiveReason.OVER_BUDGET,
)
WHOLE = Box(0, 0, 400, 300)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (RelationKind.LEFT_OF, PASSED),
        (RelationKind.RIGHT_OF, FAILED),
        (RelationKind.ABOVE, FAILED),
        (RelationKind.NEXT_TO, OPEN),
        (RelationKind.NEAR, PASSED),
        (RelationKind.INSIDE, FAILED),
        (RelationKind.LARGER_THAN, FAILED),
    ],
)
def test_a_relation_is_derived_from_the_boxes(kind: RelationKind, outcome: CheckOutcome) -> None:
    far = thing("r2", "plate", (180, 100, 240, 150))
    asked = plan(Task.EXISTS, Target("t1", "cup"), Target("t2", "plate"))
    claim = draft(Related("cup", kind, "t2", "plate"), "r1", context=("r2",))
    assert GeometryTest().run(claim, case(asked, CUP, far)).outcome is outcome


def test_the_careful_tier_s_boxes_count_where_there_are_any() -> None:
    # The fast tier drew the cup left of the plate; the accurate one drew both where they are: the cup to the right.
    cup, plate = thing("r1", "cup", (100, 100, 200, 150)), thing("r2", "plate", (150, 100, 250, 150))
    there = [
        careful(thing("", "cup", (130, 100, 200, 150)), "r3"),
        careful(thing("", "plate", (150, 100, 200, 150)), "r4"),
    ]
    claim = draft(Related("cup", RelationKind.LEFT_OF, "t2", "plate"), "r1", context=("r2",))
    asked = plan(Task.EXISTS, Target("t1", "cup"), Target("t2", "plate"))
    alone, careful_ = (GeometryTest().run(claim, case(asked, cup, plate, *more)) for more in ([], there))
    assert careful_.figures["strength"] < alone.figures["strength"]


def test_a_relation_that_cites_no_object_fails() -> None:
    claim = draft(Related("cup", RelationKind.LEFT_OF, "t2", "plate"), "r1")
    assert GeometryTest().run(claim, case(CUPS, CUP)).outcome is FAILED


def test_depth_that_is_not_measured_says_so() -> None:
    claim = draft(Related("cup", RelationKind.BEHIND, "t2", "plate"), "r1", context=("r2",))
    check = GeometryTest().run(claim, case(CUPS, CUP, PLATE))
    assert (check.outcome, check.inconclusive_reason) == (OPEN, NOT_BOUND)


@pytest.mark.parametrize(("place", "outcome"), [(1, PASSED), (2, FAILED)])
def test_a_rank_is_counted_off_again(place: int, outcome: CheckOutcome) -> None:
    other = thing("r2", "cup", (300, 100, 350, 150))
    asked = plan(Task.LOCATE, Target("t1", "cup", rank=Rank(Order.FROM_LEFT, place)))
    assert GeometryTest().run(draft(Located("cup"), "r1"), case(asked, CUP, other)).outcome is outcome


@pytest.mark.parametrize(("least", "outcome"), [(False, FAILED), (True, PASSED)])
def test_a_comparison_is_derived_from_the_boxes(least: bool, outcome: CheckOutcome) -> None:  # noqa: FBT001
    big = thing("r2", "plate", (200, 50, 390, 250))
    claim = draft(Compared("cup", Aspect.SIZE, least, "t2", "plate"), "r1", context=("r2",))
    assert GeometryTest().run(claim, case(CUPS, CUP, big)).outcome is outcome


@pytest.mark.parametrize(
    ("shares", "outcome"),
    [
        ({"red": 0.9}, PASSED),
        ({"blue": 0.9}, FAILED),
        ({"red": 0.2, "blue": 0.8}, OPEN),
        ({"dark red": 0.8}, PASSED),
    ],
)
def test_a_colour_is_measured_again(shares: dict[str, float], outcome: CheckOutcome) -> None:
    seen = case(CUPS, CUP, replies={measuring(CUP): colored(**shares)})
    claim = draft(Attribute("cup", Aspect.COLOR, "red"), "r1")
    assert ColorTest().run(claim, seen).outcome is outcome


@pytest.mark.parametrize(
    ("shares", "outcome"), [({"red": 0.5, "white": 0.4}, PASSED), ({"red": 0.9, "blue": 0.1}, FAILED)]
)
def test_several_colours_are_all_there(shares: dict[str, float], outcome: CheckOutcome) -> None:
    seen = case(CUPS, CUP, replies={measuring(CUP): colored(**shares)})
    claim = draft(Attribute("cup", Aspect.COLOR, "red and white"), "r1")
    assert ColorTest().run(claim, seen).outcome is outcome


def test_the_second_measurement_takes_the_middle_of_the_box() -> None:
    (inquiry,) = ColorTest().inquiries(draft(Attribute("cup", Aspect.COLOR, "red"), "r1"), case(CUPS, CUP))
    assert inquiry == measuring(CUP)
    assert measuring(CUP).place == Box(110, 110, 140, 140)


@pytest.mark.parametrize(("other", "outcome"), [("red", PASSED), ("blue", FAILED)])
def test_likeness_of_colour_is_measured_again(other: str, outcome: CheckOutcome) -> None:
    replies: dict[Inquiry, Reply] = {measuring(CUP): colored(red=0.9), measuring(PLATE): colored(**{other: 0.9})}
    claim = draft(Related("cup", RelationKind.SAME_COLOR, "t2", "plate"), "r1", context=("r2",))
    assert ColorTest().run(claim, case(CUPS, CUP, PLATE, replies=replies)).outcome is outcome


AGAIN = FindAgain(CUP.box.grown(25, case(CUPS).image_size), ("cup",))
SOUGHT = frozenset({(Capability.DETECT, Tier.ACCURATE, "cup"), (Capability.DETECT, Tier.FAST, "cup")})


@pytest.mark.parametrize(
    ("found", "sought", "outcome", "reason"),
    [
        ((careful(CUP, "r9"),), frozenset(), PASSED, None),
        ((careful(CUP, "r9", score=0.3),), frozenset(), OPEN, UNSURE),
        ((careful(thing("", "cup", (300, 200, 350, 250)), "r9"),), frozenset(), OPEN, UNSURE),
        ((), frozenset(), OPEN, UNSURE),
        ((), SOUGHT, FAILED, None),
        (OVER_BUDGET, SOUGHT, OPEN, OVER_BUDGET),
        (InconclusiveReason.UNAVAILABLE, SOUGHT, OPEN, InconclusiveReason.UNAVAILABLE),
    ],
)
def test_another_look_agrees_or_not(
    found: object, sought: frozenset[object], outcome: CheckOutcome, reason: InconclusiveReason | None
) -> None:
    seen = case(CUPS, CUP, searched=sought, replies={AGAIN: found})  # type: ignore[arg-type,dict-item]
    check = AgreementTest().run(draft(Exists("cup"), "r1"), seen)
    assert (check.outcome, check.inconclusive_reason) == (outcome, reason)


def test_what_both_tiers_found_is_not_looked_for_again() -> None:
    seen = case(CUPS, CUP, careful(CUP, "r9"))
    claim = draft(Exists("cup"), "r1")
    assert not AgreementTest().inquiries(claim, seen)
    assert AgreementTest().run(claim, seen).outcome is PASSED


def test_an_inquiry_that_the_budget_did_not_allow_is_over_budget() -> None:
    check = AgreementTest().run(draft(Exists("cup"), "r1"), case(CUPS, CUP))
    assert check.inconclusive_reason is OVER_BUDGET


COUNTED = plan(Task.COUNT, Target("t1", "cup"))
OTHER_CUP = thing("r2", "cup", (300, 100, 350, 150))


@pytest.mark.parametrize(
    ("claimed", "cited", "by_accurate", "outcome"),
    [
        (2, ("r1", "r2"), (CUP, OTHER_CUP), PASSED),
        (2, ("r1", "r2"), (CUP,), OPEN),
        (2, ("r1",), (CUP, OTHER_CUP), FAILED),
        (1, ("r1", "r2"), (CUP, OTHER_CUP), FAILED),
        (1, ("r1",), (CUP, OTHER_CUP), OPEN),
    ],
)
def test_things_are_counted_by_both_tiers(
    claimed: int, cited: tuple[str, ...], by_accurate: tuple[object, ...], outcome: CheckOutcome
) -> None:
    found = tuple(careful(region, f"r{9 + n}") for n, region in enumerate(by_accurate))  # type: ignore[arg-type]
    seen = case(
        COUNTED,
        CUP,
        OTHER_CUP,
        searched=frozenset({(Capability.DETECT, Tier.FAST, "cup")}),
        replies={FindAgain(WHOLE, ("cup",), Tier.ACCURATE): found},
    )
    claim = draft(Count("cup", claimed), *cited)
    assert CountTest().inquiries(claim, seen) == (FindAgain(WHOLE, ("cup",), Tier.ACCURATE),)
    assert CountTest().run(claim, seen).outcome is outcome


def test_one_thing_cited_twice_counts_once() -> None:
    twice = thing("r2", "cup", (102, 101, 152, 149))
    assert CountTest().run(draft(Count("cup", 2), "r1", "r2"), case(COUNTED, CUP, twice)).outcome is FAILED


@pytest.mark.parametrize(
    ("attributes", "regions", "searched", "replies", "outcome"),
    [
        ((), (), SOUGHT, {}, PASSED),
        ((), (), frozenset(), {}, OPEN),
        ((), (thing("r1", "cup", (1, 1, 9, 9), 0.3),), SOUGHT, {}, OPEN),
        ((), (thing("r1", "cup", (1, 1, 9, 9), 0.05),), SOUGHT, {}, PASSED),
        ((), (thing("r1", "mug", (1, 1, 9, 9), 0.9),), SOUGHT, {}, OPEN),
        (("red",), (CUP,), SOUGHT, {measuring(CUP): colored(blue=0.9)}, PASSED),
        (("red",), (CUP,), SOUGHT, {measuring(CUP): colored(red=0.4, blue=0.6)}, OPEN),
        (("red",), (CUP,), SOUGHT, {}, OPEN),
        (("wooden",), (CUP,), SOUGHT, {}, OPEN),
    ],
)
def test_absence_needs_a_search_that_nothing_speaks_against(
    attributes: tuple[str, ...],
    regions: tuple[object, ...],
    searched: frozenset[object],
    replies: dict[object, object],
    outcome: CheckOutcome,
) -> None:
    asked = plan(Task.EXISTS, Target("t1", "cup", attributes))
    seen = case(asked, *regions, searched=searched, replies=replies)  # type: ignore[arg-type]
    assert AbsenceTest().run(draft(Absent("cup", ("cup",))), seen).outcome is outcome


@pytest.mark.parametrize(
    ("probability", "outcome"), [(0.95, PASSED), (0.8, PASSED), (0.5, OPEN), (0.2, OPEN), (0.1, FAILED)]
)
def test_the_judge_decides_where_it_is_sure(probability: float, outcome: CheckOutcome) -> None:
    replies: dict[Inquiry, Reply] = {AskJudge("it is so", (CUP.box,)): Judgement(probability, ENGINE)}
    check = JudgeTest().run(draft(State("cup", "full"), "r1"), case(CUPS, CUP, replies=replies))
    assert check.outcome is outcome
    assert check.figures == {"probability": probability}


def test_nobody_judges_what_pixels_tell() -> None:
    asked = plan(Task.EXISTS, Target("t1", "cup", ("red", "large")))
    assert not JudgeTest().applies(draft(Exists("red large cup"), "r1"), case(asked, CUP))
    asked = plan(Task.EXISTS, Target("t1", "cup", ("red", "chipped")))
    assert JudgeTest().applies(draft(Exists("red chipped cup"), "r1"), case(asked, CUP))
