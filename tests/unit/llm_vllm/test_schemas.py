from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from services.common.claims import Attribute, Candidate, Document, Finding, Knowledge, Related, TargetEvidence
from services.common.plans import Aspect, Plan, Relation, RelationKind, Target, Task
from services.llm.core import claim_schema, plan_schema, schemas
from services.llm.core.answers import ClaimReader, Gate, OutsideSchema
from services.llm.core.evidence import Material
from services.llm.core.offers import offer
from tests.fakes.material import CALLER, lettering, random_material, region, wanted
from tests.fakes.openai_endpoint import conforming

TARGET = {"kind": "words", "literal": "EXIT"}
RANKED = {"kind": "ranked", "noun": "cup", "attributes": [], "order": "from_left", "place": 1}


def allowed(material: Material) -> claim_schema.Allowed:
    return claim_schema.allowed(material, offer(material))


def single(material: Material) -> schemas.Schema:
    schema = claim_schema.claim(allowed(material))
    assert schema is not None
    return schema


def reader(material: Material) -> ClaimReader:
    return ClaimReader(material, offer(material), single(material))


def reading(**changes: Any) -> dict[str, Any]:
    claim = {"target": "", "kind": "reading", "reading": "EXIT", "supported_by": ["r1"], "context": []}
    return {name: value for name, value in (claim | changes).items() if value is not None}


def every_schema(schema: Any) -> list[dict[str, Any]]:
    """The schema and all within it."""
    if isinstance(schema, list):
        return [found for item in schema for found in every_schema(item)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(found for value in schema.values() for found in every_schema(value))]


@pytest.mark.parametrize(
    "value",
    [
        reading(supported_by=["r99"]),
        reading(supported_by=["r1", "r99"]),
        reading(context=["r99"]),
        reading(supported_by=[]),
        reading(supported_by=None),
        reading(supported_by="r1"),
        reading(target="t1"),
        reading(kind="count", reading=None, value=1),
        reading(kind="verdict"),
        reading(verdict="supported"),
        reading(text="what the model would like to add"),
        reading(reading=""),
        reading(reading=" "),
        reading(reading="x" * (claim_schema.LETTERING_CHARACTERS + 1)),
        reading(reading="a\nb"),
        reading(reading="a\x1b[31mb"),
        reading(reading="left \u202e tfel"),
        reading(reading=None),
        {"kind": "finding", "finding": "f1"},
        {"target": "", "kind": "quote", "passage": "p1"},
        {},
        [],
        "r1",
        None,
    ],
)
def test_what_was_not_given_or_is_not_whole_does_not_pass(value: Any) -> None:
    with pytest.raises(OutsideSchema):
        reader(lettering("EXIT", "TOTAL")).read(value)


def test_what_was_given_passes() -> None:
    material = lettering("EXIT", "TOTAL")
    draft = reader(material).read(reading(context=["r2", "r1"]))
    assert [(c.region_id, c.role.name) for c in draft.citations] == [("r1", "SUPPORTS"), ("r2", "CONTEXT")]


def test_without_regions_nothing_visual_can_be_claimed() -> None:
    schema = single(wanted(Task.EXISTS, {"t1": ()}))
    assert [choice["properties"]["kind"]["enum"] for choice in schema["anyOf"]] == [["absent"]]


def test_absence_can_be_claimed_only_of_what_was_searched_for_in_vain() -> None:
    what = allowed(wanted(Task.EXISTS, {"t1": ("EXIT",), "t2": ()}))
    assert (what.found, what.missing) == (("t1",), ("t2",))


@pytest.mark.parametrize("task", [Task.READ, Task.LOCATE, Task.DESCRIBE])
def test_where_the_task_does_not_ask_for_it_absence_cannot_be_claimed(task: Task) -> None:
    assert claim_schema.claims(allowed(wanted(task, {"t1": ()}))) is None


def test_a_plan_that_was_not_understood_leaves_nothing_to_claim() -> None:
    material = lettering("EXIT")
    unknown = Material("?", type(material.plan)(Task.UNKNOWN, CALLER), material.regions, material.evidence)
    assert claim_schema.claims(allowed(unknown)) is None


@pytest.mark.parametrize("seed", range(60))
def test_every_list_and_string_has_an_end_and_what_conforms_is_no_longer_than_said(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - noise, no secret
    schema = claim_schema.claims(allowed(random_material(source))) or plan_schema.plan(seed % 3)
    for part in every_schema(schema):
        if part.get("type") == "array":
            assert part["maxItems"] >= part["minItems"]
        if part.get("type") == "string":
            assert part.get("enum") or part["pattern"].endswith("}$")
        if part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])
    written = json.dumps(conforming(schema, source), ensure_ascii=False, separators=(",", ":"))
    assert len(written) <= schemas.longest(schema)


def test_the_bound_is_reached() -> None:
    schema = schemas.record(word=schemas.line(5), many=schemas.several(schemas.one_of(["a", "bcd"]), least=0, most=3))
    longest = '{"word":"12345","many":["bcd","bcd","bcd"]}'
    Gate(schema).check(json.loads(longest))
    assert schemas.longest(schema) == len(longest)


@pytest.mark.parametrize(
    "things",
    [
        {"targets": [TARGET], "relations": ["t1 left_of t2"]},
        {"targets": [TARGET, TARGET], "relations": ["t1 left_of t3"]},
        {"targets": [TARGET, TARGET], "relations": ["t1 left_of t1"]},
        {"targets": [TARGET, TARGET], "relations": ["t1 beside t2"]},
        {"targets": [TARGET, TARGET], "relations": ["t1 left_of t2"] * 5},
        {"targets": []},
        {"targets": [TARGET] * 5, "relations": []},
        {"targets": [{"kind": "words", "literal": ""}]},
        {"targets": [{"kind": "object", "noun": "x" * 41, "attributes": []}]},
        {"targets": [{"kind": "field", "field": "keyed", "noun": "x"}]},
        {"targets": [TARGET, TARGET], "relations": ["t1 between t2"]},
        {"targets": [TARGET, TARGET], "relations": ["t1 between t2 t1"]},
        {"targets": [TARGET, TARGET], "relations": ["t1 left_of t2 t2"]},
        {"targets": [{"kind": "earlier", "of": "e1", "attributes": []}]},
        {"targets": [RANKED | {"place": 0}]},
        {"targets": [RANKED | {"order": "from_within"}]},
    ],
)
def test_a_plan_cannot_say_what_makes_no_sense(things: Any) -> None:
    with pytest.raises(OutsideSchema):
        Gate(plan_schema.plan()).check({"plan": {"task": "exists", "things": things}})


# ---- Findings and documents

CAR = Plan(Task.ATTRIBUTE, CALLER, (Target("t1", "car"),), aspect=Aspect.COLOR)
BLUE = Finding("r1", Attribute("car", Aspect.COLOR, "blue"), 0.9)


def car(*findings: Finding, asked: Plan = CAR, document: str = "") -> Material:
    regions = {"r1": region(1, label="car"), "r2": region(2, label="car")}
    found = TargetEvidence("t1", (Candidate("r1", 0.9),), 1, searched=True, findings=findings)
    documents = {"d1": Document("d1", document, "Manual")} if document else {}
    return Material("What colour is the car?", asked, regions, {"t1": found}, documents)


def test_a_look_can_be_claimed_only_as_it_was_found() -> None:
    assert claim_schema.claims(allowed(car())) is None
    material = car(BLUE)
    assert single(material) == {
        "anyOf": [schemas.record(kind=schemas.one_of(["finding"]), finding=schemas.one_of(["f1"]))]
    }
    draft = reader(material).read({"kind": "finding", "finding": "f1"})
    assert (draft.text, draft.statement) == ("The car is blue.", BLUE.statement)
    for wrong in ("f2", "f0", "r1", "blue"):
        with pytest.raises(OutsideSchema):
            reader(material).read({"kind": "finding", "finding": wrong})


def test_a_finding_that_answers_something_else_is_not_offered() -> None:
    shape = replace(BLUE, statement=Attribute("car", Aspect.SHAPE, "round"))
    assert not offer(car(shape)).findings


def test_a_passage_can_be_quoted_only_word_for_word() -> None:
    text = "The blue car is Anna\u2019s. \U0001f697 Cars  are parked here!"
    material = car(BLUE, document=text)
    assert [said.text for said in offer(material).passages.values()] == [
        "The blue car is Anna\u2019s.",
        "\U0001f697 Cars  are parked here!",
    ]
    draft = reader(material).read({"target": "t1", "kind": "quote", "passage": "p2"})
    (passage,) = [citation.passage for citation in draft.citations if citation.passage is not None]
    assert draft.statement == Knowledge(text[passage.begin : passage.end])
    for wrong in ({"passage": "p3"}, {"passage": "d1"}, {"passage": "p1", "quote": "as I like it"}):
        with pytest.raises(OutsideSchema):
            reader(material).read({"target": "t1", "kind": "quote", **wrong})


def test_a_thing_is_not_said_to_be_there_where_its_relation_was_asked_for_and_not_found() -> None:
    asked = Plan(
        Task.EXISTS, CALLER, (Target("t1", "car"), Target("t2", "bus")), (Relation("t1", RelationKind.LEFT_OF, "t2"),)
    )
    assert claim_schema.claims(allowed(car(asked=asked))) is None
    left = Finding("r1", Related("car", RelationKind.LEFT_OF, "t2", "bus"), 0.8, ("r2",))
    draft = reader(car(left, asked=asked)).read({"kind": "finding", "finding": "f1"})
    assert draft.text == "The car is left of the bus."
    assert [(c.region_id, c.role.name) for c in draft.citations] == [("r1", "SUPPORTS"), ("r2", "CONTEXT")]
