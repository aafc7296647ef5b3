"""Contract messages to fusion's values and back. What comes in is checked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from groundwire.v1 import answer_pb2, claim_pb2, image_pb2, llm_service_pb2, perception_service_pb2, region_pb2
from services.common.claims import Abstention, Check, Claim, ClaimDraft, Document, TargetEvidence
from services.common.errors import InvalidField, ModelOutput
from services.fusion.core.policy import Stakes
from services.fusion.ports import Upload
from services.runtime import statements, wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.v1 import geometry_pb2
    from services.common.geometry import Box
    from services.fusion.core.doubt import Escalation
    from services.fusion.core.relevance import Relevance
    from services.fusion.ports import Look, PastTurn

MAX_DOCUMENTS: Final = 8
MAX_REDACTIONS: Final = 64
MAX_DOCUMENT_CHARACTERS: Final = 20_000
MAX_TITLE_CHARACTERS: Final = 200

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Ids that callers give: of documents, of conversations."""


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


def image_from(message: image_pb2.ImageInput) -> Upload | str:
    """The encoded picture with the places to paint over, or the digest of one that is held.

    Raises:
        InvalidField: Neither is given, the digest is none, a place is none, or there are too many of them.
    """
    redact = _redact_from(message.redact)
    match message.WhichOneof("from"):
        case "content":
            return Upload(message.content, redact)
        case "digest" if redact:
            raise InvalidField(
                "image.redact",
                "an image that is held cannot be painted over",
                remedy="send the picture itself with the places",
            )
        case "digest":
            return wire.digest(message.digest, "image.digest")
        case _:
            raise InvalidField(
                "image", "no image was sent", remedy="send the picture, or the digest of one that is held"
            )


def _redact_from(boxes: Sequence[geometry_pb2.Box]) -> tuple[Box, ...]:
    if len(boxes) > MAX_REDACTIONS:
        raise InvalidField("image.redact", f"{len(boxes)} places", remedy=f"give at most {MAX_REDACTIONS}")
    return tuple(wire.box_from(box, f"image.redact[{index}]") for index, box in enumerate(boxes))


def conversation_from(text: str) -> str:
    """The conversation's id; empty for none.

    Raises:
        InvalidField: It can be no id.
    """
    if text and not _NAME.fullmatch(text):
        raise InvalidField(
            "conversation_id",
            "the conversation's id is none",
            remedy="give 1 to 64 characters of [A-Za-z0-9._-], or leave it empty",
        )
    return text


def documents_from(messages: Sequence[claim_pb2.Document]) -> tuple[Document, ...]:
    """The documents to cite from.

    Raises:
        InvalidField: They are too many, one is empty or too long, or an id is none or is there twice.
    """
    if len(messages) > MAX_DOCUMENTS:
        raise InvalidField("documents", f"{len(messages)} documents", remedy=f"give at most {MAX_DOCUMENTS}")
    ids = [message.id for message in messages]
    for message in messages:
        _check_document(message, ids)
    return tuple(Document(message.id, message.text, message.title) for message in messages)


def _check_document(message: claim_pb2.Document, ids: Sequence[str]) -> None:
    if not _NAME.fullmatch(message.id) or ids.count(message.id) > 1:
        raise InvalidField(
            "documents.id",
            "a document's id is none, or another document has it too",
            remedy="give each document an id of its own, 1 to 64 characters of [A-Za-z0-9._-]",
        )
    if not message.text.strip():
        raise InvalidField("documents.text", f"document {message.id} is empty", remedy="leave it out")
    for field, text, most in (
        ("documents.text", message.text, MAX_DOCUMENT_CHARACTERS),
        ("documents.title", message.title, MAX_TITLE_CHARACTERS),
    ):
        if len(text) > most:
            raise InvalidField(
                field, f"{field} of {message.id} has {len(text)} characters", remedy=f"give at most {most}"
            )


def store_from(number: int) -> int:
    """The store policy, as its number.

    Raises:
        InvalidField: There is none with that number.
    """
    if number not in answer_pb2.StorePolicy.values():
        raise InvalidField("store", f"store is {number}, which means nothing here", remedy="give ALL, NONE or nothing")
    return number


def look_to(look: Look) -> perception_service_pb2.PerceiveRequest:
    """The look as a request."""
    return perception_service_pb2.PerceiveRequest(
        image_digest=look.image_digest,
        capability=region_pb2.Capability.ValueType(look.capability),
        tier=region_pb2.Tier.ValueType(look.tier),
        phrases=look.phrases,
        area=None if look.area is None else wire.box_to(look.area),
    )


def document_to(document: Document) -> claim_pb2.Document:
    """The document as a message."""
    return claim_pb2.Document(id=document.id, title=document.title, text=document.text)


def turn_to(turn: PastTurn) -> llm_service_pb2.Turn:
    """The turn as llm needs it."""
    return llm_service_pb2.Turn(question=turn.question, plan=wire.plan_to(turn.plan))


def relevance_to(relevance: Relevance) -> answer_pb2.Relevance:
    """The map as a message."""
    return answer_pb2.Relevance(phrase=relevance.phrase, grid=wire.size_to(relevance.grid), values=relevance.values)


def timing_to(step: str, seconds: float) -> answer_pb2.StepTiming:
    """How long a step took."""
    timing = answer_pb2.StepTiming(step=step)
    timing.duration.FromNanoseconds(round(seconds * 1e9))
    return timing


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
        findings=[
            llm_service_pb2.Finding(
                region_id=finding.region_id,
                statement=statements.predicate_to(evidence.target_id, finding.statement),
                object_region_ids=finding.object_region_ids,
                strength=finding.strength,
            )
            for finding in evidence.findings
        ],
    )


def draft_from(message: claim_pb2.ClaimDraft) -> ClaimDraft:
    """A draft as composed.

    Raises:
        ModelOutput: It states nothing, or something that means nothing here.
    """
    try:
        statement = statements.statement_from(message.predicate)
        citations = tuple(statements.citation_from(citation) for citation in message.citations)
    except InvalidField as error:
        raise ModelOutput(f"a composed claim broke the contract: {error}", remedy="report this") from error
    return ClaimDraft(message.text, message.predicate.target_id, statement, citations)


def claim_to(claim: Claim) -> claim_pb2.Claim:
    """The claim as a message."""
    return claim_pb2.Claim(
        id=claim.id,
        text=claim.draft.text,
        predicate=statements.predicate_to(claim.draft.target_id, claim.draft.statement),
        citations=statements.citations_to(claim.draft),
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
        inconclusive_reason=claim_pb2.InconclusiveReason.ValueType(check.inconclusive_reason or 0),
    )


def abstention_to(abstention: Abstention) -> claim_pb2.Abstention:
    """The abstention as a message."""
    return claim_pb2.Abstention(
        reason=claim_pb2.AbstentionReason.ValueType(abstention.reason),
        target_id=abstention.target_id,
        detail=abstention.detail,
        capability=region_pb2.Capability.ValueType(abstention.capability or 0),
        near_region_ids=abstention.near_region_ids,
        searches=statements.searches_to(abstention.searches),
    )


def escalation_to(escalation: Escalation) -> answer_pb2.Escalation:
    """The escalation as a message."""
    return answer_pb2.Escalation(
        reason=answer_pb2.EscalationReason.ValueType(escalation.reason),
        target_id=escalation.target_id,
        detail=escalation.detail,
    )
