"""Plans: what a question needs, before any pixel is looked at. The numbers of the enums are those of the contract."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_BEHIND_NOUN: Final = re.compile(r"(?:with|without|on|off|in|out|up|down|under|at)(?: .*)?|\w+ing(?: .*)?|\w+ed .+")
"""Attributes that stand behind their noun: "wearing a hat", "with wheels", "connected to the pump", "on"."""


class Task(IntEnum):
    """What kind of answer a question wants."""

    UNKNOWN = 0
    EXISTS = 1
    LOCATE = 2
    COUNT = 3
    READ = 4
    ATTRIBUTE = 5
    STATE = 6
    COMPARE = 7
    DESCRIBE = 8


class TextField(IntEnum):
    """Kind of lettering that a reading target means."""

    ANY = 0
    BRAND = 1
    TOTAL = 2
    DATE = 3
    PRICE = 4
    COMPANY = 5
    ADDRESS = 6
    PHONE = 7
    TIME = 8
    KEYED = 9


class RelationKind(IntEnum):
    """How two targets must lie to one another, as seen in the picture."""

    LEFT_OF = 1
    RIGHT_OF = 2
    ABOVE = 3
    BELOW = 4
    ON = 5
    INSIDE = 6
    NEAR = 7
    NEXT_TO = 8
    IN_FRONT_OF = 9
    BEHIND = 10
    OVERLAPPING = 11
    BETWEEN = 12
    SAME_COLOR = 13
    LARGER_THAN = 14
    SMALLER_THAN = 15


class Aspect(IntEnum):
    """What a question about a thing asks of it."""

    NONE = 0
    COLOR = 1
    SIZE = 2
    SHAPE = 3
    ORIENTATION = 4
    MATERIAL = 5
    NEARNESS = 6
    LEFTNESS = 7
    HEIGHT = 8
    NUMBER = 9
    CONDITION = 10


class Order(IntEnum):
    """Order in which things of one kind are counted off: the named one first."""

    FROM_LEFT = 1
    FROM_RIGHT = 2
    FROM_TOP = 3
    FROM_BOTTOM = 4
    LARGEST = 5
    SMALLEST = 6
    NEAREST = 7
    FARTHEST = 8


@dataclass(frozen=True, slots=True)
class Engine:
    """Who planned or composed.

    Attributes:
        name: "rules", or the model's served name.
        version: Of the rules, or of the model.
        prompt_digest: SHA-256 of the prompt template, hexadecimal; empty for rules.
        temperature: Of the sampling; None for rules.
        seed: Of the sampling; None for rules, and where the endpoint takes none.
        trouble: Why the engine that should have worked did not, in one word; empty where it did.
    """

    name: str
    version: str
    prompt_digest: str = ""
    temperature: float | None = None
    seed: int | None = None
    trouble: str = ""


def described(noun: str, attributes: Iterable[str]) -> str:
    """The noun with its attributes, each where English puts it.

    >>> described("man", ["tall", "wearing a hat"])
    'tall man wearing a hat'
    """
    attributes = tuple(attributes)
    behind = tuple(attribute for attribute in attributes if _BEHIND_NOUN.fullmatch(attribute))
    before = tuple(attribute for attribute in attributes if attribute not in behind)
    return " ".join(filter(None, (*before, noun, *behind)))


@dataclass(frozen=True, slots=True)
class Rank:
    """A place, from 1, in an order: "the second from the left"."""

    order: Order
    place: int


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to find: an object by noun and attributes, or lettering by its words or its kind.

    `earlier` marks what an earlier turn of the conversation was about: it is not searched for again.
    """

    id: str
    noun: str = ""
    attributes: tuple[str, ...] = ()
    literal_text: str = ""
    is_text: bool = False
    text_field: TextField = TextField.ANY
    rank: Rank | None = None
    earlier: bool = False

    @property
    def words(self) -> str:
        """The target in words, such as 'red cup', 'man wearing a hat' or '"EXIT"'."""
        if self.literal_text:
            return f'"{self.literal_text}"'
        return described(self.noun, self.attributes) or "lettering"


@dataclass(frozen=True, slots=True)
class Relation:
    """A condition between targets, by their ids. Only BETWEEN has a second object."""

    subject_id: str
    kind: RelationKind
    object_id: str
    second_object_id: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a question needs. `targets` in the order of the question; the first is what it is about.

    `aspect` is what attribute, state and comparison tasks ask; `least` asks a comparison for the less of it.
    """

    task: Task
    engine: Engine
    targets: tuple[Target, ...] = ()
    relations: tuple[Relation, ...] = ()
    aspect: Aspect = Aspect.NONE
    least: bool = False
