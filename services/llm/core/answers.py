"""From what a language model wrote to plans and claims. Everything is checked again: the grammar may not have held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from services.common.claims import (
    Absent,
    Citation,
    CitationRole,
    ClaimDraft,
    Count,
    Exists,
    Field,
    Located,
    Reading,
    Statement,
)
from services.common.plans import Engine, Plan, Relation, Target, Task, TextField
from services.llm.core import schemas, sentences

if TYPE_CHECKING:
    from collections.abc import Mapping


class OutsideSchema(Exception):
    """The model wrote what the schema does not admit. The message says where, and repeats nothing of it."""


class Gate:
    """Lets through what a schema admits."""

    def __init__(self, schema: schemas.Schema) -> None:
        self._validator = Draft202012Validator(schema)

    def check(self, value: object) -> None:
        """Do nothing if the value fits.

        Raises:
            OutsideSchema: It does not.
        """
        try:
            self._validator.validate(value)
        except ValidationError as error:
            raise OutsideSchema(f"{error.json_path} breaks {error.validator!r}") from error


_PLAN: Final = Gate(schemas.PLAN)


def plan(value: Any, engine: Engine) -> Plan:
    """The plan that was written.

    Raises:
        OutsideSchema: It is none.
    """
    _PLAN.check(value)
    written = value["plan"]
    things = written.get("things", {"targets": []})
    return Plan(
        schemas.TASK_WORDS[written["task"]],
        engine,
        tuple(_target(f"t{number}", target) for number, target in enumerate(things["targets"], start=1)),
        tuple(dict.fromkeys(_relation(said) for said in things.get("relations", ()))),
    )


def _target(target_id: str, value: Mapping[str, Any]) -> Target:
    noun = _line(value.get("noun", "")).lower()
    attributes = tuple(dict.fromkeys(_line(attribute).lower() for attribute in value.get("attributes", ())))
    match value["kind"]:
        case "object":
            return Target(target_id, noun, attributes)
        case "words":
            return Target(target_id, literal_text=_line(value["literal"]), is_text=True)
        case "text":
            return Target(target_id, noun, attributes, is_text=True)
        case "field":
            return Target(target_id, noun, is_text=True, text_field=schemas.FIELD_WORDS[value["field"]])
        case _:
            return Target(target_id, _line(value["key"]).lower(), is_text=True, text_field=TextField.KEYED)


def _relation(said: str) -> Relation:
    subject, word, other = said.split(" ")
    return Relation(subject, schemas.RELATION_WORDS[word], other)


def _line(text: str) -> str:
    return " ".join(text.split())


class ClaimReader:
    """Reads the claims of one request.

    Args:
        plan: The request's.
        schema: Of one claim, as `schemas.claim` made it for this request.
    """

    def __init__(self, plan: Plan, schema: schemas.Schema) -> None:
        self._targets = {target.id: target for target in plan.targets}
        self._gate = Gate(schema)

    def read(self, value: Any) -> ClaimDraft:
        """The claim that was written.

        Raises:
            OutsideSchema: It is none, or cites what was not given.
        """
        self._gate.check(value)
        target = self._targets.get(value["target"], Target(""))
        statement, text = _stated(value, target)
        return ClaimDraft(text, target.id, statement, _citations(value))


def _stated(value: Mapping[str, Any], target: Target) -> tuple[Statement, str]:
    """The statement, and the sentence for people.

    The model says which kind of claim, of what, on which regions, and what it reads there. Names are the plan's and
    sentences are made here: a sentence of the model's own could say what nothing will test.
    """
    match value["kind"]:
        case "exists":
            return Exists(target.words), sentences.exists(target, "")
        case "located":
            return Located(target.words), sentences.located(target, "")
        case "count":
            return Count(target.words, value["value"]), sentences.counted(target, value["value"], "")
        case "reading":
            reading = _line(value["reading"])
            return Reading(reading), sentences.reading(reading, "")
        case "field":
            found = _line(value["value"])
            key = target.noun or target.text_field.name.lower()
            return Field(target.text_field, key, found), sentences.field(target, found, "")
        case _:
            return Absent(target.words, (target.literal_text or target.words,)), sentences.absent(target)


def _citations(value: Mapping[str, Any]) -> tuple[Citation, ...]:
    """Each region once, and as support where it is named as both."""
    supporting = dict.fromkeys(value.get("supported_by", ()))
    helping = dict.fromkeys(value.get("context", ()))
    return (
        *(Citation(region_id, CitationRole.SUPPORTS) for region_id in supporting),
        *(Citation(region_id, CitationRole.CONTEXT) for region_id in helping if region_id not in supporting),
    )


def said_already(draft: ClaimDraft, before: list[ClaimDraft]) -> bool:
    """Whether a claim states what an earlier one states of the same target on the same regions."""
    return any(
        (draft.target_id, draft.statement, frozenset(draft.citations))
        == (earlier.target_id, earlier.statement, frozenset(earlier.citations))
        for earlier in before
    )


def understood(found: Plan) -> bool:
    """Whether a plan has a task."""
    return found.task is not Task.UNKNOWN
