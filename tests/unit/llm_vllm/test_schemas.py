from __future__ import annotations

import json
import random
from typing import Any

import pytest

from services.common.plans import Task
from services.llm.core import prompting, schemas
from services.llm.core.answers import ClaimReader, Gate, OutsideSchema
from services.llm.core.evidence import Material
from tests.fakes.material import CALLER, lettering, random_material, wanted
from tests.fakes.openai_endpoint import conforming

TARGET = {"kind": "words", "literal": "EXIT"}


def allowed(material: Material) -> schemas.Allowed:
    return schemas.allowed(material.plan, prompting.region_ids(material), tuple(material.evidence.values()))


def claim_schema(material: Material) -> schemas.Schema:
    schema = schemas.claim(allowed(material))
    assert schema is not None
    return schema


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
        reading(reading="x" * (schemas.LETTERING_CHARACTERS + 1)),
        reading(reading="a\nb"),
        reading(reading="a\x1b[31mb"),
        reading(reading="left \u202e tfel"),
        reading(reading=None),
        {},
        [],
        "r1",
        None,
    ],
)
def test_what_was_not_given_or_is_not_whole_does_not_pass(value: Any) -> None:
    with pytest.raises(OutsideSchema):
        ClaimReader(lettering("EXIT", "TOTAL").plan, claim_schema(lettering("EXIT", "TOTAL"))).read(value)


def test_what_was_given_passes() -> None:
    material = lettering("EXIT", "TOTAL")
    draft = ClaimReader(material.plan, claim_schema(material)).read(reading(context=["r2", "r1"]))
    assert [(c.region_id, c.role.name) for c in draft.citations] == [("r1", "SUPPORTS"), ("r2", "CONTEXT")]


def test_without_regions_nothing_visual_can_be_claimed() -> None:
    schema = claim_schema(wanted(Task.EXISTS, {"t1": ()}))
    assert [choice["properties"]["kind"]["enum"] for choice in schema["anyOf"]] == [["absent"]]


def test_absence_can_be_claimed_only_of_what_was_searched_for_in_vain() -> None:
    what = allowed(wanted(Task.EXISTS, {"t1": ("EXIT",), "t2": ()}))
    assert (what.found, what.missing) == (("t1",), ("t2",))


@pytest.mark.parametrize("task", [Task.READ, Task.LOCATE, Task.DESCRIBE])
def test_where_the_task_does_not_ask_for_it_absence_cannot_be_claimed(task: Task) -> None:
    assert schemas.claims(allowed(wanted(task, {"t1": ()}))) is None


def test_a_plan_that_was_not_understood_leaves_nothing_to_claim() -> None:
    material = lettering("EXIT")
    unknown = Material("?", type(material.plan)(Task.UNKNOWN, CALLER), material.regions, material.evidence)
    assert schemas.claims(allowed(unknown)) is None


@pytest.mark.parametrize("seed", range(60))
def test_every_list_and_string_has_an_end_and_what_conforms_is_no_longer_than_said(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - noise, no secret
    schema = schemas.claims(allowed(random_material(source))) or schemas.PLAN
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
    ],
)
def test_a_plan_cannot_say_what_makes_no_sense(things: Any) -> None:
    with pytest.raises(OutsideSchema):
        Gate(schemas.PLAN).check({"plan": {"task": "exists", "things": things}})
