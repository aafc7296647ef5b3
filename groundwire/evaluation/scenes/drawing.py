"""What every kind of scene is drawn with: a canvas that remembers what it drew where."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw

from groundwire.evaluation.scenes.fonts import font

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from groundwire.evaluation.examples import Box, Gold

Rgb = tuple[int, int, int]

SIZE: Final = (1024, 768)
"""Width and height of a scene, pixels."""

COLOURS: Final[Mapping[str, Rgb]] = {
    "red": (196, 32, 38),
    "green": (38, 138, 60),
    "blue": (36, 82, 180),
    "yellow": (236, 196, 28),
    "black": (34, 34, 38),
    "white": (240, 240, 236),
    "orange": (236, 122, 22),
    "purple": (118, 50, 150),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that was drawn.

    Attributes:
        label: What it is, such as "cup".
        box: Its smallest box, before the camera.
        colour: By name; empty where it has none.
        text: Lettering, for things that are lettering; empty otherwise.
        visible: Share of it that nothing drawn later covers.
    """

    label: str
    box: Box
    colour: str = ""
    text: str = ""
    visible: float = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and its truth.

    Attributes:
        question: In words.
        golds: What is true.
        stratum: Kind of question: count, colour, relation, text, price, absence, state, reading.
    """

    question: str
    golds: tuple[Gold, ...]
    stratum: str


@dataclass(slots=True)
class Canvas:
    """A picture in the making.

    Attributes:
        picture: RGB.
        rng: Of all that is drawn at random.
        things: In the order of drawing.
    """

    picture: Image.Image
    rng: np.random.Generator
    things: list[Thing] = field(default_factory=list)

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        """Pillow's pen on the picture."""
        return ImageDraw.Draw(self.picture)

    def pick(self, options: Sequence[str]) -> str:
        """One of them."""
        return str(options[int(self.rng.integers(len(options)))])

    def sample(self, options: Sequence[str], count: int) -> list[str]:
        """So many different ones, in random order."""
        return [options[int(index)] for index in self.rng.permutation(len(options))[:count]]

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def letter(
        self,
        at: tuple[float, float],
        text: str,
        size_px: int,
        ink: Rgb = (20, 20, 24),
        *,
        bold: bool = False,
        anchor: str = "la",
    ) -> Thing:
        """Lettering; its box is the box of its ink."""
        face = font(size_px, bold=bold)
        left, top, right, bottom = self.draw.textbbox(at, text, font=face, anchor=anchor)
        self.draw.text(at, text, font=face, fill=ink, anchor=anchor)
        thing = Thing("lettering", (float(left), float(top), float(right), float(bottom)), text=text)
        self.things.append(thing)
        return thing

    def add(self, label: str, box: Box, colour: str = "") -> Thing:
        """Take note of something drawn."""
        thing = Thing(label, box, colour)
        self.things.append(thing)
        return thing

    def of(self, label: str, colour: str = "") -> list[Thing]:
        """The things of a kind, of a colour where one is given."""
        return [one for one in self.things if one.label == label and colour in ("", one.colour)]


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawing with its truth.

    Attributes:
        picture: RGB.
        things: All that was drawn.
        asked: Questions, whose boxes are those of the things.
    """

    picture: Image.Image
    things: tuple[Thing, ...]
    asked: tuple[Asked, ...]


def canvas(rng: np.random.Generator, ground: Rgb) -> Canvas:
    """An empty picture."""
    return Canvas(Image.new("RGB", SIZE, ground), rng)


def shaded(colour: Rgb, by: float) -> Rgb:
    """Darker (below 1) or lighter (above 1)."""
    red, green, blue = (min(255, max(0, round(channel * by))) for channel in colour)
    return red, green, blue


def many(count: int, noun: str) -> str:
    """The noun in its number.

    >>> many(2, "box")
    'boxes'
    """
    if count == 1:
        return noun
    return f"{noun}es" if noun.endswith(("s", "x", "ch")) else f"{noun}s"
