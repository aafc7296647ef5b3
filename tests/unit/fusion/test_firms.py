"""The firm that a page is from, on pages laid out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.common.claims import CheckOutcome, Field
from services.common.plans import Target, Task, TextField
from services.fusion.core import firms
from services.fusion.core.checks.form import FormTest
from services.fusion.core.checks.inquiries import ReadAgain
from services.fusion.core.checks.text import TextTest
from services.fusion.core.policy import CREDIBLE_FROM
from tests.unit.fusion.cases import careful, case, draft, lettering, plan

if TYPE_CHECKING:
    from services.common.regions import Region
    from services.fusion.core.checks.inquiries import Inquiry, Reply

READ = plan(Task.READ, Target("t1", "company", is_text=True, text_field=TextField.COMPANY))
FOOT = "THANK YOU"


def page(*lines: str | tuple[str, float]) -> list[Region]:
    """One line below the other, ten pixels a character, twenty high or as given; a foot far below."""
    regions, y = [], 0.0
    for number, line in enumerate(lines, start=1):
        text, height = line if isinstance(line, tuple) else (line, 20.0)
        regions.append(lettering(f"r{number}", text, (0.0, y, 10.0 * len(text), y + height)))
        y += height + 6
    return [*regions, lettering("r99", FOOT, (0.0, 2000.0, 90.0, 2020.0))]


def best(regions: list[Region]) -> str:
    found = sorted(firms.candidates(regions), key=lambda c: -c.fit)
    return found[0].value if found else ""


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("BLUE DOOR SDN BHD", "12, JALAN MAWAR"), "BLUE DOOR SDN BHD"),
        (("scribble", "BLUE DOOR SDNBHD (123456-X)"), "BLUE DOOR SDNBHD"),
        (("BLUE DOOR LTD (Co. No. 12345-K)",), "BLUE DOOR LTD"),
        # It goes on beneath.
        (("BLUE DOOR", "SDN BHD", "(123456-X)"), "BLUE DOOR SDN BHD"),
        (("BLUE DOOR", "TRADING SDN BHD"), "BLUE DOOR TRADING SDN BHD"),
        # What stands beneath is a firm of its own, or set in other letters.
        (("BLUE DOOR AT THE MALL", "GREEN GATE SDN BHD"), "GREEN GATE SDN BHD"),
        (("BLUE DOOR", ("LTD", 60.0)), "BLUE DOOR"),
        # Headings, addresses, numbers and those who own the place are none.
        (("TAX INVOICE", "Blue Door"), "Blue Door"),
        (("SIMPLIFIED TAX INVOICE", "No. 5, Jalan Mawar", "TEL: 03-1234567", "Blue Door"), "Blue Door"),
        (("Blue Door", "OWNED BY :", "GREEN GATE SDN BHD"), "Blue Door"),
        (("81200 Newtown,", "info@blue.org"), ""),
        # A registration number beneath says more than a place further up.
        (("once more", "Blue Door", "(123456-X)"), "Blue Door"),
        (("once more", ("Blue Door", 40.0)), "Blue Door"),
        (("Green Gate", "12, Mill Road", "Blue Door", "Co. Reg. No: 123456-X"), "Green Gate"),
    ],
)
def test_a_name_is_told_from_what_else_heads_a_page(lines: tuple[str | tuple[str, float], ...], name: str) -> None:
    assert best(page(*lines)) == name


@pytest.mark.parametrize(
    ("lines", "value", "outcome"),
    [
        (("BLUE DOOR SDN BHD",), "BLUE DOOR SDN BHD", CheckOutcome.PASSED),
        (("Blue Door", "www.bluedoor.org"), "Blue Door", CheckOutcome.PASSED),
        (("Blue Door",), "Blue Door", CheckOutcome.INCONCLUSIVE),
        # A number beneath is that of the name above it; one that is announced is of the firm, wherever it is named.
        (("Blue Door", "(123456-X)"), "Blue Door", CheckOutcome.PASSED),
        (("Blue Door", "Co. Reg. No: 123456-X"), "Blue Door", CheckOutcome.PASSED),
        (("Green Gate", "12, Mill Road", "Blue Door", "Co. Reg. No: 123456-X"), "Blue Door", CheckOutcome.INCONCLUSIVE),
        # A short name within another word is not named there, but in a site it may be.
        (("Rose", "see the PROSECUTOR"), "Rose", CheckOutcome.INCONCLUSIVE),
        (("Rose", "www.therose.org"), "Rose", CheckOutcome.PASSED),
        # A letter of the ending is misread or misprinted: then others may be.
        (("BLUE DOOR SDN BND", "(123456-X)"), "BLUE DOOR SDN BND", CheckOutcome.INCONCLUSIVE),
        # Two firms: nothing on the page says which of them it is from.
        (("Blue Door", "www.bluedoor.org", "GREEN GATE SDN BHD"), "Blue Door", CheckOutcome.INCONCLUSIVE),
        (("Blue Door", "www.bluedoor.org", "GREEN GATE SDN BHD"), "GREEN GATE SDN BHD", CheckOutcome.INCONCLUSIVE),
        (("Blue Door", "www.bluedoor.org", "BLUE DOOR SDN BHD"), "BLUE DOOR SDN BHD", CheckOutcome.PASSED),
        (("Blue Door", "bluedoor.org", "SOLD TO", "GREEN GATE SDN BHD"), "Blue Door", CheckOutcome.PASSED),
        # The name may begin above.
        (("ONE TWO THREE SEAFOOD", "KITCHEN SDN BHD"), "KITCHEN SDN BHD", CheckOutcome.INCONCLUSIVE),
        (("a scribble", "", "BLUE DOOR SDN BHD"), "BLUE DOOR SDN BHD", CheckOutcome.PASSED),
    ],
)
def test_a_firm_is_supported_by_a_sign_and_by_no_rival(
    lines: tuple[str, ...], value: str, outcome: CheckOutcome
) -> None:
    regions = page(*lines)
    own = next(region for region in regions if region.text.startswith(value))
    said = draft(Field(TextField.COMPANY, "company", value), own.id)
    assert FormTest().run(said, case(READ, *regions)).outcome is outcome


def test_a_name_of_two_lines_is_read_again_line_by_line() -> None:
    first, second, _ = page("BLUE DOOR", "SDN BHD (123456-X)")
    said = draft(Field(TextField.COMPANY, "company", "BLUE DOOR SDN BHD"), "r1", context=("r2",))
    again: dict[Inquiry, Reply] = {ReadAgain(each.box): (careful(each, "r9"),) for each in (first, second)}
    assert set(TextTest().inquiries(said, case(READ, first, second))) == set(again)
    assert TextTest().run(said, case(READ, first, second, replies=again)).outcome is CheckOutcome.PASSED
    again[ReadAgain(second.box)] = (careful(lettering("", "SON BHD", (0.0, 26.0, 70.0, 46.0)), "r9"),)
    assert TextTest().run(said, case(READ, first, second, replies=again)).outcome is not CheckOutcome.PASSED


def test_a_few_words_in_a_photo_have_no_head_that_names_a_firm() -> None:
    words, lines = ("GET", "FIT", "REWARDS"), tuple(f"line {letter}" for letter in "abcdefgh")
    assert all(candidate.fit < CREDIBLE_FROM for candidate in firms.candidates(page(*words)))
    assert max(candidate.fit for candidate in firms.candidates(page(*words, *lines))) >= CREDIBLE_FROM
    assert max(candidate.fit for candidate in firms.candidates(page("GET FIT LTD"))) >= CREDIBLE_FROM
