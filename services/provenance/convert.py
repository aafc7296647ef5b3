"""Contract messages to core values and back.

An answer is opened once, to see that it is whole and to read off what it is found by. What is kept is the bytes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from google.protobuf.message import DecodeError

from groundwire.v1 import answer_pb2, claim_pb2, provenance_service_pb2
from services.common.claims import AbstentionReason, CitationRole, Verdict
from services.common.errors import InvalidField
from services.provenance.core.explanation import Chain, Outline, Rest
from services.provenance.core.records import Answer, Finding
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.protobuf.timestamp_pb2 import Timestamp

    from groundwire.proofs.records import Opening
    from services.provenance.core.records import Entry, Erased, ListedAnswer, Receipt
    from services.provenance.core.traces import Link, Span
    from services.provenance.proving import Included

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""Largest serialized answer that is kept."""

MAX_REASON_CHARACTERS: Final = 200
"""Longest reason of an erasure."""

_TRACE_ID: Final = re.compile(r"(?!0{32})[0-9a-f]{32}")


def answer_from(content: bytes) -> Answer:
    """A serialized answer, to be kept.

    Raises:
        InvalidField: The bytes are no answer, or one that is not whole; the field is named.
    """
    if len(content) > MAX_ANSWER_BYTES:
        raise InvalidField(
            "answer", f"answer has {len(content)} bytes", remedy=f"at most {MAX_ANSWER_BYTES}: record fewer regions"
        )
    try:
        answer = answer_pb2.Answer.FromString(content)
    except DecodeError as error:
        raise InvalidField(
            "answer", "answer is no serialized groundwire.v1.Answer", remedy="send what SerializeToString gave"
        ) from error
    return _answer_from(content, answer)


def _answer_from(content: bytes, answer: answer_pb2.Answer) -> Answer:
    if answer.HasField("record"):
        raise InvalidField(
            "answer.record", "answer.record is set", remedy="leave it out: the receipt comes with the reply"
        )
    answer_id = uuid_from(answer.id, "answer.id")
    wire.digest(answer.image.digest, "answer.image.digest")
    _check_references(answer)
    finding = Finding(
        answer_id=answer_id,
        create_time=_time_from(answer.create_time, "answer.create_time"),
        verdicts=tuple(
            wire.member(Verdict, claim.verdict, f"answer.claims[{i}].verdict") for i, claim in enumerate(answer.claims)
        ),
        abstention_count=len(answer.abstentions),
        trace_id=trace_id_from(answer.trace_id, "answer.trace_id"),
    )
    return Answer(content, finding, _required(answer.question, "answer.question"), answer.image.digest)


def _check_references(answer: answer_pb2.Answer) -> None:
    """Every id is given once, and every id that is pointed to exists."""
    region_ids = _distinct((region.id for region in answer.regions), "answer.regions")
    target_ids = _distinct((target.id for target in answer.plan.targets), "answer.plan.targets") | {""}
    _distinct((claim.id for claim in answer.claims), "answer.claims")
    for i, region in enumerate(answer.regions):
        wire.box_from(region.box, f"answer.regions[{i}].box")
        if region.image_digest != answer.image.digest:
            name = f"answer.regions[{i}].image_digest"
            raise InvalidField(name, f"{name} is not the answer's image", remedy="an answer is about one image")
    for i, claim in enumerate(answer.claims):
        _check_claim(claim, f"answer.claims[{i}]", region_ids, target_ids)
    for i, abstention in enumerate(answer.abstentions):
        name = f"answer.abstentions[{i}]"
        wire.member(AbstentionReason, abstention.reason, f"{name}.reason")
        _check_known(abstention.target_id, f"{name}.target_id", target_ids)
        for region_id in abstention.near_region_ids:
            _check_known(region_id, f"{name}.near_region_ids", region_ids)
    for i, escalation in enumerate(answer.escalations):
        _check_known(escalation.target_id, f"answer.escalations[{i}].target_id", target_ids)


def _check_claim(claim: claim_pb2.Claim, name: str, region_ids: set[str], target_ids: set[str]) -> None:
    _required(claim.text, f"{name}.text")
    kind = claim.predicate.WhichOneof("kind")
    _required(kind or "", f"{name}.predicate")
    _check_known(claim.predicate.target_id, f"{name}.predicate.target_id", target_ids)
    if not claim.citations and kind != "absent":
        raise InvalidField(
            f"{name}.citations", f"{name} cites no region", remedy="a claim without evidence is an abstention"
        )
    for i, citation in enumerate(claim.citations):
        _check_known(citation.region_id, f"{name}.citations[{i}].region_id", region_ids)
        wire.member(CitationRole, citation.role, f"{name}.citations[{i}].role")


def _distinct(ids: Iterable[str], field: str) -> set[str]:
    seen: set[str] = set()
    for i, value in enumerate(ids):
        if _required(value, f"{field}[{i}].id") in seen:
            raise InvalidField(f"{field}[{i}].id", f"{field} has two with the id {value!r}", remedy="number them apart")
        seen.add(value)
    return seen


def _check_known(value: str, field: str, known: set[str]) -> None:
    if value not in known:
        raise InvalidField(
            field, f"{field} is {value!r}, which the answer does not have", remedy="name one that it has"
        )


def _required(text: str, field: str) -> str:
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
        InvalidField: It is empty.
    """
    return _required(text, "claim_id")


def _time_from(message: Timestamp, field: str) -> datetime:
    try:
        time = message.ToDatetime(UTC)
    except (ValueError, OverflowError):
        time = None
    if time is None or time <= datetime(1970, 1, 1, tzinfo=UTC):
        raise InvalidField(
            field, f"{field} is missing, or no time after 1970", remedy="set it to when the call was admitted"
        )
    return time


def receipt_to(receipt: Receipt) -> answer_pb2.RecordReceipt:
    """The receipt as a message."""
    return answer_pb2.RecordReceipt(index=receipt.index, digest=receipt.digest)


def answer_to(receipt: Receipt, content: bytes) -> answer_pb2.Answer:
    """The answer as recorded, with its receipt."""
    answer = answer_pb2.Answer.FromString(content)
    answer.record.CopyFrom(receipt_to(receipt))
    return answer


def summary_to(listed: ListedAnswer, question: str, image_digest: str) -> provenance_service_pb2.AnswerSummary:
    """One line of a list as a message."""
    finding = listed.finding
    message = provenance_service_pb2.AnswerSummary(
        id=str(finding.answer_id),
        question=question,
        image_digest=image_digest,
        verdicts=[claim_pb2.Verdict.ValueType(verdict) for verdict in finding.verdicts],
        abstention_count=finding.abstention_count,
        trace_id=finding.trace_id,
        record=receipt_to(listed.receipt),
    )
    message.create_time.FromDatetime(finding.create_time)
    return message


def outline_from(answer: answer_pb2.Answer) -> Outline:
    """The bones of a recorded answer."""
    return Outline(
        places={region.id: wire.box_from(region.box, "region.box") for region in answer.regions},
        claims={
            claim.id: Rest(claim.predicate.target_id, tuple(citation.region_id for citation in claim.citations))
            for claim in answer.claims
        },
        escalated=tuple(escalation.target_id for escalation in answer.escalations),
    )


def explanation_to(
    answer: answer_pb2.Answer, claim_id: str, chain: Chain
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
    included: Included, opening: Opening | None, erasure: Included | None, public_key: str
) -> provenance_service_pb2.GetInclusionProofResponse:
    """A record, its place in the signed log, and its content or the record of its erasure, as a message."""
    message = provenance_service_pb2.GetInclusionProofResponse(
        index=included.entry.receipt.index,
        record=included.entry.record,
        checkpoint=included.note,
        hashes=included.hashes,
        public_key=public_key,
        opening=opening_to(opening),
    )
    if erasure is not None:
        message.erasure.index = erasure.entry.receipt.index
        message.erasure.record = erasure.entry.record
        message.erasure.hashes.extend(erasure.hashes)
    return message


def opening_to(opening: Opening | None) -> provenance_service_pb2.Opening | None:
    """What shows the content of a record, as a message."""
    return None if opening is None else provenance_service_pb2.Opening(salt=opening.salt, content=opening.content)


def entry_to(entry: Entry, opening: Opening | None) -> provenance_service_pb2.ReadRecordsResponse:
    """A record of the log as a message."""
    return provenance_service_pb2.ReadRecordsResponse(
        receipt=receipt_to(entry.receipt), kind=entry.kind, record=entry.record, opening=opening_to(opening)
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
