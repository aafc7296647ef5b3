"""Statements and their citations to the contract and back: what llm composes and fusion tests.

Going in, values are checked: a message that breaks the contract raises `InvalidField`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from groundwire.v1 import claim_pb2, plan_pb2
from services.common.claims import (
    Absent,
    Attribute,
    Citation,
    CitationRole,
    Compared,
    Count,
    Exists,
    Field,
    Finding,
    Knowledge,
    Located,
    Passage,
    Reading,
    Related,
    Search,
    State,
)
from services.common.errors import InvalidField
from services.common.plans import Aspect, RelationKind, TextField
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from google.protobuf.message import Message

    from services.common.claims import ClaimDraft, Statement


def predicate_to(target_id: str, statement: Statement) -> claim_pb2.Predicate:
    """The statement about a target as a message."""
    predicate = claim_pb2.Predicate(target_id=target_id)
    name, message = _kind_to(statement)
    getattr(predicate, name).CopyFrom(message)
    getattr(predicate, name).SetInParent()
    return predicate


def _kind_to(statement: Statement) -> tuple[str, Message]:
    """The field of `Predicate` for the statement, and its value."""
    match statement:
        case Exists(label):
            return "exists", claim_pb2.Exists(label=label)
        case Absent(label, queries, searches):
            return "absent", claim_pb2.Absent(label=label, queries=queries, searches=searches_to(searches))
        case Located(label):
            return "located", claim_pb2.Located(label=label)
        case Count(label, value):
            return "count", claim_pb2.Count(label=label, value=value)
        case Reading() | Field() | Knowledge():
            return _quoted_to(statement)
        case Attribute() | State() | Related() | Compared():
            return _derived_to(statement)
        case _ as unreachable:
            assert_never(unreachable)


def _quoted_to(statement: Reading | Field | Knowledge) -> tuple[str, Message]:
    """Statements that give somebody's words."""
    match statement:
        case Reading(text):
            return "reading", claim_pb2.Reading(text=text)
        case Field(field, key, value):
            return "field", claim_pb2.Field(field=plan_pb2.TextField.ValueType(field), key=key, value=value)
        case Knowledge(quote):
            return "knowledge", claim_pb2.Knowledge(quote=quote)
        case _ as unreachable:
            assert_never(unreachable)


def _derived_to(statement: Attribute | State | Related | Compared) -> tuple[str, Message]:
    """Statements about what is seen that code derived."""
    match statement:
        case Attribute(label, aspect, value):
            message = claim_pb2.Attribute(label=label, aspect=plan_pb2.Aspect.ValueType(aspect), value=value)
            return "attribute", message
        case State(label, value, negated):
            return "state", claim_pb2.State(label=label, value=value, negated=negated)
        case Related(label, kind, object_id, object_label, second_object_id):
            return "related", claim_pb2.Related(
                label=label,
                kind=plan_pb2.RelationKind.ValueType(kind),
                object_id=object_id,
                object_label=object_label,
                second_object_id=second_object_id,
            )
        case Compared(label, aspect, least, other_id, other_label):
            return "compared", claim_pb2.Compared(
                label=label,
                aspect=plan_pb2.Aspect.ValueType(aspect),
                least=least,
                other_id=other_id,
                other_label=other_label,
            )
        case _ as unreachable:
            assert_never(unreachable)


def _related_from(message: claim_pb2.Related) -> Related:
    kind = wire.member(RelationKind, message.kind, "predicate.related.kind")
    return Related(message.label, kind, message.object_id, message.object_label, message.second_object_id)


def _compared_from(message: claim_pb2.Compared) -> Compared:
    aspect = wire.member(Aspect, message.aspect, "predicate.compared.aspect")
    return Compared(message.label, aspect, message.least, message.other_id, message.other_label)


_READERS: Final[Mapping[str, Callable[[claim_pb2.Predicate], Statement]]] = {
    "exists": lambda m: Exists(m.exists.label),
    "absent": lambda m: Absent(m.absent.label, tuple(m.absent.queries), searches_from(m.absent.searches)),
    "located": lambda m: Located(m.located.label),
    "count": lambda m: Count(m.count.label, m.count.value),
    "reading": lambda m: Reading(m.reading.text),
    "field": lambda m: Field(
        wire.member(TextField, m.field.field, "predicate.field.field"), m.field.key, m.field.value
    ),
    "attribute": lambda m: Attribute(
        m.attribute.label,
        wire.member(Aspect, m.attribute.aspect, "predicate.attribute.aspect"),
        m.attribute.value,
    ),
    "state": lambda m: State(m.state.label, m.state.value, m.state.negated),
    "related": lambda m: _related_from(m.related),
    "compared": lambda m: _compared_from(m.compared),
    "knowledge": lambda m: Knowledge(m.knowledge.quote),
}
"""How each kind of statement is read, by its field in `Predicate`."""


def statement_from(message: claim_pb2.Predicate) -> Statement:
    """What is stated.

    Raises:
        InvalidField: Nothing is, or a value in it means nothing here.
    """
    kind = message.WhichOneof("kind")
    if kind is None:
        raise InvalidField("predicate.kind", "a predicate states nothing", remedy=f"set one of {', '.join(_READERS)}")
    return _READERS[kind](message)


def searches_to(searches: Iterable[Search]) -> list[claim_pb2.Search]:
    """The searches as messages."""
    return [claim_pb2.Search(area=wire.box_to(s.area), source=wire.source_to(s.source)) for s in searches]


def searches_from(messages: Iterable[claim_pb2.Search]) -> tuple[Search, ...]:
    """The searches as values."""
    return tuple(Search(wire.box_from(m.area, "search.area"), wire.source_from(m.source)) for m in messages)


def citations_to(draft: ClaimDraft) -> list[claim_pb2.Citation]:
    """The draft's citations as messages."""
    return [
        claim_pb2.Citation(
            region_id=c.region_id,
            role=claim_pb2.CitationRole.ValueType(c.role),
            passage=None
            if c.passage is None
            else claim_pb2.Passage(document_id=c.passage.document_id, begin=c.passage.begin, end=c.passage.end),
        )
        for c in draft.citations
    ]


def citation_from(message: claim_pb2.Citation) -> Citation:
    """The citation as a value."""
    role = wire.member(CitationRole, message.role, "citation.role")
    if not message.HasField("passage"):
        return Citation(message.region_id, role)
    passage = Passage(message.passage.document_id, message.passage.begin, message.passage.end)
    return Citation(message.region_id, role, passage)


def finding_from(region_id: str, predicate: claim_pb2.Predicate, strength: float, others: Iterable[str]) -> Finding:
    """The finding as a value; its parts are those of `Finding` in the llm service's contract."""
    return Finding(region_id, statement_from(predicate), strength, tuple(others))
