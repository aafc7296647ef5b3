"""Words that point back in a conversation: "it", "them", "how many of them", "which one".

They are spelled out before a question is read: for "what colour is it?" the grammar reads "what colour is the X?". X is
a word that nobody can have typed, and in the plan it becomes the target that it points at.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from services.common.plans import Plan, Relation, RelationKind, Target, Task, TextField
from services.llm.core.lexicon import EXCLUSIVES, entries
from services.llm.core.things import Things

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from services.llm.core.conversation import Conversation
    from services.llm.core.parts import Request

IT: Final = "\N{FULLWIDTH LATIN SMALL LETTER I}\N{FULLWIDTH LATIN SMALL LETTER T}"
"""Stands for what the turn before was about. Canonical text never holds full-width letters of its own."""
OTHER: Final = "\N{FULLWIDTH LATIN SMALL LETTER O}"
"""Stands for the second thing that it was about."""

_QUOTED: Final = re.compile(r'("[^"]*")')
_POINTED: Final = re.compile(
    r"\b(?:of (?:it|them|these|those)|it|they|them|he|she|him|(?:this|that) one|(?:these|those) ones)(?= |\Z)",
    re.IGNORECASE,
)
_BOTH: Final = re.compile(r"\b(?:they|them|both)(?= |\Z)", re.IGNORECASE)
_POSSESSED: Final = re.compile(r"\b(?:its|their|his|her)(?= [^\W_])", re.IGNORECASE)
_LEAD: Final = re.compile(r"(?:and|but|or|so) (?!(?:what|how) about )", re.IGNORECASE)
_HOW_MANY: Final = re.compile(r"(how many)(?= (?:are|is|were|was|do|does|can|could|have|has)\b)", re.IGNORECASE)
_WHICH: Final = re.compile(
    r"(?:which|who|what)(?: one)?(?: of (?:them|these|those|the two))? (?:is|are|looks?) ", re.IGNORECASE
)

_WEATHER: Final = frozenset(
    entries(
        "raining, snowing, sunny, cloudy, windy, foggy, day, night, daytime, nighttime, summer, winter, spring, autumn"
    )
)
_NO_THING: Final = frozenset({"read_total", "read_when", "read_phone", "read_seller", "read_way", "read_hours"})
"""Patterns in which "it" is nothing in the picture: "how much is it in total?"."""


def last_understood(conversation: Conversation) -> Plan | None:
    """The plan that a question can go back to: the last one with targets."""
    return next((turn.plan for turn in reversed(conversation) if turn.plan.targets), None)


def means_no_thing(text: str, request: Request | None) -> bool:
    """Whether "it" points at nothing: "what time is it?", "is it raining?". `request` is what the text alone asks."""
    if _WEATHER.intersection(text.lower().split()):
        return True
    if request is None:
        return False
    heads = [part.head for part in request.parts if isinstance(part, Things)]
    return request.pattern in _NO_THING or any(head.text_field is TextField.TIME for head in heads[:1])


def antecedents(before: Plan) -> tuple[Target, ...]:
    """What a turn was about, first what "it" means: the carrier of lettering rather than the lettering."""
    first, *others = before.targets
    carriers = {r.object_id for r in before.relations if r.subject_id == first.id and r.kind is RelationKind.ON}
    if first.is_text and not first.literal_text:
        first, others = next(((t, [first]) for t in others if t.id in carriers), (first, others))
    elif before.task is Task.STATE:
        first = replace(first, attributes=first.attributes[: len(first.attributes) - len(asked_states(first))])
    return tuple(replace(target, rank=None, earlier=True) for target in (first, *others))


def asked_states(target: Target) -> tuple[str, ...]:
    """The conditions that a STATE asks about: the last attribute, or the last two that exclude one another."""
    last = target.attributes[-2:]
    return last if len(last) > 1 and any(set(last) <= states for states in EXCLUSIVES) else last[-1:]


def spelled(text: str) -> str:
    """The text with what points back spelled out; quotations stay."""
    pieces = _QUOTED.split(text)
    return "".join(piece if piece.startswith('"') else _spelled(piece) for piece in pieces)


def _spelled(text: str) -> str:
    possessed = _POSSESSED.sub(f"the {IT}'s", text)
    return _POINTED.sub(lambda found: f"{'of ' if found[0].lower().startswith('of ') else ''}the {IT}", possessed)


def wordings(text: str, *, pair: bool) -> Iterator[str]:
    """The text in other words, where it points back: the likeliest first.

    Args:
        text: In canonical form.
        pair: Whether the turn before was about two things alike, so that "they" are both.
    """
    plain = _LEAD.sub("", text, count=1) if _LEAD.match(text) else text
    if pair and _BOTH.search(plain):
        yield spelled(_BOTH.sub(f"the {IT} and the {OTHER}", plain, count=1))
    pointed = spelled(plain)
    if pointed != plain:
        yield pointed
    if _HOW_MANY.match(plain):
        yield spelled(_HOW_MANY.sub(rf"\1 {IT}", plain, count=1))
    if _WHICH.match(plain):
        yield f"{_ended(plain)} , the {IT} or the {OTHER}"
    if plain != text:
        yield plain


def _ended(text: str) -> str:
    return re.sub(r" of (?:them|these|those|the two)\b", "", text.rstrip(" ."), flags=re.IGNORECASE)


def resolved(plan: Plan, named: Sequence[Target]) -> Plan:
    """The plan with its pointing targets as what they point at; of task UNKNOWN where something points at nothing."""
    plan = _owned(plan)
    meant = dict(zip((IT, OTHER), named, strict=False))
    targets = tuple(_pointed(target, meant[target.noun]) if target.noun in meant else target for target in plan.targets)
    if any(_still_points(target) for target in targets):
        return Plan(Task.UNKNOWN, plan.engine)
    return replace(plan, targets=targets)


def _owned(plan: Plan) -> Plan:
    """The plan with "its roof" as a roof on it."""
    owner = f"{IT}'s"
    of_it = [target.id for target in plan.targets if owner in target.attributes]
    if not of_it:
        return plan
    new = f"t{len(plan.targets) + 1}"
    targets = [replace(target, attributes=tuple(a for a in target.attributes if a != owner)) for target in plan.targets]
    relations = (Relation(target_id, RelationKind.ON, new) for target_id in of_it)
    return replace(plan, targets=(*targets, Target(new, IT)), relations=(*plan.relations, *relations))


def _pointed(target: Target, meant: Target) -> Target:
    attributes = tuple(dict.fromkeys((*meant.attributes, *target.attributes)))
    return replace(meant, id=target.id, attributes=attributes, rank=target.rank)


def _still_points(target: Target) -> bool:
    said = " ".join((target.noun, *target.attributes, target.literal_text))
    return IT in said or OTHER in said
