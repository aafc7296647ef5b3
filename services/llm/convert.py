"""Contract messages to llm's values and back. What comes in is checked."""

from __future__ import annotations

import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from groundwire.v1 import claim_pb2
from groundwire.v1 import llm_service_pb2 as pb
from services.common.claims import Attribute, Candidate, Compared, Document, Related, State, TargetEvidence
from services.common.errors import InvalidField
from services.llm.core.conversation import Conversation, Turn
from services.llm.core.evidence import Material
from services.runtime import statements, wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from services.common.claims import ClaimDraft, Finding
    from services.common.geometry import Box
    from services.common.plans import Plan
    from services.common.regions import Region
    from services.llm.ports import Composed, Judgement, Planned

MAX_CHARACTERS: Final = 2_000
"""Longest question or statement, characters."""
MAX_REGIONS: Final = 2_000
"""Most regions that claims are written from."""
MAX_BOXES: Final = 8
"""Most boxes that a judge looks at."""
MAX_TURNS: Final = 8
"""Most turns of a conversation."""
MAX_DOCUMENTS: Final = 8
"""Most documents that claims cite."""
MAX_DOCUMENT_CHARACTERS: Final = 20_000
MAX_TITLE_CHARACTERS: Final = 200
MAX_FINDINGS: Final = 200
"""Most findings of one target."""

_DOCUMENT_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DERIVED: Final = (Attribute, State, Related, Compared)
"""What a finding states."""


def question_from(text: str) -> str:
    """The question without surrounding space.

    Raises:
        InvalidField: It is empty, or too long.
    """
    return _sentence(text, "question", "ask something in words")


def _sentence(text: str, field: str, remedy: str) -> str:
    sentence = text.strip()
    if not sentence:
        raise InvalidField(field, f"{field} is empty", remedy=remedy)
    if len(sentence) > MAX_CHARACTERS:
        raise InvalidField(
            field, f"{field} has {len(sentence)} characters", remedy=f"at most {MAX_CHARACTERS} characters are read"
        )
    return sentence


def conversation_from(turns: Sequence[pb.Turn]) -> Conversation:
    """The turns before a question.

    Raises:
        InvalidField: There are too many, or one breaks the contract.
    """
    if len(turns) > MAX_TURNS:
        raise InvalidField(
            "conversation", f"{len(turns)} turns were sent", remedy=f"send at most {MAX_TURNS}, the latest ones"
        )
    return tuple(
        Turn(
            _sentence(turn.question, "conversation.question", "send the question as it was asked"),
            _checked(wire.plan_from(turn.plan)),
        )
        for turn in turns
    )


def material_from(request: pb.ComposeRequest) -> Material:
    """What claims are to be written from.

    Raises:
        InvalidField: The question, the plan, a region or a piece of evidence breaks the contract, or one of them
            refers to something that is not there.
    """
    question = question_from(request.question)
    plan = _checked(wire.plan_from(request.plan))
    if len(request.regions) > MAX_REGIONS:
        raise InvalidField(
            "regions", f"{len(request.regions)} regions were sent", remedy=f"send at most {MAX_REGIONS}, the best ones"
        )
    regions = _by_id(wire.region_from(region) for region in request.regions)
    targets = frozenset(target.id for target in plan.targets) or frozenset({""})
    evidence: dict[str, TargetEvidence] = {}
    for message in request.evidence:
        if message.target_id in evidence:
            raise InvalidField("evidence.target_id", f'target "{message.target_id}" has evidence twice')
        evidence[message.target_id] = _evidence_from(message, targets, regions)
    return Material(question, plan, regions, MappingProxyType(evidence), _documents_from(request.documents))


def _checked(plan: Plan) -> Plan:
    ids = [target.id for target in plan.targets]
    if "" in ids or len(set(ids)) < len(ids):
        raise InvalidField("plan.targets", "two targets have one id, or one has none", remedy='number them "t1", "t2"')
    for relation in plan.relations:
        for end in filter(None, (relation.subject_id, relation.object_id, relation.second_object_id)):
            if end not in ids:
                raise InvalidField(
                    "plan.relations", f'a relation refers to target "{end}"', remedy="refer to the plan's targets"
                )
    return plan


def _by_id(regions: Iterable[Region]) -> Mapping[str, Region]:
    by_id: dict[str, Region] = {}
    for region in regions:
        if not region.id or region.id in by_id:
            raise InvalidField(
                "regions", f'region id "{region.id}" is empty or there twice', remedy="give each region its own id"
            )
        by_id[region.id] = region
    return MappingProxyType(by_id)


def _evidence_from(
    message: pb.TargetEvidence, targets: frozenset[str], regions: Mapping[str, Region]
) -> TargetEvidence:
    if message.target_id not in targets:
        raise InvalidField(
            "evidence.target_id",
            f'there is evidence for target "{message.target_id}", which the plan has not',
            remedy="give evidence for the plan's targets; empty stands for the whole picture of a plan without any",
        )
    if message.distinct < 0:
        raise InvalidField("evidence.distinct", f"{message.distinct} distinct things", remedy="give 0 or more")
    if len(message.findings) > MAX_FINDINGS:
        raise InvalidField(
            "evidence.findings",
            f"{len(message.findings)} findings of one target were sent",
            remedy=f"send at most {MAX_FINDINGS}, the strongest ones",
        )
    candidates = tuple(_candidate_from(candidate, regions) for candidate in message.candidates)
    findings = tuple(_finding_from(finding, message.target_id, targets, regions) for finding in message.findings)
    return TargetEvidence(message.target_id, candidates, message.distinct, message.searched, findings)


def _candidate_from(message: pb.Candidate, regions: Mapping[str, Region]) -> Candidate:
    for region_id in (message.region_id, *message.context_region_ids):
        if region_id not in regions:
            raise InvalidField(
                "evidence.candidates",
                f'a candidate refers to region "{region_id}", which was not sent',
                remedy="send every region that the evidence refers to",
            )
    if not (math.isfinite(message.fit) and 0 <= message.fit <= 1):
        raise InvalidField("evidence.candidates.fit", f"a candidate has fit {message.fit}", remedy="give 0 to 1")
    return Candidate(message.region_id, message.fit, message.value, tuple(message.context_region_ids))


def _finding_from(
    message: pb.Finding, target_id: str, targets: frozenset[str], regions: Mapping[str, Region]
) -> Finding:
    for region_id in (message.region_id, *message.object_region_ids):
        if region_id not in regions:
            raise InvalidField(
                "evidence.findings",
                f'a finding refers to region "{region_id}", which was not sent',
                remedy="send every region that the evidence refers to",
            )
    if not (math.isfinite(message.strength) and 0 <= message.strength <= 1):
        raise InvalidField(
            "evidence.findings.strength", f"a finding has strength {message.strength}", remedy="give 0 to 1"
        )
    if message.statement.target_id not in ("", target_id):
        raise InvalidField(
            "evidence.findings.statement",
            f'a finding of target "{target_id}" states something of "{message.statement.target_id}"',
            remedy="put a finding into the evidence of its own target",
        )
    finding = statements.finding_from(message.region_id, message.statement, message.strength, message.object_region_ids)
    _check_derived(finding, targets)
    return finding


def _check_derived(finding: Finding, targets: frozenset[str]) -> None:
    """Do nothing if the finding states what is derived, and of targets of the plan."""
    statement = finding.statement
    if not isinstance(statement, _DERIVED):
        raise InvalidField(
            "evidence.findings.statement",
            f"a finding states {type(statement).__name__.lower()}",
            remedy="state an attribute, a state, a relation or a comparison",
        )
    others: tuple[str, ...] = ()
    if isinstance(statement, Related):
        others = (statement.object_id, statement.second_object_id)
    elif isinstance(statement, Compared):
        others = (statement.other_id,)
    for other in filter(None, others):
        if other not in targets:
            raise InvalidField(
                "evidence.findings.statement",
                f'a finding refers to target "{other}"',
                remedy="refer to the plan's targets",
            )


def _documents_from(messages: Sequence[claim_pb2.Document]) -> Mapping[str, Document]:
    if len(messages) > MAX_DOCUMENTS:
        raise InvalidField("documents", f"{len(messages)} documents were sent", remedy=f"send at most {MAX_DOCUMENTS}")
    documents: dict[str, Document] = {}
    for message in messages:
        if not _DOCUMENT_ID.fullmatch(message.id) or message.id in documents:
            raise InvalidField(
                "documents.id",
                "a document's id is none, or there twice",
                remedy="give each its own of 1 to 64 characters of [A-Za-z0-9._-]",
            )
        _check_length("documents.title", message.title, MAX_TITLE_CHARACTERS)
        _check_length("documents.text", message.text, MAX_DOCUMENT_CHARACTERS)
        documents[message.id] = Document(message.id, message.text, message.title)
    return MappingProxyType(documents)


def _check_length(field: str, text: str, most: int) -> None:
    if len(text) > most:
        raise InvalidField(field, f"{field} has {len(text)} characters", remedy=f"send at most {most}")


def statement_from(request: pb.JudgeRequest) -> tuple[str, str, tuple[Box, ...]]:
    """Statement, image digest and boxes.

    Raises:
        InvalidField: One of them breaks the contract.
    """
    statement = _sentence(request.statement, "statement", "state something in words")
    digest = wire.digest(request.image_digest, "image_digest")
    if not 1 <= len(request.boxes) <= MAX_BOXES:
        raise InvalidField("boxes", f"{len(request.boxes)} boxes were sent", remedy=f"send 1 to {MAX_BOXES}")
    return statement, digest, tuple(wire.box_from(box, "boxes") for box in request.boxes)


def planned_to(planned: Planned) -> pb.PlanResponse:
    """The plan as a message."""
    return pb.PlanResponse(plan=wire.plan_to(planned.plan), degraded=planned.degraded)


def composed_to(composed: Composed) -> pb.ComposeResponse:
    """The claim as a message."""
    return pb.ComposeResponse(
        draft=_draft_to(composed.draft), engine=wire.engine_to(composed.engine), degraded=composed.degraded
    )


def judgement_to(judgement: Judgement) -> pb.JudgeResponse:
    """The judgement as a message."""
    return pb.JudgeResponse(probability=judgement.probability, engine=wire.engine_to(judgement.engine))


def _draft_to(draft: ClaimDraft) -> claim_pb2.ClaimDraft:
    return claim_pb2.ClaimDraft(
        text=draft.text,
        predicate=statements.predicate_to(draft.target_id, draft.statement),
        citations=statements.citations_to(draft),
    )
