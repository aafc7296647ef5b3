"""What the rules of the grammar mean, each by itself, and how it gathers around the things it is said of."""

from __future__ import annotations

from dataclasses import dataclass

from services.common.plans import RelationKind
from services.llm.core.things import Link, Things, together


@dataclass(frozen=True, slots=True)
class Mark:
    """An attribute of what was named last."""

    text: str


@dataclass(frozen=True, slots=True)
class Value(Mark):
    """An attribute that a question asks about and does not take for granted, as in "is it red?"."""


@dataclass(frozen=True, slots=True)
class Corner(Mark):
    """A part of the picture: "left", "background"."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A dimension or comparison that is asked about the first thing."""

    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """Lettering, word for word."""

    text: str


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun in the singular; `single` says whether it was said so."""

    text: str
    single: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A pattern and what was said in it, in the order of the question."""

    pattern: str
    parts: tuple[Things | Link | Mark | Asked | Literal | Noun, ...]


Part = Things | Link | Mark | Asked | Literal | Noun | Request | RelationKind
Parts = tuple[Part, ...]


def gathered(parts: Parts) -> Parts:
    """The things with the marks and links that follow each, and before the first, what belongs to no thing yet."""
    done: list[Part] = []
    for part in parts:
        last = done[-1] if done else None
        if isinstance(last, Things) and isinstance(part, Corner):
            done[-1] = last.cornered(part.text)
        elif isinstance(last, Things) and isinstance(part, Mark):
            done[-1] = last.marked([part.text])
        elif isinstance(last, Things) and isinstance(part, Link):
            done[-1] = last.placed(part)
        else:
            done.append(part)
    return tuple(done)


def shared(parts: Parts) -> Parts:
    """The same where what follows the things is said of all of them."""
    things = [part for part in parts if isinstance(part, Things)]
    return gathered((together(things), *(part for part in parts if not isinstance(part, Things)))) if things else parts
