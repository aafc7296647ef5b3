"""What a labelled set is made of: a picture, what is asked of it, and what is true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Box: TypeAlias = tuple[float, float, float, float]
"""xyxy, absolute pixels, in the upright picture."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, for `ask`."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """Noun phrases to be found, for `ground`; each is judged by itself."""

    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """All lettering, for `read`."""


Ask: TypeAlias = Question | Phrases | Reading


@dataclass(frozen=True, slots=True)
class Gold:
    """Something that is true of a picture, and answers what was asked.

    Attributes:
        kind: The predicate that states it, as the contract names it: exists, absent, located, count, reading, field,
            attribute, state, related, compared. "answer" where people answered in words of their own.
        label: What it is about, in words.
        values: Every value that is accepted, such as "9.00"; empty where the kind states none. For "answer", one entry
            for each person who was asked.
        boxes: Where it is to be seen; empty where the set does not say.
    """

    kind: str
    label: str = ""
    values: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()

    @property
    def is_absent(self) -> bool:
        """Whether the truth is that it is not there."""
        return self.kind == "absent"


@dataclass(frozen=True, slots=True)
class Example:
    """One picture, one call, and the truth.

    Attributes:
        id: Unique in its set.
        image: The picture's file.
        ask: What is asked.
        golds: For phrases, one a phrase. Otherwise all that a right answer states.
        stratum: Part of the set, such as "testA" or "total", for a breakdown; may be empty.
        ignore: Places of which the truth is silent (unreadable words, crowds): claims about them are not judged.
        lettering: All lettering of the picture, where the set knows it; None where it does not.
    """

    id: str
    image: Path
    ask: Ask
    golds: tuple[Gold, ...]
    stratum: str = ""
    ignore: tuple[Box, ...] = ()
    lettering: tuple[str, ...] | None = None
