"""Addresses, from lettering laid out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.common.claims import CheckOutcome, CitationRole, Field, TargetEvidence
from services.common.plans import Target, Task, TextField
from services.fusion.core.checks.form import FormTest
from services.fusion.core.checks.inquiries import ReadAgain
from services.fusion.core.checks.text import TextTest
from services.fusion.core.fields import field_candidates
from services.fusion.core.policy import CREDIBLE_FROM
from services.llm.core.composer import compose
from services.llm.core.evidence import Material
from tests.unit.fusion.cases import careful, case, draft, lettering, plan

if TYPE_CHECKING:
    from services.common.claims import Candidate
    from services.common.regions import Region
    from services.fusion.core.checks.inquiries import Inquiry, Reply

TARGET = Target("t1", "address", is_text=True, text_field=TextField.ADDRESS)
READ = plan(Task.READ, TARGET)
MILL = ("12, Mill Road,", "Oldham,", "81200 Newtown")


def page(*lines: str | tuple[str, float]) -> list[Region]:
    """One line below the other, ten pixels a character, twenty high, six or as many as given below the last; a foot."""
    regions, y = [], 0.0
    for number, line in enumerate(lines, start=1):
        text, gap = line if isinstance(line, tuple) else (line, 6.0)
        y += gap
        regions.append(lettering(f"r{number}", text, (0.0, y, 10.0 * len(text), y + 20)))
        y += 20
    return [*regions, lettering("r99", "THANK YOU", (0.0, 2000.0, 90.0, 2020.0))]


def found(*lines: str | tuple[str, float]) -> list[Candidate]:
    return field_candidates(TARGET, page(*lines))


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (("BLUE DOOR LTD", *MILL, "TEL: 03-1234567"), "12, Mill Road, Oldham, 81200 Newtown"),
        (("BLUE DOOR LTD", "(123456-X)", *MILL, "TAX INVOICE"), "12, Mill Road, Oldham, 81200 Newtown"),
        (
            ("Blue Door", "LOT 3-A, JALAN MAWAR", "TAMAN SARI", "81200 NEWTOWN."),
            "LOT 3-A, JALAN MAWAR TAMAN SARI 81200 NEWTOWN.",
        ),
        # Between a street and the line of the post code a town may stand without a comma.
        (("Blue Door", "7 High Street", "Oldham", "OL1 2AB"), "7 High Street Oldham OL1 2AB"),
        (("ADDRESS: 12, Mill Road,", "81200 Newtown"), "12, Mill Road, 81200 Newtown"),
        (
            ("Blue Door", "No. 5, Mill Road, Oldham, 81200 Newtown", "01/02/2019"),
            "No. 5, Mill Road, Oldham, 81200 Newtown",
        ),
        # Without a post code, or without a number in a street, it is not whole.
        (("Blue Door", "12, Mill Road,", "Oldham"), ""),
        (("Blue Door", "Oldham,", "81200 Newtown"), ""),
        # What is a number and a name, and no address.
        (("BLUE DOOR", "(81109-A)", "81200 NEWTOWN"), ""),
        (("2 APPLES 81200", "3 PEARS 4.50"), ""),
        # Lines that are far apart are no one address.
        (("Blue Door", "12, Mill Road,", ("81200 Newtown", 90.0)), ""),
        # That of a customer is none of the page's.
        (("Blue Door", "SOLD TO", "Green Gate", *MILL), ""),
        (("Blue Door", "To:", "Green Gate", "Ms Ann Lee", *MILL), ""),
        (("Blue Door", "Returns to", *MILL), ""),
        ((), ""),
    ],
)
def test_lines_are_an_address_by_their_form(lines: tuple[str | tuple[str, float], ...], address: str) -> None:
    candidates = found(*lines)
    assert [candidate.value for candidate in candidates] == ([address] if address else [])
    assert all(candidate.fit >= CREDIBLE_FROM for candidate in candidates)


def test_a_claim_of_an_address_cites_every_line() -> None:
    regions = page("BLUE DOOR LTD", *MILL)
    (candidate,) = field_candidates(TARGET, regions)
    assert (candidate.region_id, candidate.context_region_ids) == ("r2", ("r3", "r4"))
    evidence = _evidence(candidate)
    (claim,) = compose(Material("", READ, {region.id: region for region in regions}, {"t1": evidence}))
    assert {citation.region_id for citation in claim.citations} == {"r2", "r3", "r4"}
    assert claim.citations[0].role is CitationRole.SUPPORTS


def _evidence(candidate: Candidate) -> TargetEvidence:
    return TargetEvidence("t1", (candidate,), 1, searched=True)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("BLUE DOOR LTD", *MILL, "TEL: 03-1234567"), CheckOutcome.PASSED),
        (("BLUE DOOR LTD", "(CO.REG : 123456-X)", *MILL, "TAX INVOICE"), CheckOutcome.PASSED),
        # Its last line, or its first, may be missing.
        (("BLUE DOOR LTD", *MILL, "North Shire"), CheckOutcome.INCONCLUSIVE),
        (("BLUE DOOR", "The Green House", *MILL, "TAX INVOICE"), CheckOutcome.INCONCLUSIVE),
        (("BLUE DOOR LTD", *MILL, ("North Shire", 60.0)), CheckOutcome.PASSED),
        # Of which of two firms it is.
        (("BLUE DOOR LTD", "GREEN GATE LTD", *MILL, "TAX INVOICE"), CheckOutcome.INCONCLUSIVE),
        # Which of two it is, and whose one is that stands further down, is not told.
        (("BLUE DOOR LTD", *MILL, ("7 High Street, 81300 Oldham", 60.0)), CheckOutcome.INCONCLUSIVE),
        (("BLUE DOOR LTD", "1 TEA", "2 CAKES", ("12, Mill Road,", 1500.0), *MILL[1:]), CheckOutcome.INCONCLUSIVE),
        # The front of a shop has no head.
        (("BLUE DOOR", ("7 High Street, Oldham", 40.0), "OL1 2AB"), CheckOutcome.PASSED),
    ],
)
def test_an_address_is_supported_where_its_ends_are_told_and_it_is_the_only_one(
    lines: tuple[str | tuple[str, float], ...], outcome: CheckOutcome
) -> None:
    regions = page(*lines)
    best = field_candidates(TARGET, regions)[0]
    said = draft(Field(TextField.ADDRESS, "address", best.value), best.region_id, context=best.context_region_ids)
    assert FormTest().run(said, case(READ, *regions)).outcome is outcome


def test_an_address_that_no_lines_give_is_not_supported() -> None:
    said = draft(Field(TextField.ADDRESS, "address", "12, Mill Road, 81200 Newtown"), "r2")
    assert FormTest().run(said, case(READ, *page("Blue Door", *MILL))).outcome is CheckOutcome.INCONCLUSIVE


def test_every_line_of_an_address_is_read_again() -> None:
    regions = page("BLUE DOOR LTD", *MILL)
    (best,) = field_candidates(TARGET, regions)
    said = draft(Field(TextField.ADDRESS, "address", best.value), best.region_id, context=best.context_region_ids)
    lines = regions[1:4]
    again: dict[Inquiry, Reply] = {ReadAgain(each.box): (careful(each, "r9"),) for each in lines}
    assert set(TextTest().inquiries(said, case(READ, *regions))) == set(again)
    assert TextTest().run(said, case(READ, *regions, replies=again)).outcome is CheckOutcome.PASSED
    last = lines[-1]
    again[ReadAgain(last.box)] = (
        careful(lettering("", "81700 Newtown", (0.0, last.box.y_min, 130.0, last.box.y_max)), "r9"),
    )
    assert TextTest().run(said, case(READ, *regions, replies=again)).outcome is not CheckOutcome.PASSED
