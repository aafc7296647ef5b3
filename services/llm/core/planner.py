"""The rule planner: a question in English to a typed plan, the same every time, and never a guess.

What a plan's attributes hold, by task:

* every task: what must hold of a target, such as "red", "second from the left", "wearing a hat";
* ATTRIBUTE: last on t1, the dimension that is asked for, a key of `DIMENSIONS` such as "colour";
* STATE: on t1, also the state that is asked about: "Is the door open?" asks whether a door with "open" is there; both
  states of "Is the door open or closed?", and none of "What state is the door in?";
* COMPARE: last on t1, the comparison as a statement about t1 against t2: "bigger", "more", "same colour"; nothing
  where the question leaves it open ("Compare …").

"Is the car red or blue?" asks for a dimension (ATTRIBUTE, "colour"). "Are there two dogs?" asks for a number (COUNT),
so that the answer is a figure and not a yes to something else.

Lettering has `is_text`. Its noun is the field by its name in `FIELD_NOUNS` ("total" also for "grand total"), a key as
it was asked (even its plural, since pages print it so), "text" where any is meant, and empty where it is given word
for word. What carries it is a target of its own, and so is a page: "the date on the receipt" is a date ON a receipt,
and "who issued this bill?" asks for the company ON a bill. Plates are things with text ON them. READ without a target
means all lettering; DESCRIBE without one, the whole picture.

Positions that bring a thing under its place go without saying: "men standing beside the van" are men NEXT_TO a van.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Engine, Plan, RelationKind, Target, Task, TextField
from services.llm.core.parts import Asked, Noun, Request, gathered, shared
from services.llm.core.patterns import PATTERNS
from services.llm.core.reading import owner_relation, read
from services.llm.core.things import Link, Things, numbered, thing

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINE: Final = Engine("rules", "2")
"""Raise the version with every change to grammar, lexicon or sentences that can change an outcome."""


def _text(noun: str, field: TextField = TextField.ANY) -> Target:
    return Target("", noun=noun, is_text=True, text_field=field)


UNSAID: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "read_total": _text("total", TextField.TOTAL),
        "read_phone": _text("phone number", TextField.PHONE),
        "read_seller": _text("company", TextField.COMPANY),
        "read_when": _text("date", TextField.DATE),
        "read_maker": _text("brand", TextField.BRAND),
        "read_price": _text("price", TextField.PRICE),
        "read_said": _text("text"),
        "read_lettering": _text("text"),
        "read_written": _text("text"),
        "read_on_carrier": _text("text"),
        "read_command": _text("text"),
        "describe_who": Target("", noun="person"),
        "describe_placed": Target("", noun="object"),
    }
)
"""What a pattern is about where the question does not name it."""

BEARER_FIRST: Final[Mapping[str, RelationKind]] = MappingProxyType(
    {
        "exists_said": RelationKind.ON,
        "exists_borne": RelationKind.ON,
        "exists_owned": RelationKind.ON,
        "exists_holding": RelationKind.INSIDE,
        "read_own_field": RelationKind.ON,
        "read_term": RelationKind.ON,
    }
)
"""Patterns that name what bears a thing before the thing, "does the sign say EXIT?", and how the thing lies to it."""

SHARED_PLACES: Final = frozenset({"count_things", "exists_there", "exists_placed"})
"""Patterns in which what is said last is said of all things: "are a cup and a plate on the table?"."""

_TARGETLESS: Final = frozenset({Task.READ, Task.DESCRIBE})
"""Tasks that can be about the whole picture."""

_ANY_TEXT: Final = frozenset({"text", "word", "letter"})
"""Nouns of lettering that say nothing of what it is."""


def plan(question: str) -> Plan:
    """The plan for a question. Task UNKNOWN and no targets where it is not understood; raises nothing."""
    request = read(question)
    if request is None:
        return Plan(Task.UNKNOWN, ENGINE)
    task = PATTERNS[request.pattern]
    groups = _groups(request)
    if task is Task.READ:
        groups = _read_groups(groups)
    if not groups and task not in _TARGETLESS:
        return Plan(Task.UNKNOWN, ENGINE)
    targets, relations = numbered(groups)
    return Plan(task, ENGINE, targets, relations)


def _groups(request: Request) -> tuple[Things, ...]:
    """The things that a request is about, each with what was said of it."""
    said = tuple(part for part in request.parts if not isinstance(part, Asked | Noun))
    named = next((part for part in said if isinstance(part, Things)), None)
    unsaid = UNSAID.get(request.pattern)
    if unsaid is not None and (named is None or not named.head.is_text):
        said = (thing(unsaid), *said)
    early = tuple(takewhile(lambda part: not isinstance(part, Things), said))
    said = (*said[len(early) : len(early) + 1], *early, *said[len(early) + 1 :])
    done = shared(said) if request.pattern in SHARED_PLACES else gathered(said)
    groups = _resolved(tuple(part for part in done if isinstance(part, Things)), request)
    bearing = BEARER_FIRST.get(request.pattern)
    if bearing is not None and len(groups) > 1:
        groups = (groups[1].placed(Link(bearing, groups[0], to_head=True)), *groups[2:])
    if not groups:
        return ()
    asked = [part.text for part in request.parts if isinstance(part, Asked)]
    return (groups[0].marked(asked), *groups[1:])


def _resolved(groups: tuple[Things, ...], request: Request) -> tuple[Things, ...]:
    """The same with the noun named before for "one", as in "the red car or the blue one"; none where there is none."""
    named = (part.text for part in request.parts if isinstance(part, Noun))
    noun = next(chain(named, (group.head.noun for group in groups)), "")
    return () if noun == "one" else tuple(_naming(group, noun) for group in groups)


def _naming(group: Things, noun: str) -> Things:
    targets = (replace(target, noun=noun) if target.noun == "one" else target for target in group.targets)
    return replace(group, targets=tuple(targets))


def _read_groups(groups: tuple[Things, ...]) -> tuple[Things, ...]:
    """One piece of lettering with what carries it; nothing where all lettering is meant."""
    if not groups:
        return ()
    wanted, *carriers = groups
    if wanted.head.noun in _ANY_TEXT and wanted.head.is_text:
        wanted = wanted.with_head(replace(wanted.head, noun="text"))
    for carrier in carriers:
        wanted = wanted.placed(Link(owner_relation(wanted.head.text_field), carrier, to_head=True))
    return () if wanted == thing(_text("text")) else (wanted,)
