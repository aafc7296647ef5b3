"""A panel with gauges and valves: a pointer's reading, open and shut, and tags that name them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from groundwire.evaluation.examples import Gold
from groundwire.evaluation.scenes.drawing import Asked, Scene, canvas

if TYPE_CHECKING:
    import numpy as np

    from groundwire.evaluation.scenes.drawing import Canvas, Thing

FROM_DEGREES: Final = 225.0
SWEEP_DEGREES: Final = 270.0
TOP: Final = 10
"""The last figure on a dial."""


def draw(rng: np.random.Generator) -> Scene:
    """Three gauges above, three valves below, each with a tag."""
    sheet = canvas(rng, (108, 118, 122))
    sheet.draw.rectangle((24, 24, 1000, 744), outline=(60, 66, 70), width=8)
    gauges = [_gauge(sheet, 190 + 320 * number, 210, f"PI-{sheet.between(100, 499)}") for number in range(3)]
    valves = [_valve(sheet, 190 + 320 * number, 560, f"V-{sheet.between(500, 999)}") for number in range(3)]
    asked = [_reading(*gauges[0]), *(_state(*valve) for valve in valves[:2]), _tag(gauges[1][0]), _missing_tag(sheet)]
    asked.append(_gauges(sheet))
    return Scene(sheet.picture, tuple(sheet.things), tuple(asked))


def _gauge(sheet: Canvas, x: int, y: int, tag: str) -> tuple[Thing, int, Thing]:
    """The tag, what the pointer shows, the dial."""
    value = sheet.between(0, TOP)
    sheet.draw.ellipse((x - 120, y - 120, x + 120, y + 120), fill=(246, 246, 240), outline=(30, 32, 36), width=7)
    dial = sheet.add("gauge", (x - 120, y - 120, x + 120, y + 120))
    for mark in range(TOP + 1):
        angle = math.radians(FROM_DEGREES - SWEEP_DEGREES * mark / TOP)
        dx, dy = math.cos(angle), -math.sin(angle)
        sheet.draw.line((x + 100 * dx, y + 100 * dy, x + 112 * dx, y + 112 * dy), fill=(20, 20, 24), width=4)
        if mark % 2 == 0:
            sheet.letter((x + 82 * dx, y + 82 * dy), str(mark), 20, anchor="mm")
    angle = math.radians(FROM_DEGREES - SWEEP_DEGREES * value / TOP)
    sheet.draw.line((x, y, x + 74 * math.cos(angle), y - 74 * math.sin(angle)), fill=(190, 24, 24), width=7)
    sheet.draw.ellipse((x - 9, y - 9, x + 9, y + 9), fill=(30, 30, 34))
    return _tagged(sheet, x, y + 150, tag), value, dial


def _valve(sheet: Canvas, x: int, y: int, tag: str) -> tuple[Thing, str, Thing]:
    """A pipe with a lever: along the pipe it is open, across it is closed."""
    state = sheet.pick(("open", "closed"))
    sheet.draw.rectangle((x - 140, y - 22, x + 140, y + 22), fill=(160, 168, 172), outline=(70, 76, 80), width=3)
    sheet.draw.rectangle((x - 34, y - 38, x + 34, y + 38), fill=(130, 138, 142), outline=(50, 56, 60), width=3)
    lever = (x - 8, y - 12, x + 110, y + 12) if state == "open" else (x - 12, y - 110, x + 12, y + 8)
    sheet.draw.rectangle(lever, fill=(196, 32, 38), outline=(120, 16, 20), width=3)
    valve = sheet.add("valve", (min(x - 34, lever[0]), min(y - 38, lever[1]), max(x + 34, lever[2]), y + 38), state)
    return _tagged(sheet, x, y + 80, tag), state, valve


def _tagged(sheet: Canvas, x: int, y: int, tag: str) -> Thing:
    sheet.draw.rectangle((x - 80, y - 24, x + 80, y + 24), fill=(250, 250, 246), outline=(40, 40, 44), width=2)
    return sheet.letter((x, y), tag, 30, bold=True, anchor="mm")


def _reading(tag: Thing, value: int, dial: Thing) -> Asked:
    gold = Gold("state", tag.text, (str(value),), (dial.box,))
    return Asked(f"What does the gauge {tag.text} show?", (gold,), "state")


def _state(tag: Thing, state: str, valve: Thing) -> Asked:
    gold = Gold("state", tag.text, (state,), (valve.box,))
    return Asked(f"Is the valve {tag.text} open or closed?", (gold,), "state")


def _tag(tag: Thing) -> Asked:
    return Asked(f'Where is "{tag.text}"?', (Gold("located", tag.text, boxes=(tag.box,)),), "text")


def _missing_tag(sheet: Canvas) -> Asked:
    """A tag with digits that none has."""
    there = {one.text for one in sheet.things}
    tag = next(tag for number in range(100, 1000) if (tag := f"PI-{number}") not in there)
    return Asked(f'Is there the word "{tag}"?', (Gold("absent", tag),), "absence")


def _gauges(sheet: Canvas) -> Asked:
    dials = sheet.of("gauge")
    gold = Gold("count", "gauge", (str(len(dials)),), tuple(dial.box for dial in dials))
    return Asked("How many gauges are there?", (gold,), "count")
