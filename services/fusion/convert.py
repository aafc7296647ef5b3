"""Contract messages to fusion's values and back. What comes in is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.v1 import answer_pb2, claim_pb2, image_pb2, llm_service_pb2, region_pb2
from services.common.claims import (
    Absent,
    Abstention,
    Check,
    Citation,
    CitationRole,
    Claim,
    ClaimDraft,
    Count,
    Exists,
    Field,
    Located,
    Reading,
    Statement,
    TargetEvidence,
)
from services.common.errors import InvalidField, ModelOutput
from services.common.plans import TextField
from services.fusion.core.policy import Stakes
from services.runtime import wire

if TYPE_CHECKING:
    from services.fusion.core.doubt import Escalation


def question_from(text: str, limit: int) -> str:
    """The question without surrounding space.

    Raises:
        InvalidField: It is empty, or longer than `limit` characters.
    """
    question = text.strip()
    if not question:
        raise InvalidField("question", "the question is empty", remedy="ask something")
    if len(question) > limit:
        raise InvalidField(
            "question", f"the question has {len(question)} characters", remedy=f"ask in at most {limit} characters"
        )
    return question


def stakes_from(number: int) -> Stakes:
    """The stakes; unspecified is standard."""
    return Stakes.STANDARD if number == 0 else wire.member(Stakes, number, "stakes")


def image_from(message: image_pb2.ImageInput) -> bytes | str:
    """The encoded picture, or the digest of one that is held.

    Raises:
        InvalidField: Neither is given, or the digest is none.
    """
    match message.WhichOneof("from"):
        case "content":
            return message.content
        case "digest":
            return wire.digest(message.digest, "image.digest")
        case _:
            raise InvalidField(
                "image", "no image was sent", remedy="send the picture, or the digest of one that is held"
            )


def evidence_to(evidence: TargetEvidence) -> llm_service_pb2.TargetEvidence:
    """The evidence as a message."""
    return llm_service_pb2.TargetEvidence(
        target_id=evidence.target_id,
        candidates=[
            llm_service_pb2.Candidate(
                region_id=c.region_id, fit=c.fit, value=c.value, context_region_ids=c.context_region_ids
            )
            for c in evidence.candidates
        ],
        distinct=evidence.distinct,
        searched=evidence.searched,
    )


def draft_from(message: claim_pb2.ClaimDraft) -> ClaimDraft:
    """A draft as composed.

    Raises:
        ModelOutput: It states nothing.
    """
    return ClaimDraft(
        text=message.text,
        target_id=message.predicate.target_id,
        statement=_statement_from(message.predicate),
        citations=tuple(
            Citation(c.region_id, wire.member(CitationRole, c.role, "citations.role")) for c in message.citations
        ),
    )


def _statement_from(message: claim_pb2.Predicate) -> Statement:
    match message.WhichOneof("kind"):
        case "exists":
            return Exists(message.exists.label)
        case "absent":
            return Absent(message.absent.label, tuple(message.absent.queries))
        case "located":
            return Located(message.located.label)
        case "count":
            return Count(message.count.label, message.count.value)
        case "reading":
            return Reading(message.reading.text)
        case "field":
            field = wire.member(TextField, message.field.field, "predicate.field.field")
            return Field(field, message.field.key, message.field.value)
        case _:
            raise ModelOutput("a composed claim states nothing", remedy="report this: llm broke its contract")


def claim_to(claim: Claim) -> claim_pb2.Claim:
    """The claim as a message."""
    return claim_pb2.Claim(
        id=claim.id,
        text=claim.draft.text,
        predicate=wire.predicate_to(claim.draft),
        citations=wire.citations_to(claim.draft),
        checks=[_check_to(check) for check in claim.checks],
        verdict=claim_pb2.Verdict.ValueType(claim.verdict),
        evidence_score=claim.evidence_score,
        confidence=claim.confidence,
        span_id=claim.span_id,
    )


def _check_to(check: Check) -> claim_pb2.Check:
    return claim_pb2.Check(
        kind=claim_pb2.CheckKind.ValueType(check.kind),
        outcome=claim_pb2.CheckOutcome.ValueType(check.outcome),
        detail=check.detail,
        figures=dict(check.figures),
        source=None if check.source is None else wire.source_to(check.source),
    )


def abstention_to(abstention: Abstention) -> claim_pb2.Abstention:
    """The abstention as a message."""
    return claim_pb2.Abstention(
        reason=claim_pb2.AbstentionReason.ValueType(abstention.reason),
        target_id=abstention.target_id,
        detail=abstention.detail,
        capability=region_pb2.Capability.ValueType(abstention.capability or 0),
        near_region_ids=abstention.near_region_ids,
    )


def escalation_to(escalation: Escalation) -> answer_pb2.Escalation:
    """The escalation as a message."""
    return answer_pb2.Escalation(
        reason=answer_pb2.EscalationReason.ValueType(escalation.reason),
        target_id=escalation.target_id,
        detail=escalation.detail,
    )
