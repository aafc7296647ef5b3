"""Bins with numbers on them, and boxes inside, on and beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.evaluation.examples import Gold
from groundwire.evaluation.scenes.drawing import COLOURS, Asked, Scene, canvas, shaded

if TYPE_CHECKING:
    import numpy as np

    from groundwire.evaluation.scenes.drawing import Canvas, Thing

BINS: Final = 3
BIN_COLOURS: Final = ("red", "green", "blue", "yellow", "orange")


def draw(rng: np.random.Generator) -> Scene:
    """Three bins of different colours with up to three boxes each, and boxes on the floor."""
    sheet = canvas(rng, (188, 188, 184))
    colours = sheet.sample(BIN_COLOURS, BINS + 1)
    numbers = [str(number) for number in rng.permutation(range(10, 100))[:BINS]]
    counts = [sheet.between(0, 3) for _ in range(BINS)]
    bins = [_bin(sheet, 60 + 320 * place, colours[place], numbers[place], counts[place]) for place in range(BINS)]
    loose = sheet.between(1, 3)
    for place in range(loose):
        _box(sheet, 120 + 280 * place, 650)
    asked = [_inside(bins[0][0], counts[0], colours[0], bins[0][2]), _colour(numbers[1], colours[1], bins[1][0])]
    asked += [_absent(colours[-1]), _written(bins[2][1]), _count(sheet)]
    return Scene(sheet.picture, tuple(sheet.things), tuple(asked))


def _bin(sheet: Canvas, x: int, colour: str, number: str, count: int) -> tuple[Thing, Thing, tuple[Thing, ...]]:
    """The bin, its number, and the boxes that look out of it: the bin hides their lower part."""
    inside = tuple(_box(sheet, x + 14 + 84 * place, 190) for place in range(count))
    paint = COLOURS[colour]
    sheet.draw.polygon([(x, 250), (x + 270, 250), (x + 244, 540), (x + 26, 540)], fill=paint)
    sheet.draw.rectangle((x - 8, 240, x + 278, 264), fill=shaded(paint, 0.7))
    thing = sheet.add("bin", (x - 8, 240, x + 278, 540), colour)
    sheet.draw.rectangle((x + 85, 350, x + 185, 420), fill=(250, 250, 246))
    return thing, sheet.letter((x + 135, 385), number, 44, bold=True, anchor="mm"), inside


def _box(sheet: Canvas, x: int, y: int) -> Thing:
    brown = (172, 128, 82)
    sheet.draw.rectangle((x, y, x + 76, y + 84), fill=brown, outline=shaded(brown, 0.6), width=3)
    sheet.draw.rectangle((x + 32, y, x + 44, y + 84), fill=shaded(brown, 1.25))
    return sheet.add("box", (x, y, x + 76, y + 84))


def _inside(thing: Thing, count: int, colour: str, boxes: tuple[Thing, ...]) -> Asked:
    gold = Gold("count", f"box in the {colour} bin", (str(count),), tuple(box.box for box in boxes) or (thing.box,))
    return Asked(f"How many boxes are in the {colour} bin?", (gold,), "relation")


def _colour(number: str, colour: str, thing: Thing) -> Asked:
    gold = Gold("attribute", f"bin {number}", (colour,), (thing.box,))
    return Asked(f"What color is the bin {number}?", (gold,), "colour")


def _absent(colour: str) -> Asked:
    return Asked(f"Is there a {colour} bin?", (Gold("absent", f"{colour} bin"),), "absence")


def _written(number: Thing) -> Asked:
    return Asked(f'Where is "{number.text}"?', (Gold("located", number.text, boxes=(number.box,)),), "text")


def _count(sheet: Canvas) -> Asked:
    boxes = sheet.of("box")
    gold = Gold("count", "box", (str(len(boxes)),), tuple(box.box for box in boxes))
    return Asked("How many boxes are there?", (gold,), "count")
