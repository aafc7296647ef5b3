"""A shelf with products, and a price label under each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.evaluation.examples import Gold
from groundwire.evaluation.scenes.drawing import COLOURS, Asked, Scene, canvas, shaded

if TYPE_CHECKING:
    import numpy as np

    from groundwire.evaluation.scenes.drawing import Canvas, Thing

NAMES: Final = ("COFFEE", "SUGAR", "RICE", "PASTA", "FLOUR", "HONEY", "OLIVES", "COCOA", "LENTILS", "BISCUITS")
SHELVES: Final = 2
EACH: Final = 3
COLUMN: Final = 300
ROW: Final = 350


def draw(rng: np.random.Generator) -> Scene:
    """Six products, each with its name on it and its price below; one name of the list is not there."""
    sheet = canvas(rng, (214, 208, 196))
    names = sheet.sample(NAMES, SHELVES * EACH + 1)
    prices = {name: f"{sheet.between(1, 19)}.{sheet.between(0, 9)}{sheet.pick('059')}" for name in names[:-1]}
    placed = {}
    for number, name in enumerate(names[:-1]):
        placed[name] = _product(sheet, name, prices[name], 60 + COLUMN * (number % EACH), 40 + ROW * (number // EACH))
    asked = [_price(name, prices[name], placed[name][1]) for name in names[:3]]
    asked += [_there(names[0], placed[names[0]][0]), _missing(names[-1]), _side(placed, names[0], names[1])]
    return Scene(sheet.picture, tuple(sheet.things), tuple(asked))


def _product(sheet: Canvas, name: str, price: str, x: int, y: int) -> tuple[Thing, Thing]:
    """A packet on its board, with the label; what is written on both."""
    colour = sheet.pick(tuple(COLOURS))
    ink = (20, 20, 24) if colour in ("yellow", "white", "orange") else (250, 250, 248)
    sheet.draw.rectangle((0, y + 210, 1024, y + 226), fill=(126, 98, 66))
    sheet.draw.rectangle((x, y, x + 230, y + 210), fill=COLOURS[colour], outline=shaded(COLOURS[colour], 0.6), width=4)
    sheet.add("packet", (x, y, x + 230, y + 210), colour)
    written = sheet.letter((x + 115, y + 100), name, 34, ink, bold=True, anchor="mm")
    sheet.draw.rectangle((x + 30, y + 236, x + 200, y + 296), fill=(252, 252, 244), outline=(90, 90, 90), width=2)
    sheet.add("price label", (x + 30, y + 236, x + 200, y + 296))
    return written, sheet.letter((x + 115, y + 266), price, 36, bold=True, anchor="mm")


def _price(name: str, price: str, written: Thing) -> Asked:
    gold = Gold("field", f"price of {name}", (price,), (written.box,))
    return Asked(f"What is the price of {name}?", (gold,), "price")


def _there(name: str, written: Thing) -> Asked:
    return Asked(f'Is there the word "{name}"?', (Gold("exists", name, boxes=(written.box,)),), "text")


def _missing(name: str) -> Asked:
    return Asked(f'Is there the word "{name}"?', (Gold("absent", name),), "absence")


def _side(placed: dict[str, tuple[Thing, Thing]], first: str, second: str) -> Asked:
    """Is one left of the other? Asked only of two on one board: they are, drawn one after the other."""
    one, other = placed[first][0], placed[second][0]
    gold = Gold("related", first, ("left_of",), (one.box, other.box))
    return Asked(f'Is "{first}" left of "{second}"?', (gold,), "relation")
