from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.claims import (
    Absent,
    Attribute,
    Citation,
    CitationRole,
    ClaimDraft,
    Compared,
    Count,
    Field,
    Knowledge,
    Passage,
    Reading,
    Related,
    State,
)
from services.common.plans import Aspect, Engine, Order, Plan, Rank, Relation, RelationKind, Target, Task, TextField
from services.llm.core import answers, claim_schema, plan_schema
from services.llm.core.conversation import Turn
from services.llm.core.offers import offer
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


@pytest.mark.parametrize(
    ("written", "aspect", "least"),
    [
        ({"task": "attribute", "aspect": "color"}, Aspect.COLOR, False),
        ({"task": "attribute", "aspect": "other"}, Aspect.NONE, False),
        ({"task": "compare", "aspect": "size", "asks": "less"}, Aspect.SIZE, True),
        ({"task": "compare", "aspect": "number", "asks": "more"}, Aspect.NUMBER, False),
        ({"task": "state"}, Aspect.CONDITION, False),
        ({"task": "locate"}, Aspect.NONE, False),
    ],
)
def test_what_is_asked_is_read(*, written: dict[str, str], aspect: Aspect, least: bool) -> None:
    things = {"targets": [{"kind": "object", "noun": "car", "attributes": []}]}
    plan = answers.plan({"plan": {**written, "things": things}}, MODEL)
    assert (plan.aspect, plan.least) == (aspect, least)


@pytest.mark.parametrize(
    "written",
    [
        {"task": "attribute"},
        {"task": "attribute", "aspect": "weight"},
        {"task": "attribute", "aspect": "number"},
        {"task": "compare", "aspect": "size"},
        {"task": "state", "aspect": "condition"},
        {"task": "locate", "aspect": "color"},
    ],
)
def test_an_aspect_that_a_task_does_not_have_is_refused(written: dict[str, str]) -> None:
    things = {"targets": [{"kind": "object", "noun": "car", "attributes": []}]}
    with pytest.raises(answers.OutsideSchema):
        answers.plan({"plan": {**written, "things": things}}, MODEL)


def test_ranks_and_places_between_are_read() -> None:
    ranked = {"kind": "ranked", "noun": "cup", "attributes": [], "order": "from_left", "place": 2}
    plate = {"kind": "object", "noun": "plate", "attributes": []}
    things = {"targets": [ranked, plate], "relations": ["t1 between t2 t2"]}
    plan = answers.plan({"plan": {"task": "locate", "things": things}}, MODEL)
    assert plan.targets[0].rank == Rank(Order.FROM_LEFT, 2)
    assert plan.relations == (Relation("t1", RelationKind.BETWEEN, "t2", "t2"),)


def test_it_is_what_the_turn_before_was_about_and_nothing_where_there_was_none() -> None:
    dog = Plan(Task.LOCATE, MODEL, (Target("t1", "dog", ("brown",)),))
    it = {"kind": "earlier", "of": "e1", "attributes": ["wet"]}
    written = {"plan": {"task": "locate", "things": {"targets": [it]}}}
    plan = answers.plan(written, MODEL, (Turn("Where is the brown dog?", dog),))
    assert plan.targets == (Target("t1", "dog", ("brown", "wet"), earlier=True),)
    for before in ((), (Turn("?", Plan(Task.UNKNOWN, MODEL)),)):
        with pytest.raises(answers.OutsideSchema):
            answers.plan(written, MODEL, before)
    it["of"] = "e2"
    with pytest.raises(answers.OutsideSchema):
        answers.plan(written, MODEL, (Turn("Where is the brown dog?", dog),))


def test_a_task_about_the_whole_picture_has_no_targets() -> None:
    assert answers.plan({"plan": {"task": "describe"}}, MODEL).targets == ()


@pytest.mark.parametrize("seed", range(40))
def test_whatever_conforms_is_a_plan_whose_relations_hold_between_its_targets(seed: int) -> None:
    plan = answers.plan(conforming(plan_schema.plan(), random.Random(seed)), MODEL)  # noqa: S311 - noise, no secret
    ids = [target.id for target in plan.targets]
    assert ids == [f"t{number}" for number in range(1, len(ids) + 1)]
    for r in plan.relations:
        others = {r.object_id, r.second_object_id or r.object_id}
        assert {r.subject_id, *others} <= set(ids)
        assert r.subject_id not in others
        assert (r.kind is RelationKind.BETWEEN) == bool(r.second_object_id)
    assert all(target.noun or target.literal_text for target in plan.targets)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_conforms_is_a_claim_about_given_targets_and_regions(seed: int) -> None:
    source = random.Random(seed)  # noqa: S311 - noise, no secret
    material = random_material(source)
    given = offer(material)
    what = claim_schema.allowed(material, given)
    single, every = claim_schema.claim(what), claim_schema.claims(what)
    if single is None or every is None:
        assert not what.kinds or not (what.missing or what.passages or what.findings)
        return
    reader = answers.ClaimReader(material, given, single)
    for value in conforming(every, source)["claims"]:
        draft = reader.read(value)
        assert draft.target_id in material.evidence
        assert {c.region_id for c in draft.citations if c.passage is None} <= set(material.regions)
        visual = not isinstance(draft.statement, Absent)
        assert visual == any(c.role is CitationRole.SUPPORTS for c in draft.citations)
        if isinstance(draft.statement, Attribute | State | Related | Compared):
            assert draft.statement in [f.statement for f in material.evidence[draft.target_id].findings]
        if isinstance(draft.statement, Knowledge):
            (passage,) = [c.passage for c in draft.citations if c.passage is not None]
            said = material.documents[passage.document_id].text[passage.begin : passage.end]
            assert draft.statement.quote == said
        if isinstance(draft.statement, Field):
            assert draft.statement.field is not TextField.ANY


def test_what_was_searched_for_is_said_by_the_plan_and_not_by_the_model() -> None:
    material = wanted(Task.EXISTS, {"t1": ()})
    given = offer(material)
    schema = claim_schema.claim(claim_schema.allowed(material, given))
    assert schema is not None
    target = material.plan.targets[0]
    reader = answers.ClaimReader(material, given, schema)
    draft = reader.read({"target": "t1", "kind": "absent"})
    assert draft.statement == Absent(target.words, (target.literal_text or target.words,))
    for own_words in ({"label": "exit"}, {"text": "No exit."}):
        with pytest.raises(answers.OutsideSchema):
            reader.read({"target": "t1", "kind": "absent", **own_words})


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


def looks(colour: str, region: str = "r1") -> ClaimDraft:
    statement = Attribute("car", Aspect.COLOR, colour)
    return ClaimDraft("text", "t1", statement, (Citation(region, CitationRole.SUPPORTS),))


def quote(begin: int) -> ClaimDraft:
    cited = Citation("", CitationRole.SUPPORTS, Passage("d1", begin, begin + 1))
    return ClaimDraft("text", "t1", Knowledge("x"), (cited, Citation("r1", CitationRole.CONTEXT)))


@pytest.mark.parametrize(
    ("spoken", "rules", "left"),
    [
        # What was derived of one region is said statement by statement.
        ([looks("blue")], [looks("blue"), looks("white")], [looks("white")]),
        # To have been quoted about is not to have been read, nor the other way round.
        ([quote(0)], [draft("t1", "r1"), quote(0)], [draft("t1", "r1")]),
        ([draft("t1", "r7")], [draft("t1", "r1"), quote(0)], [quote(0)]),
        ([quote(5)], [quote(0), quote(5)], [quote(0)]),
        ([looks("blue")], [looks("blue"), quote(0)], [quote(0)]),
    ],
)
def test_looks_and_quotations_are_left_each_by_itself(
    spoken: list[ClaimDraft], rules: list[ClaimDraft], left: list[ClaimDraft]
) -> None:
    assert remainder(spoken, rules) == tuple(left)


def test_the_same_claim_in_other_words_is_said_already() -> None:
    first = ClaimDraft("Two.", "t1", Count("cup", 2), ())
    assert answers.said_already(ClaimDraft("There are two.", "t1", Count("cup", 2), ()), [first])
    assert not answers.said_already(ClaimDraft("Two.", "t1", Count("cup", 3), ()), [first])
