"""From what a language model wrote to plans and claims. Everything is checked again: the grammar may not have held."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

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
from services.common.plans import Aspect, Engine, Plan, Rank, Relation, Target, Task, TextField
from services.llm.core import derived, knowledge, plan_schema, schemas, sentences
from services.llm.core.composer import bare
from services.llm.core.pointing import antecedents, last_understood

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.llm.core.conversation import Conversation
    from services.llm.core.evidence import Material
    from services.llm.core.offers import Offer
    from services.llm.core.passages import Quotable


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


def plan(value: Any, engine: Engine, conversation: Conversation = ()) -> Plan:
    """The plan that was written.

    Raises:
        OutsideSchema: It is none.
    """
    before = last_understood(conversation)
    named = antecedents(before) if before is not None else ()
    Gate(plan_schema.plan(len(named))).check(value)
    written = plan_schema.members(value)
    things = written.get("things", {"targets": []})
    task = plan_schema.TASK_WORDS[written["task"]]
    aspect = plan_schema.ASPECT_WORDS[written["aspect"]] if "aspect" in written else Aspect.NONE
    return Plan(
        task,
        engine,
        tuple(_target(f"t{number}", target, named) for number, target in enumerate(things["targets"], start=1)),
        tuple(dict.fromkeys(Relation(*plan_schema.relation_parts(said)) for said in things.get("relations", ()))),
        Aspect.CONDITION if task is Task.STATE else aspect,
        plan_schema.LEAST_WORDS[written["asks"]] if "asks" in written else False,
    )


def _target(target_id: str, value: Mapping[str, Any], named: Sequence[Target]) -> Target:
    noun = _line(value.get("noun", "")).lower()
    attributes = tuple(dict.fromkeys(_line(attribute).lower() for attribute in value.get("attributes", ())))
    match value["kind"]:
        case "object" | "ranked":
            return Target(target_id, noun, attributes, rank=_rank(value))
        case "earlier":
            meant = named[int(value["of"].removeprefix("e")) - 1]
            return replace(meant, id=target_id, attributes=tuple(dict.fromkeys((*meant.attributes, *attributes))))
        case "words":
            return Target(target_id, literal_text=_line(value["literal"]), is_text=True)
        case "text":
            return Target(target_id, noun, attributes, is_text=True)
        case "field":
            return Target(target_id, noun, is_text=True, text_field=plan_schema.FIELD_WORDS[value["field"]])
        case _:
            return Target(target_id, _line(value["key"]).lower(), is_text=True, text_field=TextField.KEYED)


def _rank(value: Mapping[str, Any]) -> Rank | None:
    return Rank(plan_schema.ORDER_WORDS[value["order"]], value["place"]) if "order" in value else None


def _line(text: str) -> str:
    return " ".join(text.split())


class ClaimReader:
    """Reads the claims of one request.

    Args:
        material: The request's.
        offer: What it was offered to cite.
        schema: Of one claim, as `claim_schema.claim` made it for this request.
    """

    def __init__(self, material: Material, offer: Offer, schema: schemas.Schema) -> None:
        self._material = material
        self._offer = offer
        self._targets = {target.id: target for target in material.plan.targets}
        self._gate = Gate(schema)

    def read(self, value: Any) -> ClaimDraft:
        """The claim that was written.

        Raises:
            OutsideSchema: It is none, or cites what was not given.
        """
        self._gate.check(value)
        match value["kind"]:
            case "finding":
                return derived.draft(self._material, *self._offer.findings[value["finding"]])
            case "quote":
                return self._quote(value["target"], self._offer.passages[value["passage"]])
            case _:
                target = self._targets.get(value["target"], Target(""))
                statement, text = _stated(value, bare(self._material.plan, target))
                return ClaimDraft(text, target.id, statement, _citations(value))

    def _quote(self, target_id: str, said: Quotable) -> ClaimDraft:
        shown = self._material.evidence[target_id].candidates[0].region_id
        return knowledge.draft(knowledge.Mention(said, target_id, shown, knowledge.ASKED))


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
