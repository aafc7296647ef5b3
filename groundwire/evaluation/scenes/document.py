"""A printed bill: company, date, items with prices, tax, total, telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.evaluation.examples import Gold
from groundwire.evaluation.scenes.drawing import Asked, Scene, canvas

if TYPE_CHECKING:
    import numpy as np

    from groundwire.evaluation.scenes.drawing import Canvas, Thing

COMPANIES: Final = ("HARBOUR BOOKS LTD", "NORTH MILL BAKERY", "ALDER HARDWARE INC", "GREEN LANE FOODS")
ITEMS: Final = ("Paper A4", "Ink black", "Stapler", "Folder blue", "Glue stick", "Ruler", "Pencil set", "Notebook")
TAX: Final = 0.08


def draw(rng: np.random.Generator) -> Scene:
    """One bill; the total is the sum of the items and the tax."""
    sheet = canvas(rng, (226, 222, 214))
    sheet.draw.rectangle((190, 20, 834, 748), fill=(253, 253, 250), outline=(170, 170, 166), width=2)
    company = sheet.letter((512, 62), sheet.pick(COMPANIES), 36, bold=True, anchor="mm")
    dated = f"{sheet.between(1, 28):02d}/{sheet.between(1, 12):02d}/20{sheet.between(18, 29)}"
    date = sheet.letter((230, 118), f"Date: {dated}", 24)
    number = sheet.letter((230, 158), f"Invoice No: {sheet.between(10000, 99999)}", 24)
    total, written = _items(sheet)
    sheet.letter((230, 696), f"Tel: +44 20 {sheet.between(1000, 9999)} {sheet.between(1000, 9999)}", 20)
    asked = (
        _field("total", "What is the total?", f"{total / 100:.2f}", written),
        _field("date", "What is the date?", dated, date),
        _field("company", "Which company is it from?", company.text, company),
        _field("invoice no", "What is the invoice number?", number.text.split()[-1], number),
        Asked('Is there the word "REFUND"?', (Gold("absent", "REFUND"),), "absence"),
    )
    return Scene(sheet.picture, tuple(sheet.things), asked)


def _items(sheet: Canvas) -> tuple[int, Thing]:
    """The lines; the total in hundredths, and where it is written."""
    names = sheet.sample(ITEMS, sheet.between(3, 6))
    amounts = [sheet.between(150, 4999) for _ in names]
    for place, (name, amount) in enumerate(zip(names, amounts, strict=True)):
        _line(sheet, 230 + 44 * place, name, amount)
    tax = round(sum(amounts) * TAX)
    below = 240 + 44 * len(names)
    sheet.draw.line((230, below, 794, below), fill=(60, 60, 60), width=2)
    _line(sheet, below + 16, "Subtotal", sum(amounts))
    _line(sheet, below + 58, "Tax 8%", tax)
    total = sum(amounts) + tax
    return total, _line(sheet, below + 104, "TOTAL", total, size_px=34, bold=True)


def _line(sheet: Canvas, y: int, name: str, amount: int, *, size_px: int = 26, bold: bool = False) -> Thing:
    """A name to the left, its amount to the right; the amount."""
    sheet.letter((230, y), name, size_px, bold=bold)
    return sheet.letter((794, y), f"{amount / 100:.2f}", size_px, bold=bold, anchor="ra")


def _field(key: str, question: str, value: str, written: Thing) -> Asked:
    return Asked(question, (Gold("field", key, (value,), (written.box,)),), "text")
