"""Tables of checks about lettering and documents."""

from __future__ import annotations

import pytest

from services.common.claims import (
    Absent,
    CheckOutcome,
    Citation,
    CitationRole,
    ClaimDraft,
    Exists,
    Field,
    InconclusiveReason,
    Knowledge,
    Passage,
)
from services.common.plans import Target, Task, TextField
from services.fusion.core.checks.absence import AbsenceTest
from services.fusion.core.checks.form import FormTest
from services.fusion.core.checks.inquiries import ReadAgain
from services.fusion.core.checks.quote import QuoteTest
from services.fusion.core.checks.text import TextTest
from tests.unit.fusion.cases import careful, case, draft, lettering, plan

PASSED, FAILED, OPEN = CheckOutcome.PASSED, CheckOutcome.FAILED, CheckOutcome.INCONCLUSIVE
EXIT = plan(Task.EXISTS, Target("t1", literal_text="EXIT", is_text=True))
PLACE = (10.0, 10.0, 90.0, 30.0)


@pytest.mark.parametrize(
    ("read", "again", "outcome"),
    [
        ("EXIT", "EXIT", PASSED),
        ("NO EXIT", "NO EXIT", PASSED),
        ("EXIT", "TAXI", FAILED),
        # A citation of other lettering is none of the word, however well that is read twice.
        ("CLOSED", "CLOSED", FAILED),
        ("EXIT", None, OPEN),
    ],
)
def test_the_word_itself_must_be_read_again(read: str, again: str | None, outcome: CheckOutcome) -> None:
    region = lettering("r1", read, PLACE)
    fresh = () if again is None else (careful(lettering("", again, PLACE), "r9"),)
    seen = case(EXIT, region, replies={ReadAgain(region.box): fresh})
    assert TextTest().run(draft(Exists('"EXIT"'), "r1"), seen).outcome is outcome


def test_lettering_that_was_not_read_again_says_why() -> None:
    region = lettering("r1", "EXIT", PLACE)
    check = TextTest().run(draft(Exists('"EXIT"'), "r1"), case(EXIT, region))
    assert check.inconclusive_reason is InconclusiveReason.OVER_BUDGET


@pytest.mark.parametrize(
    ("text", "score", "again", "outcome"),
    [
        ("TAXI", 0.95, None, PASSED),  # well read, and another word
        ("EX1T", 0.95, None, PASSED),  # as near as it is, its score says that this is what is written
        ("EXIT", 0.3, None, OPEN),  # it is there
        ("EX1", 0.5, ("EX1", 0.5), OPEN),  # could be it, and cannot be read
        ("EX1", 0.5, ("EXAM", 0.95), PASSED),  # read after all: another word
        ("EX1", 0.5, ("EXIT", 0.95), OPEN),  # read after all: it is there
        ("E", 0.5, None, OPEN),  # a piece of it
        ("BOOK", 0.5, None, PASSED),  # no letter of it
        ("EXTRAORDINARY", 0.5, None, PASSED),  # far longer
    ],
)
def test_silence_is_a_witness_only_where_the_picture_was_read_well(
    text: str, score: float, again: tuple[str, float] | None, outcome: CheckOutcome
) -> None:
    region = lettering("r1", text, PLACE, score)
    fresh = () if again is None else (careful(lettering("", again[0], PLACE), "r9", score=again[1]),)
    seen = case(EXIT, region, replies={ReadAgain(region.box): fresh})
    assert AbsenceTest().run(draft(Absent('"EXIT"', ("EXIT",))), seen).outcome is outcome


COMPANY = plan(Task.READ, Target("t1", "company", is_text=True, text_field=TextField.COMPANY))


@pytest.mark.parametrize(
    ("value", "below", "elsewhere", "outcome"),
    [
        ("ACME TRADING SDN BHD", "", "", PASSED),
        ("ACME LTD.", "", "", PASSED),
        ("FARMASI LIGAMAS", "(CO REG 123456-X)", "", PASSED),
        ("CARREFOUR", "", "www.carrefour.com", PASSED),
        ("CARREFOUR", "", "THANK YOU", OPEN),
        ("TAX INVOICE", "", "TAX INVOICE", OPEN),
        ("HOTEL", "12 MAIN ROAD", "", OPEN),
    ],
)
def test_a_firm_needs_a_second_sign(value: str, below: str, elsewhere: str, outcome: CheckOutcome) -> None:
    page = [lettering("r1", value, (50, 10, 250, 30))]
    page += [lettering("r2", below, (50, 35, 250, 50))] if below else []
    page += [lettering("r3", elsewhere, (50, 200, 250, 220))] if elsewhere else []
    claim = draft(Field(TextField.COMPANY, "company", value), "r1")
    check = FormTest().run(claim, case(COMPANY, *page))
    assert check.outcome is outcome


@pytest.mark.parametrize(
    ("quote", "begin", "end", "outcome"),
    [
        ("by hand", 5, 12, PASSED),
        ("by Hand", 5, 12, FAILED),
        ("by hand", 4, 12, FAILED),
        ("by hand", 5, 99, FAILED),
        ("by hand", -8, -1, FAILED),
        ("", 5, 5, FAILED),
    ],
)
def test_a_quotation_stands_word_for_word(quote: str, begin: int, end: int, outcome: CheckOutcome) -> None:
    cited = (Citation("", CitationRole.SUPPORTS, Passage("d", begin, end)),)
    claim = ClaimDraft("it is written", "", Knowledge(quote), cited)
    assert QuoteTest().run(claim, case(EXIT, documents={"d": "wash by hand."})).outcome is outcome
