from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from groundwire.v1 import claim_pb2, geometry_pb2
from groundwire.v1 import llm_service_pb2 as pb
from services.common.claims import (
    Absent,
    Attribute,
    Citation,
    CitationRole,
    ClaimDraft,
    Compared,
    Count,
    Document,
    Exists,
    Field,
    Finding,
    Knowledge,
    Located,
    Reading,
    Related,
    State,
)
from services.common.errors import InvalidField
from services.common.plans import Aspect, Plan, Relation, RelationKind, Task, TextField
from services.llm import convert
from services.llm.core.conversation import Turn
from services.llm.core.planner import ENGINE
from services.llm.ports import Composed, Planned
from services.runtime import statements, wire
from tests.unit.llm.scenes import DIGEST, region
from tests.unit.llm.table import plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.common.claims import Statement

BLUE = Attribute("motorcycle", Aspect.COLOR, "blue")
ASKED = plan("READ", "brand <brand>", "motorcycle", relations=("t1 ON t2",))


def request(asked: Plan = ASKED) -> pb.ComposeRequest:
    return pb.ComposeRequest(
        question=" What brand is written on the motorcycle? ",
        plan=wire.plan_to(asked),
        regions=[wire.region_to(region("r1", "YAMAHA")), wire.region_to(region("r2", "KEY"))],
        evidence=[
            pb.TargetEvidence(
                target_id="t1",
                candidates=[pb.Candidate(region_id="r1", fit=0.9, value="YAMAHA", context_region_ids=["r2"])],
                distinct=1,
                searched=True,
                findings=[
                    pb.Finding(
                        region_id="r1",
                        statement=statements.predicate_to("t1", BLUE),
                        object_region_ids=["r2"],
                        strength=0.5,
                    )
                ],
            )
        ],
        documents=[claim_pb2.Document(id="manual-1.0", title="Manual", text="Check the oil.")],
    )


def restate(message: pb.ComposeRequest, statement: Statement) -> None:
    message.evidence[0].findings[0].statement.CopyFrom(statements.predicate_to("t1", statement))


def test_a_request_becomes_material() -> None:
    material = convert.material_from(request())
    assert material.question == "What brand is written on the motorcycle?"
    assert material.plan == ASKED
    assert material.regions == {"r1": region("r1", "YAMAHA"), "r2": region("r2", "KEY")}
    (candidate,) = material.evidence["t1"].candidates
    assert (candidate.region_id, candidate.value, candidate.context_region_ids) == ("r1", "YAMAHA", ("r2",))
    assert material.evidence["t1"].findings == (Finding("r1", BLUE, 0.5, ("r2",)),)
    assert material.documents == {"manual-1.0": Document("manual-1.0", "Check the oil.", "Manual")}


def test_a_conversation_becomes_turns() -> None:
    turn = pb.Turn(question=" What brand? ", plan=wire.plan_to(ASKED))
    assert convert.conversation_from([turn]) == (Turn("What brand?", ASKED),)
    assert len(convert.conversation_from([turn] * 8)) == 8
    with pytest.raises(InvalidField, match="9 turns"):
        convert.conversation_from([turn] * 9)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("conversation.question", lambda t: setattr(t, "question", " ")),
        ("conversation.question", lambda t: setattr(t, "question", "x" * 2001)),
        ("plan.targets", lambda t: setattr(t.plan.targets[1], "id", "t1")),
        ("plan.relations", lambda t: setattr(t.plan.relations[0], "object_id", "t3")),
        ("plan.task", lambda t: setattr(t.plan, "task", 99)),
    ],
)
def test_a_turn_that_breaks_the_contract_is_refused_by_field(field: str, change: Callable[[pb.Turn], object]) -> None:
    turn = pb.Turn(question="What brand?", plan=wire.plan_to(ASKED))
    change(turn)
    with pytest.raises(InvalidField) as raised:
        convert.conversation_from([turn])
    assert raised.value.field == field


def test_evidence_of_the_whole_picture_goes_with_a_plan_without_targets() -> None:
    message = request(Plan(Task.READ, ENGINE))
    message.evidence[0].target_id = ""
    del message.evidence[0].findings[:]
    assert list(convert.material_from(message).evidence) == [""]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("question", lambda m: setattr(m, "question", " \n ")),
        ("question", lambda m: setattr(m, "question", "x" * 2001)),
        ("plan.targets", lambda m: setattr(m.plan.targets[1], "id", "t1")),
        ("plan.targets", lambda m: setattr(m.plan.targets[1], "id", "")),
        ("plan.relations", lambda m: setattr(m.plan.relations[0], "object_id", "t3")),
        ("plan.relations.kind", lambda m: setattr(m.plan.relations[0], "kind", 0)),
        ("plan.task", lambda m: setattr(m.plan, "task", 99)),
        ("regions", lambda m: setattr(m.regions[1], "id", "r1")),
        ("regions", lambda m: setattr(m.regions[1], "id", "")),
        ("regions", lambda m: m.regions.extend([m.regions[0]] * 2000)),
        ("region.box", lambda m: setattr(m.regions[0].box, "x_max", 0)),
        ("region.box", lambda m: setattr(m.regions[0].box, "x_max", math.nan)),
        ("source.capability", lambda m: setattr(m.regions[0].source, "capability", 0)),
        ("evidence.target_id", lambda m: setattr(m.evidence[0], "target_id", "t9")),
        ("evidence.target_id", lambda m: setattr(m.evidence[0], "target_id", "")),
        ("evidence.target_id", lambda m: m.evidence.append(m.evidence[0])),
        ("evidence.distinct", lambda m: setattr(m.evidence[0], "distinct", -1)),
        ("evidence.candidates", lambda m: setattr(m.evidence[0].candidates[0], "region_id", "r99")),
        ("evidence.candidates", lambda m: m.evidence[0].candidates[0].context_region_ids.append("r99")),
        ("evidence.candidates.fit", lambda m: setattr(m.evidence[0].candidates[0], "fit", math.nan)),
        ("evidence.candidates.fit", lambda m: setattr(m.evidence[0].candidates[0], "fit", 1.5)),
        ("plan.relations", lambda m: setattr(m.plan.relations[0], "second_object_id", "t3")),
        ("evidence.findings", lambda m: setattr(m.evidence[0].findings[0], "region_id", "r99")),
        ("evidence.findings", lambda m: m.evidence[0].findings[0].object_region_ids.append("r99")),
        ("evidence.findings", lambda m: m.evidence[0].findings.extend([m.evidence[0].findings[0]] * 200)),
        ("evidence.findings.strength", lambda m: setattr(m.evidence[0].findings[0], "strength", math.inf)),
        ("evidence.findings.strength", lambda m: setattr(m.evidence[0].findings[0], "strength", -0.1)),
        ("evidence.findings.statement", lambda m: setattr(m.evidence[0].findings[0].statement, "target_id", "t2")),
        ("evidence.findings.statement", lambda m: restate(m, Related("a", RelationKind.ON, "t9", "b"))),
        ("evidence.findings.statement", lambda m: restate(m, Related("a", RelationKind.ON, "t2", "b", "t9"))),
        ("evidence.findings.statement", lambda m: restate(m, Compared("a", Aspect.SIZE, False, "t9", "b"))),
        ("evidence.findings.statement", lambda m: restate(m, Exists("a"))),
        ("predicate.kind", lambda m: m.evidence[0].findings[0].ClearField("statement")),
        ("documents", lambda m: m.documents.extend(claim_pb2.Document(id=f"x{n}") for n in range(8))),
        ("documents.id", lambda m: m.documents.append(m.documents[0])),
        ("documents.id", lambda m: setattr(m.documents[0], "id", "")),
        ("documents.id", lambda m: setattr(m.documents[0], "id", "../x y")),
        ("documents.id", lambda m: setattr(m.documents[0], "id", "x" * 65)),
        ("documents.title", lambda m: setattr(m.documents[0], "title", "x" * 201)),
        ("documents.text", lambda m: setattr(m.documents[0], "text", "x" * 20_001)),
    ],
)
def test_a_request_that_breaks_the_contract_is_refused_by_field(
    field: str, change: Callable[[pb.ComposeRequest], object]
) -> None:
    message = request()
    change(message)
    with pytest.raises(InvalidField) as raised:
        convert.material_from(message)
    assert raised.value.field == field
    assert raised.value.message


def test_limits_are_inclusive() -> None:
    assert len(convert.question_from(" " + "x" * 2000 + " ")) == 2000
    message = request()
    message.regions.extend(wire.region_to(region(f"x{n}")) for n in range(1998))
    assert len(convert.material_from(message).regions) == 2000


BOX = geometry_pb2.Box(x_min=0, y_min=0, x_max=4, y_max=4)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("statement", pb.JudgeRequest(statement="", image_digest=DIGEST, boxes=[BOX])),
        ("statement", pb.JudgeRequest(statement="x" * 2001, image_digest=DIGEST, boxes=[BOX])),
        ("image_digest", pb.JudgeRequest(statement="It is red.", image_digest="f00", boxes=[BOX])),
        ("boxes", pb.JudgeRequest(statement="It is red.", image_digest=DIGEST)),
        ("boxes", pb.JudgeRequest(statement="It is red.", image_digest=DIGEST, boxes=[BOX] * 9)),
        ("boxes", pb.JudgeRequest(statement="It is red.", image_digest=DIGEST, boxes=[geometry_pb2.Box()])),
    ],
)
def test_a_statement_that_breaks_the_contract_is_refused_by_field(field: str, message: pb.JudgeRequest) -> None:
    with pytest.raises(InvalidField) as raised:
        convert.statement_from(message)
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (Exists("dog"), "exists"),
        (Absent("dog", ("dog", "puppy")), "absent"),
        (Located("dog"), "located"),
        (Count("dog", 3), "count"),
        (Reading("YAMAHA"), "reading"),
        (Field(TextField.BRAND, "brand", "YAMAHA"), "field"),
        (Attribute("dog", Aspect.COLOR, "brown"), "attribute"),
        (State("door", "open", negated=True), "state"),
        (Related("cup", RelationKind.ON, "t2", "table"), "related"),
        (Compared("cup", Aspect.SIZE, True, "t2", "plate"), "compared"),
        (Knowledge("Check the oil."), "knowledge"),
    ],
)
def test_a_claim_keeps_its_statement_and_citations(statement: Statement, kind: str) -> None:
    draft = ClaimDraft("So it is.", "t1", statement, (Citation("r1", CitationRole.CONTEXT),))
    message = convert.composed_to(Composed(draft, ENGINE, degraded=True))
    assert message.draft.predicate.WhichOneof("kind") == kind
    assert message.draft.predicate.target_id == "t1"
    stated = getattr(message.draft.predicate, kind)
    for name in ("label", "value", "text", "key", "field"):
        if hasattr(statement, name):
            assert getattr(stated, name) == getattr(statement, name)
    if isinstance(statement, Absent):
        assert tuple(stated.queries) == statement.queries
    assert [(c.region_id, int(c.role)) for c in message.draft.citations] == [("r1", int(CitationRole.CONTEXT))]
    assert (message.engine.name, message.degraded) == ("rules", True)


def test_a_plan_survives_the_wire() -> None:
    related = Plan(Task.EXISTS, ENGINE, ASKED.targets, (Relation("t2", RelationKind.BEHIND, "t1"),))
    assert wire.plan_from(convert.planned_to(Planned(related)).plan) == related
