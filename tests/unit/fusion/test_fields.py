"""Values of a page, from lettering laid out by hand."""

from __future__ import annotations

import pytest

from services.common.geometry import Box, Size, identity
from services.common.plans import Target, TextField
from services.common.regions import Capability, Region, Source, Tier
from services.fusion.core import values
from services.fusion.core.fields import field_candidates

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
