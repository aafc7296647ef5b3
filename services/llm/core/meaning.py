"""What a request means: its task, what it asks, its targets, and how they must lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Aspect, Plan, Relation, RelationKind, Target, Task, TextField
from services.llm.core import aspects
from services.llm.core.parts import Asked, Noun, Value, gathered, shared
from services.llm.core.patterns import PATTERNS
from services.llm.core.reading import owner_relation
from services.llm.core.things import Link, Things, numbered, thing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.plans import Engine
    from services.llm.core.parts import Parts, Request


def _text(noun: str, field: TextField = TextField.ANY) -> Target:
    return Target("", noun=noun, is_text=True, text_field=field)


UNSAID: Final[Mapping[str, Target]] = MappingProxyType(
    {
        "read_total": _text("total", TextField.TOTAL),
        "read_phone": _text("phone number", TextField.PHONE),
        "read_way": _text("payment method", TextField.KEYED),
        "read_hours": _text("opening hours", TextField.KEYED),
        "read_whereabouts": _text("address", TextField.ADDRESS),
        "read_seller": _text("company", TextField.COMPANY),
        "read_when": _text("date", TextField.DATE),
        "read_maker": _text("brand", TextField.BRAND),
        "read_street": _text("street name"),
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

SEVERAL: Final = frozenset({"read_several"})
"""Patterns that ask for several values, each by itself: "what is the total and what is the date?"."""

_TARGETLESS: Final = frozenset({Task.READ, Task.DESCRIBE})
"""Tasks that can be about the whole picture."""

_NOWHERE: Final = frozenset({"world", "universe", "solar system", "galaxy", "history", "earth"})
"""Nouns of questions that no picture is meant by."""

_ANY_TEXT: Final = frozenset({"text", "word", "letter"})
"""Nouns of lettering that say nothing of what it is."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A request, understood. `groups` are the things that it is about, each with what was said of it."""

    task: Task
    groups: tuple[Things, ...] = ()
    aspect: Aspect = Aspect.NONE
    least: bool = False

    def plan(self, engine: Engine) -> Plan:
        """The plan; of task UNKNOWN where the task needs things and there are none."""
        targets, relations = numbered(self.groups)
        if (not targets and self.task not in _TARGETLESS) or any(target.noun in _NOWHERE for target in targets):
            return Plan(Task.UNKNOWN, engine)
        if self.task is Task.COMPARE and self.aspect is Aspect.COLOR and len(self.groups) > 1:
            other = f"t{len(self.groups[0].targets) + 1}"
            relations = (*relations, Relation("t1", RelationKind.SAME_COLOR, other))
        return Plan(self.task, engine, targets, relations, self.aspect, self.least)


def meaning(request: Request, noun: str = "") -> Meaning:
    """What a request means. `noun` is what "one" stands for where the request itself names nothing for it."""
    task = PATTERNS[request.pattern]
    asked = [part.text for part in request.parts if isinstance(part, Asked)]
    values = [part.text for part in request.parts if isinstance(part, Value)]
    if task is Task.ATTRIBUTE and not asked:
        task = Task.STATE
    if task is not Task.STATE:
        aspect, least = aspects.asked(asked)
        groups = _groups(request, request.parts, noun)
        if request.pattern in SEVERAL:
            return Meaning(task, tuple(dict.fromkeys(groups)))
        return Meaning(task, _read_groups(groups) if task is Task.READ else groups, aspect, least)
    return _state(request, values, noun)


def _state(request: Request, values: list[str], noun: str) -> Meaning:
    """The meaning of a question for a condition; "is it red?" is one for the colour."""
    bare = _groups(request, tuple(part for part in request.parts if not isinstance(part, Value)), noun)
    aspect = aspects.measured(values, bare[0].head.noun) if bare and values else Aspect.NONE
    if aspect is not Aspect.NONE:
        return Meaning(Task.ATTRIBUTE, bare, aspect)
    return Meaning(Task.STATE, _groups(request, request.parts, noun), Aspect.CONDITION)


def _groups(request: Request, parts: Parts, noun: str) -> tuple[Things, ...]:
    """The things that a request is about, each with what was said of it."""
    said = tuple(part for part in parts if not isinstance(part, Asked | Noun))
    named = next((part for part in said if isinstance(part, Things)), None)
    unsaid = UNSAID.get(request.pattern)
    if unsaid is not None and (named is None or not named.head.is_text):
        said = (thing(unsaid), *said)
    early = tuple(takewhile(lambda part: not isinstance(part, Things), said))
    said = (*said[len(early) : len(early) + 1], *early, *said[len(early) + 1 :])
    done = shared(said) if request.pattern in SHARED_PLACES else gathered(said)
    groups = _resolved(tuple(part for part in done if isinstance(part, Things)), parts, noun)
    bearing = BEARER_FIRST.get(request.pattern)
    if bearing is not None and len(groups) > 1:
        groups = (groups[1].placed(Link(bearing, groups[0], to_head=True)), *groups[2:])
    if request.pattern == "exists_overlapping":
        groups = (groups[0].placed(Link(RelationKind.OVERLAPPING, groups[1], to_head=True)), *groups[2:])
    return groups


def _resolved(groups: tuple[Things, ...], parts: Parts, noun: str) -> tuple[Things, ...]:
    """The same with the noun named before for "one", as in "the red car or the blue one"; none where there is none."""
    named = (part.text for part in parts if isinstance(part, Noun))
    said = next(chain(named, (group.head.noun for group in groups)), "")
    meant = noun if said == "one" else said
    return tuple(naming(group, meant) for group in groups) if meant or said != "one" else ()


def naming(group: Things, noun: str) -> Things:
    """The same with a noun for "one"."""
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
