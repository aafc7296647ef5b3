"""Values of a page, from lettering laid out by hand."""

from __future__ import annotations

import pytest

from services.common.claims import TargetEvidence
from services.common.geometry import Box, Size, identity
from services.common.plans import Target, Task, TextField
from services.common.regions import Capability, Region, Source, Tier
from services.fusion.core import doubt, values
from services.fusion.core.fields import field_candidates
from tests.unit.fusion.cases import plan

SOURCE = Source(Capability.READ_TEXT, "read_text", "1", "0" * 64, Tier.ACCURATE)


def page(*rows: tuple[str, float, float] | tuple[str, float, float, float]) -> list[Region]:
    """Regions from (text, x, y[, score]): ten pixels a character, twenty high."""
    regions = []
    for number, (text, x, y, *score) in enumerate(rows, start=1):
        box = Box(x, y, x + 10 * len(text), y + 20)
        seen = score[0] if score else 1.0
        regions.append(Region(f"r{number}", "d", box, SOURCE, identity(Size(999, 999)), text=text, score=seen))
    return regions


def best(kind: TextField, regions: list[Region], noun: str = "") -> str:
    found = field_candidates(Target("t1", noun, is_text=True, text_field=kind), regions)
    return found[0].value if found else ""


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), ""),
        ((("TOTAL: 31.00", 0, 0),), "31.00"),
        ((("TOTAL", 0, 0), ("RM 31.00", 300, 2)), "RM 31.00"),
        ((("TOTAL", 0, 0), ("31.00", 0, 30)), "31.00"),
        ((("TOTAL QTY", 0, 0), ("4.00", 300, 0)), ""),
        ((("SUBTOTAL", 0, 0), ("29.25", 300, 0), ("TOTAL", 0, 40), ("31.00", 300, 40)), "31.00"),
        # The rounded total is what is paid.
        ((("TOTAL AMOUNT: RM7.72", 0, 0), ("NETT TOTAL: RM7.70", 0, 40)), "RM7.70"),
        # A tax summary repeats the word for a smaller sum.
        ((("TOTAL", 0, 0), ("18.00", 300, 0), ("TOTAL :", 0, 200), ("16.98", 300, 200)), "18.00"),
        ((("TOTAL INCL. GST@6%", 0, 0), ("50.80", 300, 0)), "50.80"),
        ((("TOTAL EXCL. GST", 0, 0), ("47.92", 300, 0)), ""),
        # The amount stands at the end of its line.
        ((("TOTAL", 0, 0), ("2.00", 150, 0), ("84.80", 300, 0)), "84.80"),
        ((("CASH", 0, 0), ("50.00", 300, 0)), ""),
    ],
)
def test_total(rows: tuple[tuple[str, float, float], ...], expected: str) -> None:
    assert best(TextField.TOTAL, page(*rows)) == expected


@pytest.mark.parametrize(
    ("kind", "rows", "expected"),
    [
        (TextField.DATE, (("DATE : 23/01/2018", 0, 0),), "23/01/2018"),
        (TextField.DATE, (("12 MAR 2018 18:19", 0, 0),), "12 MAR 2018"),
        (TextField.DATE, (("99/99/2018", 0, 0),), ""),
        (TextField.DATE, (("23 / 01 / 2018", 0, 0),), "23 / 01 / 2018"),
        (TextField.DATE, (("23.JAN.18", 0, 0),), "23.JAN.18"),
        (TextField.DATE, (("23-Jan'18", 0, 0),), "23-Jan'18"),
        (TextField.TIME, (("12 MAR 2018 18:19", 0, 0),), "18:19"),
        (TextField.PHONE, (("TEL : 03-3271 9872", 0, 0),), "03-3271 9872"),
        (TextField.PHONE, (("DATE 23/01/2018", 0, 0),), ""),
        (TextField.PRICE, (("Coffee", 0, 0), ("$3.50", 200, 0)), "$3.50"),
        (
            TextField.COMPANY,
            (("tan woon yann", 0, 0, 0.7), ("GIN KEE SDN BHD", 0, 30), ("x", 0, 900)),
            "GIN KEE SDN BHD",
        ),
    ],
)
def test_other_fields(kind: TextField, rows: tuple[tuple[str, float, float], ...], expected: str) -> None:
    assert best(kind, page(*rows)) == expected


def test_a_heading_is_no_firm() -> None:
    assert (
        best(TextField.COMPANY, page(("TAX INVOICE", 0, 0), ("Blue Door Cafe", 0, 30), ("x", 0, 900)))
        == "Blue Door Cafe"
    )


@pytest.mark.parametrize(
    ("noun", "rows", "expected"),
    [
        ("change", (("CHANGE", 0, 0), ("0.50", 300, 0)), "0.50"),
        ("change", (("CHANGE DUE (RM): 0.50", 0, 0),), "0.50"),
        # The end of the line is the amount, or nothing is: a reader that lost its point is not helped by guessing.
        ("change", (("CHANGE", 0, 0), ("9.00", 200, 0), ("050", 300, 0)), ""),
        # Headings that hold the word.
        ("tax", (("TAX INVOICE", 0, 0), ("12.00", 0, 30)), ""),
        ("cash", (("CASH BILL", 0, 0), ("12.00", 0, 30)), ""),
        ("cash", (("CASH", 0, 0), ("PRICE", 300, 0)), ""),
        ("gst", (("GST 6%", 0, 0), ("1.20", 300, 0)), "1.20"),
        ("gst", (("TOTAL INCL GST", 0, 0), ("21.20", 300, 0)), ""),
        ("gst", (("GST ID: 000123456789", 0, 0),), ""),
        ("gst number", (("GST ID: 000123456789", 0, 0),), "000123456789"),
        ("gst number", (("GST REG NO : 000123456789", 0, 0),), "000123456789"),
        ("invoice number", (("INV # A-1204", 0, 0),), "A-1204"),
        ("invoice number", (("INVOICE NO : DUPLICATE", 0, 0),), ""),
        ("subtotal", (("SUB TOTAL", 0, 0), ("9.10", 300, 0)), "9.10"),
        ("cashier name", (("CASHIER:", 0, 0), ("ANNA", 200, 0)), "ANNA"),
        ("cashier", (("CASHIER:", 0, 0), ("0042", 200, 0)), ""),
        ("website", (("Find us at www.blue-door.org today", 0, 0),), "www.blue-door.org"),
        # A link to a social network is no site of the shop, unless the page says so.
        ("website", (("Facebook.com", 0, 0),), ""),
        ("website", (("www.instagram.com/bluedoor", 0, 0),), ""),
        ("website", (("facebook.com or blue-door.com", 0, 0),), "blue-door.com"),
        ("website", (("WEBSITE: facebook.com/bluedoor", 0, 0),), "facebook.com/bluedoor"),
        ("website", (("www.outx.com", 0, 0),), "www.outx.com"),
        # How it was paid: beside a key, else by a line that gives an amount for a means of payment.
        ("payment method", (("PAYMENT MODE", 0, 0), ("AMOUNT", 300, 0), ("CASH", 0, 30), ("20.00", 300, 30)), "CASH"),
        ("payment method", (("METHOD OF PAYMENT: Visa", 0, 0),), "Visa"),
        ("payment method", (("PAYMENT METHOD: 4", 0, 0),), ""),
        ("payment method", (("CASH RECEIVED", 0, 0), ("20.00", 300, 0)), "CASH"),
        ("payment method", (("PAID BY VISA RM 20.00", 0, 0),), "VISA"),
        ("payment method", (("CASH", 0, 0), ("0.00", 300, 0), ("VISA", 0, 40), ("20.00", 300, 40)), "VISA"),
        ("payment method", (("CASH", 0, 0),), ""),
        ("payment method", (("CASH BILL 20.00", 0, 0),), ""),
        ("payment method", (("CASH DISCOUNT", 0, 0), ("2.00", 300, 0)), ""),
        ("payment method", (("CASHIER 20.00", 0, 0),), ""),
        ("payment date", (("PAYMENT DATE: 01/02/2019", 0, 0),), "01/02/2019"),
        # When it is open: two times of day, and words that say whose they are.
        ("opening hours", (("OPENING HOURS: 9:00 - 17:00", 0, 0),), "OPENING HOURS: 9:00 - 17:00"),
        ("opening hours", (("OPEN", 0, 0), ("9am-5pm", 0, 30)), "9am-5pm"),
        ("opening hours", (("Mon-Fri 9am to 5pm", 0, 0), ("Sat 10am-2pm", 0, 30)), "Mon-Fri 9am to 5pm Sat 10am-2pm"),
        ("opening times", (("OPEN 24 HOURS", 0, 0),), "OPEN 24 HOURS"),
        ("opening hours", (("9:00 - 17:00", 0, 0),), ""),
        ("opening hours", (("HAPPY HOUR daily 5pm-7pm", 0, 0),), ""),
        ("opening hours", (("PARKING", 0, 0), ("Mon-Fri valid 9am-5pm", 0, 30)), ""),
        ("opening hours", (("OPEN 10-12", 0, 0),), ""),
        ("opening hours", (("OPEN 7 DAYS", 0, 0),), ""),
        ("opening hours", (("Sunday 12/03/2018 - 9:00", 0, 0),), ""),
        ("email", (("write to hello@blue-door.org", 0, 0),), "hello@blue-door.org"),
        ("due date", (("DUE DATE: 02/03/2019", 0, 0), ("DATE: 01/02/2019", 0, 40)), "02/03/2019"),
        # What stands beneath a key at the end of another line is that line's.
        ("change", (("CHANGE", 300, 0), ("ROUNDING", 0, 30), ("0.02", 310, 30)), ""),
        ("change", (("CASH", 0, 0), ("CHANGE", 300, 0), ("5.00", 0, 30), ("0.02", 310, 30)), "0.02"),
    ],
)
def test_a_key_has_a_value_of_its_form_or_none(
    noun: str, rows: tuple[tuple[str, float, float], ...], expected: str
) -> None:
    assert best(TextField.KEYED, page(*rows), noun) == expected


def test_a_date_of_the_page_is_none_of_another_key() -> None:
    rows = page(("VALID UNTIL: 02/03/2019", 0, 0), ("DATE: 01/02/2019", 0, 40))
    assert best(TextField.DATE, rows) == "01/02/2019"


def test_of_two_dates_the_one_with_a_time_is_meant() -> None:
    rows = page(("01/01/2015", 0, 0, 1.0), ("01/02/2019 18:04", 0, 40, 0.9))
    assert best(TextField.DATE, rows) == "01/02/2019"


@pytest.mark.parametrize(
    ("kind", "rows", "tied"),
    [
        (TextField.PRICE, (("1.20", 0, 0, 1.0), ("3.50", 0, 40, 0.9)), True),
        (TextField.PRICE, (("1.20", 0, 0, 1.0), ("RM 1.20", 0, 40, 0.9)), False),
        # A column has as many values as rows.
        (TextField.PRICE, (("PRICE", 0, 0, 1.0), ("1.20", 0, 30, 1.0), ("3.50", 0, 60, 0.8)), True),
        (TextField.DATE, (("12/03/2018", 0, 0, 1.0), ("12 MAR 2018", 0, 40, 0.9)), False),
        (TextField.DATE, (("12/03/2018", 0, 0, 1.0), ("13 MAR 2018", 0, 40, 0.9)), True),
        (TextField.DATE, (("DATE: 12/03/2018", 0, 0, 0.7), ("13 MAR 2018", 0, 40, 1.0)), False),
    ],
)
def test_how_well_a_value_was_read_does_not_tell_that_it_is_meant(
    kind: TextField, rows: tuple[tuple[str, float, float, float], ...], *, tied: bool
) -> None:
    regions = page(*rows)
    target = Target("t1", "value", is_text=True, text_field=kind)
    found = field_candidates(target, regions)
    evidence = TargetEvidence("t1", tuple(found), len(found), searched=True)
    by_id = {region.id: region for region in regions}
    assert doubt.tied(plan(Task.READ, target), target, evidence, by_id) is tied
    assert not doubt.tied(plan(Task.EXISTS, target), target, evidence, by_id)


@pytest.mark.parametrize("text", ["9556123456789", "GST ID 0001 2345 678", "25/12/2018", "1 234 567"])
def test_a_number_alone_is_none_to_call_unless_it_looks_like_one(text: str) -> None:
    assert best(TextField.PHONE, page((text, 0, 0))) == ""
    assert best(TextField.PHONE, page(("016-549 88 45", 0, 0))) == "016-549 88 45"


def test_a_keyed_value_stands_beside_its_key() -> None:
    regions = page(("INVOICE NO : OR1803", 0, 0), ("CASHIER", 0, 40), ("MANIS", 200, 40))
    assert best(TextField.KEYED, regions, "invoice no") == "OR1803"
    assert best(TextField.KEYED, regions, "cashier") == "MANIS"
    assert best(TextField.KEYED, regions, "table") == ""


def test_the_key_is_given_as_context_of_its_value() -> None:
    (found,) = field_candidates(
        Target("t1", "total", is_text=True, text_field=TextField.TOTAL), page(("TOTAL", 0, 0), ("31.00", 300, 0))
    )
    assert (found.region_id, found.context_region_ids) == ("r2", ("r1",))


def test_repeated_lettering_outweighs_a_single_word_that_is_read_as_well() -> None:
    regions = page(("YICE", 0, 0, 0.9), ("YAMAHA", 0, 100, 0.9), ("YAWAHA", 0, 200, 0.8))
    assert best(TextField.BRAND, regions) == "YAMAHA"


@pytest.mark.parametrize(
    ("text", "amount"),
    [("RM 31.00", 31.0), ("$1,234.50", 1234.5), ("€5", 5.0), ("12,50 €", 12.5), ("no money", None)],
)
def test_amounts_have_a_worth(text: str, amount: float | None) -> None:
    printed = values.amount_in(text)
    assert (values.amount_value(printed) if printed else None) == amount
