from __future__ import annotations

import io
import math

import pytest
from PIL import Image

from services.common.geometry import Box, Size
from services.llm import pillow
from services.llm.core.judging import probability
from services.llm.core.views import surroundings

HALF = math.log(0.5)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], None),
        ([("maybe", {"maybe": 0.0})], None),
        ([("yes", {"yes": HALF, "no": HALF})], 0.5),
        ([('"', {'"': 0.0}), ("yes", {"yes": math.log(0.9), "no": math.log(0.1)})], 0.9),
        # Letter by letter, and in quotation marks that are part of a token.
        ([("y", {"y": math.log(0.2), "n": math.log(0.6)})], 0.25),
        ([('"n', {'"n': math.log(0.6), '"y': math.log(0.2)})], 0.25),
        # All ways of writing a word count, and what says neither does not.
        (
            [("Yes", {"Yes": 0.0 + math.log(0.3), " yes": math.log(0.3), "NO": math.log(0.2), "The": math.log(0.2)})],
            0.75,
        ),
        # Only one of them among the likeliest.
        ([("no", {"no": 0.0, "!": -9999.0})], 0.0),
        ([("yes", {"yes": 0.0, "no": -9999.0})], 1.0),
        # A beginning of both tells nothing; white space neither.
        ([(" ", {" ": 0.0, '"': 0.0}), ("yes", {"yes": HALF, "no": HALF})], 0.5),
    ],
)
def test_probability_of_yes(steps: list[tuple[str, dict[str, float]]], expected: float | None) -> None:
    assert probability(steps) == (None if expected is None else pytest.approx(expected))


def test_surroundings_hold_every_box_and_stay_in_the_picture() -> None:
    view = surroundings([Box(10, 10, 30, 20), Box(80, 90, 100, 100)], Size(120, 100))
    assert view == Box(0, 0, 120, 100)
    assert surroundings([Box(50, 50, 60, 54)], Size(200, 200)) == Box(45, 45, 65, 59)


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "black").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(("width", "height"), [(100, 80), (4000, 100), (9, 9)])
def test_places_are_outlined_in_the_whole_picture(width: int, height: int) -> None:
    box = Box(width * 0.25, height * 0.25, width * 0.75, height * 0.75)
    with Image.open(io.BytesIO(pillow.marked(picture(width, height), [box]))) as shown:
        assert max(shown.size) == min(max(width, height), pillow.LONGEST_SIDE)
        corner = (int(shown.width * 0.25) + 1, int(shown.height * 0.25) + 1)
        assert shown.getpixel(corner) == pillow.INK
        assert shown.getpixel((0, 0)) == (0, 0, 0)


def test_several_places_are_numbered() -> None:
    boxes = [Box(10, 10, 60, 60), Box(100, 100, 160, 160)]
    with Image.open(io.BytesIO(pillow.marked(picture(200, 200), boxes))) as shown:
        colours = shown.crop((100, 100, 125, 125)).getcolors() or []
    assert pillow.PAPER in {colour for _, colour in colours}
