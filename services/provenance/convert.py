"""Contract messages to core values and back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from uuid import UUID

from groundwire.v1 import answer_pb2, claim_pb2, provenance_service_pb2
from services.common.errors import InvalidField
from services.provenance.core.explanation import Chain, Outline, Rest
from services.provenance.core.policies import Store
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from groundwire.proofs.records import Opening
    from services.provenance.core.records import Entry, Erased, ListedAnswer, Receipt, Summary
    from services.provenance.core.traces import Link, Span
    from services.provenance.proving import Included
    from services.provenance.vault import Shown

MAX_REASON_CHARACTERS: Final = 200
"""Longest reason of an erasure."""

MAX_CLAIM_ID_CHARACTERS: Final = 200
"""Longest id of a claim that is looked for."""
MAX_NOTE_CHARACTERS: Final = 2000
"""Longest note of a review."""
MAX_REVIEWER_CHARACTERS: Final = 200
"""Longest name of a reviewer."""
MAX_SOUGHT_CHARACTERS: Final = 200
"""Longest label, text or model that is looked for."""

_TRACE_ID: Final = re.compile(r"(?!0{32})[0-9a-f]{32}")


def required(text: str, field: str) -> str:
    """`text`, if there is any.

    Raises:
        InvalidField: There is none.
    """
    if not text:
        raise InvalidField(field, f"{field} is missing", remedy="set it")
    return text


def uuid_from(text: str, field: str) -> UUID:
    """`text` as a UUID, if it is spelt as the contract spells it.

    Raises:
        InvalidField: It is not.
    """
    try:
        value = UUID(text)
    except ValueError:
        value = None
    if value is None or str(value) != text:
        raise InvalidField(
            field,
            f"{field} is no UUID",
            remedy="lower-case hexadecimal with hyphens: 0192d3a4-0000-7000-8000-000000000000",
        )
    return value


def trace_id_from(text: str, field: str) -> str:
    """`text`, if it is a W3C trace id.

    Raises:
        InvalidField: It is not.
    """
    if not _TRACE_ID.fullmatch(text):
        raise InvalidField(
            field, f"{field} is no W3C trace id", remedy="give 32 lower-case hexadecimal digits, not all 0"
        )
    return text


def claim_id_from(text: str) -> str:
    """A claim's id as asked for.

    Raises:
        InvalidField: It is empty, or none that an answer of ours could have.
    """
    if len(text) > MAX_CLAIM_ID_CHARACTERS or "\x00" in text:
        raise InvalidField("claim_id", "claim_id is none that an answer has", remedy="such as c1")
    return required(text, "claim_id")


def receipt_to(receipt: Receipt) -> answer_pb2.RecordReceipt:
    """The receipt as a message."""
    return answer_pb2.RecordReceipt(index=receipt.index, digest=receipt.digest)


def store_from(store: answer_pb2.StorePolicy.ValueType) -> Store | None:
    """How much is asked to be kept; None where that is left to the policy.

    Raises:
        InvalidField: It is no value of the contract.
    """
    known = {
        answer_pb2.STORE_POLICY_UNSPECIFIED: None,
        answer_pb2.STORE_POLICY_ALL: Store.ALL,
        answer_pb2.STORE_POLICY_NONE: Store.NONE,
    }
    if store not in known:
        remedy = "STORE_POLICY_ALL or STORE_POLICY_NONE, or leave it out"
        raise InvalidField("store", f"store is {store}", remedy=remedy)
    return known[store]


def answer_to(receipt: Receipt, content: bytes) -> answer_pb2.Answer:
    """The answer as recorded, with its receipt."""
    answer = answer_pb2.Answer.FromString(content)
    answer.record.CopyFrom(receipt_to(receipt))
    return answer


def summary_to(listed: ListedAnswer, summary: Summary) -> provenance_service_pb2.AnswerSummary:
    """One line of a list as a message."""
    finding = listed.finding
    message = provenance_service_pb2.AnswerSummary(
        id=str(finding.answer_id),
        question=summary.question,
        image_digest=summary.image_digest,
        verdicts=[claim_pb2.Verdict.ValueType(verdict) for verdict in finding.verdicts],
        abstention_count=finding.abstention_count,
        trace_id=finding.trace_id,
        record=receipt_to(listed.receipt),
        review_state=provenance_service_pb2.ReviewState.ValueType(listed.review_state),
        degradations=[answer_pb2.Degradation.ValueType(degradation) for degradation in finding.degradations],
        models=finding.models,
        commitments_only=listed.box is None,
    )
    message.create_time.FromDatetime(finding.create_time)
    message.latency.FromTimedelta(finding.latency)
    return message


def outline_from(answer: answer_pb2.Answer) -> Outline:
    """The bones of a recorded answer."""
    return Outline(
        places={region.id: wire.box_from(region.box, "region.box") for region in answer.regions},
        claims={
            claim.id: Rest(claim.predicate.target_id, tuple(c.region_id for c in claim.citations if c.region_id))
            for claim in answer.claims
        },
        escalated=tuple(escalation.target_id for escalation in answer.escalations),
    )


def explanation_to(
    answer: answer_pb2.Answer, claim_id: str, chain: Chain, reviews: Iterable[provenance_service_pb2.ClaimReview] = ()
) -> provenance_service_pb2.ExplainClaimResponse:
    """The chain of a claim, filled with the parts of its answer."""
    regions = {region.id: region for region in answer.regions}
    targets = {target.id: target for target in answer.plan.targets}
    claims = {claim.id: claim for claim in answer.claims}
    return provenance_service_pb2.ExplainClaimResponse(
        question=answer.question,
        image=answer.image,
        plan=answer.plan,
        target=targets.get(chain.target_id),
        cited_regions=[regions[region_id] for region_id in chain.cited_ids],
        rival_regions=[regions[region_id] for region_id in chain.rival_ids],
        escalations=[answer.escalations[i] for i in chain.escalations],
        composer=answer.composer,
        claim=claims[claim_id],
        trace_id=answer.trace_id,
        record=answer.record,
        reviews=[review for review in reviews if review.claim_id == claim_id],
    )


def record_name_from(request: provenance_service_pb2.GetInclusionProofRequest) -> UUID | int:
    """The record that is asked for, by the id of its answer or by its index.

    Raises:
        InvalidField: It is named in neither way, or badly.
    """
    match request.WhichOneof("record"):
        case "answer_id":
            return uuid_from(request.answer_id, "answer_id")
        case "index" if request.index >= 0:
            return request.index
        case "index":
            raise InvalidField("index", f"index is {request.index}", remedy="indexes count from 0")
        case _:
            raise InvalidField("record", "no record is named", remedy="give answer_id or index")


def inclusion_to(
    included: Included, shown: Shown, erasure: Included | None, public_key: str
) -> provenance_service_pb2.GetInclusionProofResponse:
    """A record, its place in the signed log, and its content or the record of its erasure, as a message."""
    message = provenance_service_pb2.GetInclusionProofResponse(
        index=included.entry.receipt.index,
        record=included.entry.record,
        checkpoint=included.note,
        hashes=included.hashes,
        public_key=public_key,
        opening=opening_to(shown.opening),
        withheld=shown.withheld,
    )
    if erasure is not None:
        message.erasure.index = erasure.entry.receipt.index
        message.erasure.record = erasure.entry.record
        message.erasure.hashes.extend(erasure.hashes)
    return message


def opening_to(opening: Opening | None) -> provenance_service_pb2.Opening | None:
    """What shows the content of a record, as a message."""
    return None if opening is None else provenance_service_pb2.Opening(salt=opening.salt, content=opening.content)


def entry_to(entry: Entry, shown: Shown) -> provenance_service_pb2.ReadRecordsResponse:
    """A record of the log as a message."""
    return provenance_service_pb2.ReadRecordsResponse(
        receipt=receipt_to(entry.receipt),
        kind=entry.kind,
        record=entry.record,
        opening=opening_to(shown.opening),
        withheld=shown.withheld,
        nodes=entry.nodes,
    )


def subject_from(request: provenance_service_pb2.EraseRequest) -> tuple[UUID | None, str]:
    """What is to be erased: an answer, or all about the image of that digest.

    Raises:
        InvalidField: Neither is named, or badly.
    """
    match request.WhichOneof("subject"):
        case "answer_id":
            return uuid_from(request.answer_id, "answer_id"), ""
        case "image_digest":
            wire.digest(request.image_digest, "image_digest")
            return None, request.image_digest
        case _:
            raise InvalidField("subject", "nothing is named to erase", remedy="give answer_id or image_digest")


def reason_from(text: str) -> str:
    """Why something is erased.

    Raises:
        InvalidField: It is too long for a record that stays for good.
    """
    if len(text) > MAX_REASON_CHARACTERS:
        raise InvalidField(
            "reason",
            f"reason has {len(text)} characters",
            remedy=f"at most {MAX_REASON_CHARACTERS}, and nothing personal: the record of an erasure stays",
        )
    return text


def erased_to(erased: Erased) -> provenance_service_pb2.EraseResponse:
    """What an erasure came to, as a message."""
    return provenance_service_pb2.EraseResponse(
        receipt=receipt_to(erased.receipt), answer_ids=[str(answer_id) for answer_id in erased.answer_ids]
    )


def trace_to(spans: Sequence[Span]) -> provenance_service_pb2.GetTraceResponse:
    """The spans of a trace as a message."""
    return provenance_service_pb2.GetTraceResponse(spans=[_span_to(span) for span in spans])


def _span_to(span: Span) -> provenance_service_pb2.Span:
    message = provenance_service_pb2.Span(
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        name=span.name,
        service=span.service,
        attributes=dict(span.attributes),
        links=[_link_to(link) for link in span.links],
        error=span.error,
    )
    message.start_time.FromNanoseconds(span.start_ns)
    message.duration.FromNanoseconds(span.duration_ns)
    return message


def _link_to(link: Link) -> provenance_service_pb2.SpanLink:
    return provenance_service_pb2.SpanLink(
        span_id=link.span_id, trace_id=link.trace_id, attributes=dict(link.attributes)
    )
