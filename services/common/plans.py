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


@dataclass(frozen=True, slots=True)
class Engine:
    """Who planned or composed. `prompt_digest` is SHA-256 hexadecimal, empty for rules."""

    name: str
    version: str
    prompt_digest: str = ""


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
class Target:
    """One thing to find: an object by noun and attributes, or lettering by its words or its kind."""

    id: str
    noun: str = ""
    attributes: tuple[str, ...] = ()
    literal_text: str = ""
    is_text: bool = False
    text_field: TextField = TextField.ANY

    @property
    def words(self) -> str:
        """The target in words, such as 'red cup', 'man wearing a hat' or '"EXIT"'."""
        if self.literal_text:
            return f'"{self.literal_text}"'
        return described(self.noun, self.attributes) or "lettering"


@dataclass(frozen=True, slots=True)
class Relation:
    """A condition between two targets, by their ids."""

    subject_id: str
    kind: RelationKind
    object_id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a question needs. `targets` in the order of the question; the first is what it is about."""

    task: Task
    engine: Engine
    targets: tuple[Target, ...] = ()
    relations: tuple[Relation, ...] = ()
