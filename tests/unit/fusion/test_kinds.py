"""Which lettering a question means: by form, by its place in an order, or not told at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.common.claims import Absent, AbstentionReason, CheckOutcome, Count, Reading
from services.common.geometry import Size
from services.common.plans import Aspect, Order, Rank, Relation, RelationKind, Target, Task, TextField
from services.common.regions import Capability
from services.fusion.core import abstain
from services.fusion.core import lettering as written
from services.fusion.core.checks.absence import AbsenceTest
from services.fusion.core.checks.count import CountTest
from services.fusion.core.checks.inquiries import ReadAgain
from services.fusion.core.checks.text import TextTest
from services.fusion.core.resolve import Resolution, Scene, resolve
from tests.unit.fusion.cases import EVERYWHERE, careful, case, draft, lettering, plan

if TYPE_CHECKING:
    from services.common.regions import Region
    from services.fusion.core.checks.inquiries import Inquiry, Reply

SIGNS = (
    lettering("r1", "BLUE DOOR", (0.0, 0.0, 200.0, 40.0)),
    lettering("r2", "24", (220.0, 0.0, 260.0, 40.0)),
    lettering("r3", "MILL LANE", (0.0, 100.0, 90.0, 120.0)),
    lettering("r4", "since 1987", (0.0, 200.0, 90.0, 220.0)),
)


def resolved(
    noun: str, *, task: Task = Task.READ, rank: Rank | None = None, regions: tuple[Region, ...] = SIGNS
) -> Resolution:
    target = Target("t1", noun, is_text=True, rank=rank)
    return resolve(plan(task, target), Scene(Size(400, 300), regions, EVERYWHERE))


def ids(found: Resolution) -> list[str]:
    return [candidate.region_id for candidate in found.evidence[0].candidates]


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("text", ["r1", "r3", "r4"]),
        ("number", ["r2", "r4"]),
        ("year", ["r4"]),
        ("street name", ["r3"]),
        ("url", []),
    ],
)
def test_form_tells_some_kinds(noun: str, expected: list[str]) -> None:
    found = resolved(noun)
    assert (ids(found), dict(found.setbacks)) == (expected, {})


@pytest.mark.parametrize("noun", ["name", "slogan", "title", "bus number"])
def test_a_kind_that_nothing_tells_is_not_answered_with_all_that_is_written(noun: str) -> None:
    found = resolved(noun)
    assert ids(found) == []
    assert found.setbacks["t1"].reason is AbstentionReason.NOT_CHECKABLE
    assert found.setbacks["t1"].near_region_ids


def test_the_only_figures_are_the_bus_number() -> None:
    assert ids(resolved("bus number", regions=SIGNS[:3])) == ["r2"]


@pytest.mark.parametrize(
    ("noun", "rank", "expected"),
    [
        ("line", Rank(Order.FROM_TOP, 1), ["r1", "r2"]),
        ("line", Rank(Order.FROM_TOP, 2), ["r3"]),
        ("line", Rank(Order.FROM_BOTTOM, 1), ["r4"]),
        ("line", Rank(Order.FROM_TOP, 9), []),
        ("text", Rank(Order.FROM_BOTTOM, 1), ["r4"]),
        ("text", Rank(Order.FROM_RIGHT, 1), ["r2"]),
    ],
)
def test_lines_and_places_are_counted_off(noun: str, rank: Rank, expected: list[str]) -> None:
    assert ids(resolved(noun, rank=rank)) == expected


def test_the_largest_text_is_the_highest_and_clearly_so() -> None:
    largest = Rank(Order.LARGEST, 1)
    assert resolved("text", rank=largest).setbacks["t1"].reason is AbstentionReason.AMBIGUOUS
    assert ids(resolved("text", rank=largest, regions=(SIGNS[0], *SIGNS[2:]))) == ["r1"]


def test_a_line_of_what_was_not_found_is_counted_off_on_the_page() -> None:
    line, sign = Target("t1", "line", is_text=True, rank=Rank(Order.FROM_TOP, 1)), Target("t2", "sign")
    asked = plan(Task.READ, line, sign, relations=(Relation("t1", RelationKind.ON, "t2"),))
    found = resolve(asked, Scene(Size(400, 300), SIGNS, EVERYWHERE))
    assert ids(found) == ["r1", "r2"]


def below(other: Target) -> Resolution:
    asked = plan(
        Task.READ, Target("t1", "text", is_text=True), other, relations=(Relation("t1", RelationKind.BELOW, "t2"),)
    )
    return resolve(asked, Scene(Size(400, 300), SIGNS, EVERYWHERE))


def test_below_what_was_not_found_is_not_everywhere() -> None:
    found = below(Target("t2", "door"))
    assert ids(found) == []
    assert found.setbacks["t1"].reason is AbstentionReason.NOT_CHECKABLE


def test_that_nothing_lies_below_a_word_does_not_make_the_word_absent() -> None:
    found = below(Target("t2", literal_text="since 1987", is_text=True))
    assert found.setbacks["t1"].reason is AbstentionReason.ABSENT
    assert [candidate.region_id for candidate in found.evidence[1].candidates] == ["r4"]
    assert "t2" not in found.setbacks
    assert ids(below(Target("t2", literal_text="MILL LANE", is_text=True))) == ["r4"]


def test_the_colour_of_lettering_is_not_told() -> None:
    asked = plan(Task.ATTRIBUTE, Target("t1", "text", is_text=True), aspect=Aspect.COLOR)
    found = resolve(asked, Scene(Size(400, 300), SIGNS, EVERYWHERE))
    assert found.setbacks["t1"].reason is AbstentionReason.NOT_CHECKABLE


def sign(*regions: Region) -> abstain.Settlement:
    """What is settled of "what does the sign say?" where nothing finds signs."""
    asked = plan(
        Task.READ,
        Target("t1", "text", is_text=True),
        Target("t2", "sign"),
        relations=(Relation("t1", RelationKind.ON, "t2"),),
    )
    missing = {Capability.DETECT: abstain.Missing(Capability.DETECT, "bind a detector")}
    looked = frozenset({Capability.READ_TEXT})
    sight = abstain.Sight({region.id: region for region in regions}, missing, looked=looked)
    return abstain.settle(asked, resolve(asked, Scene(Size(400, 300), regions, EVERYWHERE)), sight)


def test_a_sign_that_nothing_finds_is_read_line_by_line() -> None:
    settled = sign(*SIGNS)
    (item,) = settled.evidence
    assert [(c.region_id, c.value, c.context_region_ids) for c in item.candidates] == [
        ("r1", "BLUE DOOR 24", ("r2",)),
        ("r3", "", ()),
        ("r4", "", ()),
    ]
    assert [each.target_id for each in settled.abstentions] == ["t2"]
    (abstention,) = settled.abstentions
    assert abstention.capability is Capability.DETECT


@pytest.mark.parametrize("box", [(300.0, 0.0, 340.0, 40.0), (220.0, 0.0, 240.0, 20.0)], ids=["far", "small"])
def test_what_stands_apart_or_in_other_letters_is_no_part_of_a_line(box: tuple[float, float, float, float]) -> None:
    (item,) = sign(SIGNS[0], lettering("r2", "24", box)).evidence
    assert [candidate.region_id for candidate in item.candidates] == ["r1", "r2"]


def test_of_many_lines_the_first_are_given_and_the_rest_are_said_to_be_there() -> None:
    many = [
        lettering(f"r{n}", f"line {n}", (0.0, 30.0 * n, 60.0, 30.0 * n + 20)) for n in range(abstain.MOST_LINES + 2)
    ]
    settled = sign(*many)
    assert [c.region_id for c in settled.evidence[0].candidates] == [r.id for r in many[: abstain.MOST_LINES]]
    about, more = settled.abstentions
    assert (about.target_id, more.target_id) == ("t2", "t1")
    assert more.near_region_ids == tuple(region.id for region in many[abstain.MOST_LINES :])
    assert str(len(many)) in more.detail


def test_a_line_of_two_pieces_is_read_again_piece_by_piece() -> None:
    said = draft(Reading("BLUE DOOR 24"), "r1", context=("r2",))
    asked = plan(Task.READ, Target("t1", "text", is_text=True))
    again: dict[Inquiry, Reply] = {ReadAgain(each.box): (careful(each, "r9"),) for each in SIGNS[:2]}
    assert set(TextTest().inquiries(said, case(asked, *SIGNS))) == set(again)
    assert TextTest().run(said, case(asked, *SIGNS, replies=again)).outcome is CheckOutcome.PASSED


def test_an_address_that_is_not_whole_is_not_said_to_be_absent() -> None:
    target = Target("t1", "address", is_text=True, text_field=TextField.ADDRESS)
    asked = plan(Task.READ, target)
    found = resolve(asked, Scene(Size(400, 300), SIGNS, EVERYWHERE))
    sight = abstain.Sight({region.id: region for region in SIGNS}, looked=frozenset({Capability.READ_TEXT}))
    (abstention,) = abstain.settle(asked, found, sight).abstentions
    assert abstention.reason is AbstentionReason.NOT_CHECKABLE


@pytest.mark.parametrize("noun", ["word", "line", "text"])
def test_pieces_of_lettering_are_no_count_of_words_or_lines(noun: str) -> None:
    found = resolved(noun, task=Task.COUNT)
    assert ids(found) == []
    assert found.setbacks["t1"].reason is AbstentionReason.NOT_CHECKABLE


@pytest.mark.parametrize(
    ("text", "often"), [("EXIT", 1), ("EXIT EXIT", 2), ("NO EXIT", 1), ("EXITING", 0), ("EX IT", 1), ("", 0)]
)
def test_a_word_is_counted_as_often_as_it_stands_in_a_line(text: str, often: int) -> None:
    assert written.occurrences("exit", text) == often


EXIT = Target("t1", literal_text="EXIT", is_text=True)


@pytest.mark.parametrize(
    ("claimed", "other", "outcome"),
    [
        (2, ("TAXI", 0.9), CheckOutcome.PASSED),
        (1, ("TAXI", 0.9), CheckOutcome.FAILED),
        (2, ("EX1", 0.4), CheckOutcome.INCONCLUSIVE),
    ],
)
def test_words_are_recounted_and_what_cannot_be_read_may_be_more_of_them(
    claimed: int, other: tuple[str, float], outcome: CheckOutcome
) -> None:
    twice = lettering("r1", "EXIT EXIT", (0.0, 0.0, 90.0, 20.0))
    more = lettering("r2", other[0], (0.0, 100.0, 40.0, 120.0), other[1])
    seen = case(plan(Task.COUNT, EXIT), twice, more)
    assert CountTest().run(draft(Count('"EXIT"', claimed), "r1"), seen).outcome is outcome


def test_how_often_a_word_is_there_is_resolved_by_its_occurrences() -> None:
    twice = lettering("r1", "EXIT EXIT", (0.0, 0.0, 90.0, 20.0))
    found = resolve(plan(Task.COUNT, EXIT), Scene(Size(400, 300), (twice,), EVERYWHERE))
    assert found.evidence[0].distinct == 2


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("", CheckOutcome.PASSED), ("NO ENTRY", CheckOutcome.PASSED), ("8 4 12", CheckOutcome.INCONCLUSIVE)],
)
def test_that_there_is_no_date_is_told_only_where_no_figure_is(text: str, outcome: CheckOutcome) -> None:
    target = Target("t1", "date", is_text=True, text_field=TextField.DATE)
    seen = case(plan(Task.EXISTS, target), lettering("r1", text, (0.0, 0.0, 90.0, 20.0)))
    assert AbsenceTest().run(draft(Absent("date")), seen).outcome is outcome
