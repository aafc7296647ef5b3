"""A table with coloured cups; some stand before others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.evaluation.examples import Gold
from groundwire.evaluation.scenes.drawing import COLOURS, Asked, Scene, canvas, many, shaded

if TYPE_CHECKING:
    import numpy as np

    from groundwire.evaluation.scenes.drawing import Canvas

CUP_COLOURS: Final = ("red", "green", "blue", "yellow", "black")
PLACES: Final = 5
STEP: Final = 190


def draw(rng: np.random.Generator) -> Scene:
    """Cups in two rows; the nearer row hides a part of the farther one."""
    sheet = canvas(rng, (196, 206, 214))
    sheet.draw.polygon([(60, 300), (964, 300), (1024, 768), (0, 768)], fill=(150, 112, 74))
    shown = sheet.sample(CUP_COLOURS, 4)
    missing = next(colour for colour in CUP_COLOURS if colour not in shown)
    for row, (top, scale) in enumerate(((260, 0.85), (400, 1.1))):
        for place in range(PLACES):
            if rng.random() < 0.7 or (row == 0 and place == 0):  # noqa: PLR2004 - about seven cups of ten places
                _cup(sheet, 50 + STEP * place + 30 * row + sheet.between(-12, 12), top, scale, sheet.pick(shown))
    asked = [_count(sheet, ""), *(_count(sheet, colour) for colour in shown[:2])]
    asked += [_absent(missing), _colour(sheet)]
    return Scene(sheet.picture, tuple(sheet.things), tuple(asked))


def _cup(sheet: Canvas, x: int, y: int, scale: float, colour: str) -> None:
    wide, high = round(110 * scale), round(140 * scale)
    paint = COLOURS[colour]
    sheet.draw.ellipse((x + wide - 18, y + high // 4, x + wide + 34, y + 3 * high // 4), outline=paint, width=11)
    sheet.draw.polygon([(x, y), (x + wide, y), (x + wide - 14, y + high), (x + 14, y + high)], fill=paint)
    sheet.draw.ellipse((x, y - 14, x + wide, y + 14), fill=shaded(paint, 0.55), outline=shaded(paint, 1.25), width=3)
    sheet.draw.ellipse((x + 14, y + high - 12, x + wide - 14, y + high + 12), fill=paint)
    sheet.add("cup", (x, y - 14, x + wide + 34, y + high + 12), colour)


def _count(sheet: Canvas, colour: str) -> Asked:
    cups = sheet.of("cup", colour)
    phrase = f"{colour} cup".strip()
    boxes = tuple(cup.box for cup in cups)
    gold = Gold("count", phrase, (str(len(cups)),), boxes)
    return Asked(f"How many {many(2, phrase)} are there?", (gold,), "count")


def _absent(colour: str) -> Asked:
    return Asked(f"Is there a {colour} cup?", (Gold("absent", f"{colour} cup"),), "absence")


def _colour(sheet: Canvas) -> Asked:
    """Of the leftmost cup."""
    cup = min(sheet.of("cup"), key=lambda one: one.box[0])
    gold = Gold("attribute", "leftmost cup", (cup.colour,), (cup.box,))
    return Asked("What color is the leftmost cup?", (gold,), "colour")
