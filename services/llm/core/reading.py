"""From a parse tree to what was asked: pattern, things, attributes. One small method per rule that means something."""

# ruff: noqa: D102 - a visitor's methods are named for the rules of the grammar, and do what the parts' types say.

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from parsimonious.exceptions import ParseError
from parsimonious.nodes import Node, NodeVisitor

from services.common.plans import RelationKind, Target, TextField
from services.llm.core.grammar import GRAMMAR
from services.llm.core.lexicon import (
    CORNERS,
    DIMENSIONS,
    FIELD_NOUNS,
    FIELDS,
    HOW_DIMENSIONS,
    INDEFINITES,
    LOOSE_FIELDS,
    PROPERTIES,
    RELATIONS,
    SUPERLATIVES,
    TERMS,
    TEXT_NOUNS,
)
from services.llm.core.nouns import singular
from services.llm.core.parts import Asked, Corner, Literal, Mark, Noun, Parts, Request, Value, gathered
from services.llm.core.patterns import PATTERNS
from services.llm.core.ranks import LAST, PLACES, ranked
from services.llm.core.things import Link, Things, thing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.plans import Rank


MAX_WORDS: Final = 100
"""Words outside quotations that one question has at most; it bounds the time that parsing takes."""

_QUOTED: Final = re.compile(r'"[^"]*"')

_OWNER_RELATION: Final[Mapping[TextField, RelationKind]] = {TextField.PRICE: RelationKind.NEAR}
"""How a field lies to what it is a field of, where it is not on it."""

_OFTEN_SEVERAL: Final = frozenset({TextField.DATE, TextField.TIME, TextField.ADDRESS})
"""Fields of which a page has several, told apart by their keys: "check-in date"."""


_FROM_TOP: Final = frozenset({"line"})
"""Lettering that is counted off from the top."""

_CERTAIN: Final = ("the ", "this ", "that ", "my ", "your ", "our ", "his ", "her ", "their ")
"""How things begin of which there is one."""


def owner_relation(field: TextField) -> RelationKind:
    """How lettering of a kind lies to the thing that it belongs to."""
    return _OWNER_RELATION.get(field, RelationKind.ON)


def _lettering_of(field: TextField) -> Things:
    return thing(Target("", noun=FIELD_NOUNS[field], is_text=True, text_field=field))


def lettering(literal: str) -> Things:
    """Lettering by its words."""
    return thing(Target("", literal_text=literal, is_text=True))


class Reader(NodeVisitor):  # type: ignore[type-arg]  # generic in its stubs, not at run time
    """Visits a tree from its leaves up; every rule gives the parts that it means, most give their children's."""

    def generic_visit(self, node: Node, children: Sequence[Parts]) -> Parts:
        """The parts of the children, in order. Patterns become requests."""
        parts = tuple(chain.from_iterable(children))
        if node.expr_name in PATTERNS:
            return (Request(node.expr_name, parts),)  # type: ignore[arg-type]  # the rest does not come this far
        return parts

    # ---- words that mean something by themselves

    def visit_property(self, node: Node, _: Any) -> Parts:
        return (Mark(_text(node)),)

    def visit_ordinal(self, node: Node, _: Any) -> Parts:
        return (Mark(_text(node)),)

    def visit_possessive(self, node: Node, _: Any) -> Parts:
        return (Mark(_text(node)),)

    def visit_switch_word(self, node: Node, _: Any) -> Parts:
        return (Mark(_text(node)),)

    def visit_superlative(self, node: Node, _: Any) -> Parts:
        return (Mark(SUPERLATIVES[_text(node)]),)

    def visit_extreme(self, _: Node, children: Sequence[Parts]) -> Parts:
        return tuple(Corner(part.text) for part in _flat(children) if isinstance(part, Mark))

    def visit_the_most(self, _: Node, children: Sequence[Parts]) -> Parts:
        *ordinal, order = (part.text.rpartition(" ")[2] for part in _flat(children) if isinstance(part, Mark))
        return (*map(Mark, ordinal), Corner(order))

    def visit_which_chosen(self, _: Node, children: Sequence[Parts]) -> Parts:
        return tuple(replace(part, certain=True) if isinstance(part, Things) else part for part in _flat(children))

    def visit_state_value(self, _: Node, children: Sequence[Parts]) -> Parts:
        return tuple(Value(part.text) if isinstance(part, Mark) else part for part in _flat(children))

    def visit_participle(self, node: Node, _: Any) -> Parts:
        return (Mark(_text(node)),)

    visit_participial = visit_particled = visit_measure = visit_participle

    def visit_exclusive_pair(self, node: Node, _: Any) -> Parts:
        states = node.children[0].children
        return (Value(_text(states[0])), Value(_text(states[-1])))

    def visit_corner(self, node: Node, _: Any) -> Parts:
        return (Corner(CORNERS[_text(node)]),)

    def visit_dimension(self, node: Node, _: Any) -> Parts:
        return (Asked(DIMENSIONS[_text(node)]),)

    def visit_how_dimension(self, node: Node, _: Any) -> Parts:
        return (Asked(HOW_DIMENSIONS[_text(node)]),)

    def visit_comparative(self, node: Node, _: Any) -> Parts:
        return (Asked(_text(node)),)

    visit_more_of = visit_than_most = visit_costing = visit_comparative

    def visit_equality(self, node: Node, _: Any) -> Parts:
        return (Asked(_text(node).removesuffix(" as")),)

    def visit_quantity(self, node: Node, _: Any) -> Parts:
        return (Asked(_text(node)),)

    def visit_sameness(self, _: Node, children: Sequence[Parts]) -> Parts:
        return (Asked(" ".join(("same", *(part.text for part in _flat(children) if isinstance(part, Asked))))),)

    def visit_either(self, _: Node, children: Sequence[Parts]) -> Parts:
        values = tuple(part for part in _flat(children) if isinstance(part, Value))
        dimension = PROPERTIES.get(values[0].text, "state")
        return values if dimension == "state" else (Asked(dimension),)

    def visit_weighing(self, _: Node, __: Any) -> Parts:
        return (Asked("weight"),)

    def visit_made_of(self, _: Node, __: Any) -> Parts:
        return (Asked("material"),)

    def visit_comparative_ahead(self, _: Node, children: Sequence[Parts]) -> Parts:
        return tuple(Mark(part.text) for part in _flat(children) if isinstance(part, Asked))

    # ---- places

    def visit_scope(self, _: Node, __: Any) -> Parts:
        return ()

    def visit_place(self, node: Node, children: Sequence[Parts]) -> Parts:
        to_head = _text(node).startswith("and ")
        return tuple(replace(part, to_head=to_head) if isinstance(part, Link) else part for part in _flat(children))

    def visit_relation(self, node: Node, _: Any) -> Parts:
        return (RELATIONS[_text(node)],)

    def visit_between(self, _: Node, children: Sequence[Parts]) -> Parts:
        first, *second = (part for part in _flat(children) if isinstance(part, Things))
        return (Link(RelationKind.BETWEEN, first, second=second[0] if second else None),)

    def visit_related(self, _: Node, children: Sequence[Parts]) -> Parts:
        (kind, *others) = _flat(children)
        if isinstance(kind, Link):
            return (kind,)
        return tuple(Link(kind, part) for part in others if isinstance(kind, RelationKind) and isinstance(part, Things))

    visit_on_carrier = visit_related

    def visit_locate_surface(self, _: Node, children: Sequence[Parts]) -> Parts:
        parts = _flat(children)
        kind = next(part for part in parts if isinstance(part, RelationKind))
        surface = next(thing(Target("", noun=part.text)) for part in parts if isinstance(part, Noun))
        found = next(part for part in parts if isinstance(part, Things))
        return (Request("locate_surface", (found.placed(Link(kind, surface)),)),)

    def visit_owned_by(self, _: Node, children: Sequence[Parts]) -> Parts:
        return tuple(Link(RelationKind.ON, part, to_head=True) for part in _flat(children) if isinstance(part, Things))

    def visit_held_by(self, node: Node, children: Sequence[Parts]) -> Parts:
        links = self.visit_owned_by(node, children)
        return tuple(replace(link, kind=RelationKind.INSIDE) for link in links if isinstance(link, Link))

    # ---- things

    def visit_noun(self, node: Node, _: Any) -> Parts:
        noun = singular(_text(node))
        return (Noun(noun, single=noun == _text(node)),)

    visit_carrier_name = visit_generic_noun = visit_paper_name = visit_noun
    visit_plate_name = visit_verbal_noun = visit_one = visit_noun

    def visit_possessor_name(self, node: Node, _: Any) -> Parts:
        return (Noun(singular(_text(node).removesuffix("'s"))),)

    def visit_from_side(self, node: Node, _: Any) -> Parts:
        return (Mark(_text(node)),)

    def visit_object(self, node: Node, children: Sequence[Parts]) -> Parts:
        parts = _flat(children)
        noun = next(part for part in parts if isinstance(part, Noun))
        marks, rank = _ranked([part.text for part in parts if isinstance(part, Mark)], noun.text)
        certain = noun.single and node.text.lower().startswith(_CERTAIN)
        return (Things((Target("", noun=noun.text, attributes=marks, rank=rank),), certain=certain),)

    visit_carrier = visit_possessor = visit_paper = visit_object

    def visit_plate(self, node: Node, children: Sequence[Parts]) -> Parts:
        parts = _flat(children)
        (plate,) = self.visit_object(node, [tuple(part for part in parts if isinstance(part, Noun | Mark))])
        owners = [Link(RelationKind.ON, part) for part in parts if isinstance(part, Things)]
        return gathered((plate, *owners))

    def visit_generic_thing(self, node: Node, children: Sequence[Parts]) -> Parts:
        parts = _flat(children)
        (named,) = self.visit_object(node, [tuple(part for part in parts if isinstance(part, Noun | Mark))])
        return (named, *(part for part in parts if isinstance(part, Link)))

    def visit_indefinite(self, node: Node, _: Any) -> Parts:
        return (thing(Target("", noun=INDEFINITES[_text(node)])),)

    def visit_np(self, _: Node, children: Sequence[Parts]) -> Parts:
        return gathered(_flat(children))

    visit_plain = visit_level = visit_np

    def visit_activity(self, node: Node, _: Any) -> Parts:
        return (Mark(_text(node, skip=1)),)

    def visit_acting(self, node: Node, _: Any) -> Parts:
        verb, _space, rest = _text(node).partition(" ")
        return (Mark(f"{verb.removesuffix('s').removesuffix('e')}ing {rest}"),)

    def visit_having(self, node: Node, _: Any) -> Parts:
        verb, _space, rest = _text(node).partition(" ")
        if verb in {"that", "who", "which"}:
            verb, _space, rest = rest.partition(" ")
        return (Mark(f"{'with' if verb in {'has', 'have'} else verb} {rest}"),)

    visit_possessing = visit_having

    # ---- lettering

    def visit_quoted(self, node: Node, _: Any) -> Parts:
        return (Literal(node.text.strip()[1:-1]),)

    def visit_bare(self, node: Node, _: Any) -> Parts:
        return (Literal(node.text.strip()),)

    visit_capitals = visit_figures = visit_bare

    def visit_capital_text(self, node: Node, _: Any) -> Parts:
        return (Literal(node.text.strip()),)

    visit_proper_text = visit_capital_text

    def visit_bearing(self, _: Node, children: Sequence[Parts]) -> Parts:
        words = (part.text for part in _flat(children) if isinstance(part, Literal))
        return tuple(Link(RelationKind.ON, lettering(text), inverse=True, to_head=True) for text in words)

    visit_bearing_which = visit_bearing

    def visit_text(self, _: Node, children: Sequence[Parts]) -> Parts:
        parts = _flat(children)
        marks = tuple(part.text for part in parts if isinstance(part, Mark))
        (noun,) = (part.text for part in parts if isinstance(part, Noun))
        attributes, rank = _ranked(marks, noun)
        return (thing(Target("", noun=noun, attributes=attributes, is_text=True, rank=rank)),)

    def visit_text_noun(self, node: Node, _: Any) -> Parts:
        return (Noun(TEXT_NOUNS.get(_text(node), "text")),)

    def visit_quoted_literal(self, _: Node, children: Sequence[Parts]) -> Parts:
        return tuple(lettering(part.text) for part in _flat(children) if isinstance(part, Literal))

    visit_bare_literal = visit_quoted_literal

    def visit_said_capitals(self, node: Node, _: Any) -> Parts:
        return (lettering(node.text.strip()),)

    visit_said_name = visit_said_capitals

    def visit_said(self, _: Node, children: Sequence[Parts]) -> Parts:
        return tuple(lettering(part.text) if isinstance(part, Literal) else part for part in _flat(children))

    def visit_quoted_sign(self, _: Node, children: Sequence[Parts]) -> Parts:
        parts = _flat(children)
        (words,) = (part.text for part in parts if isinstance(part, Literal))
        (noun,) = (part.text for part in parts if isinstance(part, Noun))
        link = Link(RelationKind.ON, lettering(words), inverse=True, to_head=True)
        return (thing(Target("", noun=noun)).placed(link),)

    def visit_lettering_named(self, _: Node, children: Sequence[Parts]) -> Parts:
        return _field(_flat(children))

    visit_text_owned = visit_lettering_named

    def visit_lettering_noun(self, node: Node, _: Any) -> Parts:
        return (thing(Target("", noun=singular(_text(node)), is_text=True)),)

    # ---- fields of a page

    def visit_field_noun(self, node: Node, _: Any) -> Parts:
        return (_lettering_of(FIELDS[_text(node)]),)

    def visit_loose_field_noun(self, node: Node, _: Any) -> Parts:
        return (_lettering_of(LOOSE_FIELDS[_text(node)]),)

    def visit_modified(self, node: Node, children: Sequence[Parts]) -> Parts:
        (named,) = (part for part in _flat(children) if isinstance(part, Things))
        field = named.head.text_field
        if field not in _OFTEN_SEVERAL:
            return (named,)
        return (named.with_head(replace(named.head, noun=_text(node), text_field=TextField.KEYED)),)

    def visit_term(self, node: Node, _: Any) -> Parts:
        key = TERMS[_text(node)]
        return (thing(Target("", noun=key, is_text=True, text_field=TextField.KEYED)),)

    def visit_keyed(self, node: Node, _: Any) -> Parts:
        return (thing(Target("", noun=_text(node), is_text=True, text_field=TextField.KEYED)),)

    visit_keyed_whole = visit_keyed_loosely = visit_person_key = visit_keyed

    def visit_owner(self, _: Node, children: Sequence[Parts]) -> Parts:
        return tuple(Link(RelationKind.ON, part) for part in _flat(children) if isinstance(part, Things))

    def visit_field(self, _: Node, children: Sequence[Parts]) -> Parts:
        return _field(_flat(children))

    def visit_asked_field(self, _: Node, children: Sequence[Parts]) -> Parts:
        return _field(_flat(children))

    visit_asked_alone = visit_asked_field


def read(text: str) -> Request | None:
    """What a question in canonical form asks; None where no pattern fits it, and where it is too long to be one."""
    parts = _parsed("question", text)
    return parts[0] if parts is not None and isinstance(parts[0], Request) else None


def fragment(text: str) -> Parts | None:
    """What a text in canonical form names to go on with: "and the dog", "the left one"; None where it is no such."""
    return _parsed("fragment", text)


def _parsed(rule: str, text: str) -> Parts | None:
    if len(_QUOTED.sub("", text).split()) > MAX_WORDS:
        return None
    try:
        tree = GRAMMAR[rule].parse(text)
    except ParseError:
        return None
    parts: Parts = Reader().visit(tree)
    return parts


def _field(parts: Parts) -> Parts:
    marks = [part.text for part in parts if isinstance(part, Mark)]
    (named, *_) = (part for part in parts if isinstance(part, Things))
    if named.head.noun in _FROM_TOP:
        attributes, rank = _ranked(marks, named.head.noun)
        named, marks = named.with_head(replace(named.head, rank=rank)), list(attributes)
    for part in parts:
        if isinstance(part, Link):
            named = named.placed(replace(part, kind=owner_relation(named.head.text_field)))
    return (named.marked(marks),)


def _ranked(marks: Sequence[str], noun: str) -> tuple[tuple[str, ...], Rank | None]:
    """The attributes and the rank of a noun, by all that is said of it."""
    side = next((mark for mark in marks if mark.startswith("from ")), "")
    if not side and noun in _FROM_TOP and any(mark in PLACES or mark == LAST for mark in marks):
        side = "from the top"
    return ranked([mark for mark in marks if mark != side], side)


def _flat(children: Sequence[Parts]) -> Parts:
    return tuple(chain.from_iterable(children))


def _text(node: Node, skip: int = 0) -> str:
    """The node's words in lower case, without those of its first `skip` children."""
    start = node.children[skip].start if skip else node.start
    return str(node.full_text[start : node.end]).strip().lower()
