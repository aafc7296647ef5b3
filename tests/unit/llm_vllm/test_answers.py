from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.claims import Absent, Citation, CitationRole, ClaimDraft, Count, Field, Reading
from services.common.plans import Engine, Relation, RelationKind, Target, Task, TextField
from services.llm.core import answers, prompting, schemas
from services.llm.core.remainder import remainder
from services.llm.core.splitting import ClaimSplitter
from tests.fakes.material import random_material, wanted
from tests.fakes.openai_endpoint import conforming

MODEL = Engine("m", "1")


def test_a_plan_is_read() -> None:
    written = {
        "task": "locate",
        "things": {
            "targets": [
                {"kind": "object", "noun": "Cup", "attributes": ["Red", "red"]},
                {"kind": "keyed", "key": "Invoice No"},
            ],
            "relations": ["t1 left_of t2", "t1 left_of t2"],
        },
    }
    plan = answers.plan({"plan": written}, MODEL)
    assert plan.task is Task.LOCATE
    assert plan.targets == (
        Target("t1", "cup", ("red",)),
        Target("t2", "invoice no", is_text=True, text_field=TextField.KEYED),
    )
    assert plan.relations == (Relation("t1", RelationKind.LEFT_OF, "t2"),)
    assert plan.engine == MODEL


def test_a_task_about_the_whole_picture_has_no_targets() -> None:
    assert answers.plan({"plan": {"task": "describe"}}, MODEL).targets == ()


@pytest.mark.parametrize("seed", range(40))
def test_whatever_conforms_is_a_plan_whose_relations_hold_between_its_targets(seed: int) -> None:
    plan = answers.plan(conforming(schemas.PLAN, random.Random(seed)), MODEL)  # noqa: S311 - noise, no secret
    ids = [target.id for target in plan.targets]
    assert ids == [f"t{number}" for number in range(1, len(ids) + 1)]
    assert all({r.subject_id, r.object_id} <= set(ids) and r.subject_id != r.object_id for r in plan.relations)
    assert all(target.noun or target.literal_text for target in plan.targets)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_conforms_is_a_claim_about_given_targets_and_regions(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - noise, no secret
    material = random_material(source)
    what = schemas.allowed(material.plan, prompting.region_ids(material), tuple(material.evidence.values()))
    single, every = schemas.claim(what), schemas.claims(what)
    if single is None or every is None:
        assert not what.found or not what.kinds or set(what.kinds) == {"absent"}
        return
    reader = answers.ClaimReader(material.plan, single)
    for value in conforming(every, source)["claims"]:
        draft = reader.read(value)
        assert draft.target_id in material.evidence
        assert {c.region_id for c in draft.citations} <= set(material.regions)
        visual = not isinstance(draft.statement, Absent)
        assert visual == any(c.role is CitationRole.SUPPORTS for c in draft.citations)
        if isinstance(draft.statement, Field):
            assert draft.statement.field is not TextField.ANY


def test_what_was_searched_for_is_said_by_the_plan_and_not_by_the_model() -> None:
    material = wanted(Task.EXISTS, {"t1": ()})
    what = schemas.allowed(material.plan, (), tuple(material.evidence.values()))
    schema = schemas.claim(what)
    assert schema is not None
    target = material.plan.targets[0]
    draft = answers.ClaimReader(material.plan, schema).read({"target": "t1", "kind": "absent"})
    assert draft.statement == Absent(target.words, (target.literal_text or target.words,))
    for own_words in ({"label": "exit"}, {"text": "No exit."}):
        with pytest.raises(answers.OutsideSchema):
            answers.ClaimReader(material.plan, schema).read({"target": "t1", "kind": "absent", **own_words})


# ---- Claims while they stream

CLAIMS = [{"kind": "a", "text": 'a "quoted" } ] {'}, {"n": [1, {"x": []}]}, {"text": "é™字😀"}]


@given(st.data())
def test_claims_come_out_whole_and_once_however_the_text_is_cut(data: st.DataObject) -> None:
    text = json.dumps({"claims": CLAIMS}, ensure_ascii=data.draw(st.booleans()))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    splitter = ClaimSplitter()
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert [claim for piece in pieces for claim in splitter.feed(piece)] == CLAIMS
    splitter.end()


def test_a_claim_comes_out_with_its_last_bracket() -> None:
    splitter = ClaimSplitter()
    assert splitter.feed('{"claims":[{"a":1') == []
    assert splitter.feed("}") == [{"a": 1}]


@pytest.mark.parametrize("text", ["no", "{]", '{"claims":[}', '{"claims":[]}{', "\x00", "[" * 3 + "]" * 4])
def test_what_is_no_json_is_refused(text: str) -> None:
    splitter = ClaimSplitter()
    with pytest.raises(answers.OutsideSchema):
        splitter.feed(text)


@pytest.mark.parametrize("text", ["", "{", '{"claims":[{"a":1},{"b"'])
def test_what_is_not_whole_is_refused_at_the_end(text: str) -> None:
    splitter = ClaimSplitter()
    splitter.feed(text)
    with pytest.raises(answers.OutsideSchema):
        splitter.end()


# ---- What is left to say


def draft(target_id: str, *regions: str, context: str = "") -> ClaimDraft:
    cited = [Citation(region, CitationRole.SUPPORTS) for region in regions]
    helping = [Citation(context, CitationRole.CONTEXT)] if context else []
    return ClaimDraft("text", target_id, Reading("x"), (*cited, *helping))


@pytest.mark.parametrize(
    ("spoken", "rules", "left"),
    [
        ([], [], []),
        ([], [draft("t1", "r1")], [draft("t1", "r1")]),
        ([draft("t1", "r1")], [draft("t1", "r1"), draft("t2", "r2")], [draft("t2", "r2")]),
        # One thing is claimed of t1, and the model said it on other regions: said is said.
        ([draft("t1", "r7")], [draft("t1", "r1")], []),
        # Several lines of one target: line by line.
        ([draft("", "r2")], [draft("", "r1"), draft("", "r2"), draft("", "r3")], [draft("", "r1"), draft("", "r3")]),
        # To have helped with another claim is not to have been said.
        ([draft("", "r2", context="r1")], [draft("", "r1"), draft("", "r2")], [draft("", "r1")]),
        # The same region for another target.
        ([draft("t1", "r1")], [draft("t2", "r1")], [draft("t2", "r1")]),
    ],
)
def test_the_rules_say_what_is_left(spoken: list[ClaimDraft], rules: list[ClaimDraft], left: list[ClaimDraft]) -> None:
    assert remainder(spoken, rules) == tuple(left)


def test_the_same_claim_in_other_words_is_said_already() -> None:
    first = ClaimDraft("Two.", "t1", Count("cup", 2), ())
    assert answers.said_already(ClaimDraft("There are two.", "t1", Count("cup", 2), ()), [first])
    assert not answers.said_already(ClaimDraft("Two.", "t1", Count("cup", 3), ()), [first])
