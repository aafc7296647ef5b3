"""Filters and reviews: contract messages to core values and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from groundwire.v1 import provenance_service_pb2
from services.common.claims import Verdict
from services.common.errors import InvalidField
from services.provenance import convert
from services.provenance.core.filters import AnswerFilter
from services.provenance.core.records import Review
from services.provenance.core.reviews import Judgement, ReviewState
from services.runtime import wire

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration
    from google.protobuf.timestamp_pb2 import Timestamp

    from services.provenance.core.records import KeptReview, Receipt

T = TypeVar("T")


def filter_from(message: provenance_service_pb2.AnswerFilter, tenant: str) -> AnswerFilter:
    """A filter of a tenant's answers.

    Raises:
        InvalidField: A field of it is nothing that an answer could agree with.
    """
    if message.image_digest:
        wire.digest(message.image_digest, "filter.image_digest")
    state = message.review_state
    return AnswerFilter(
        tenant=tenant,
        since=_time(message.since, "filter.since") if message.HasField("since") else None,
        until=_time(message.until, "filter.until") if message.HasField("until") else None,
        verdicts=tuple(
            wire.member(Verdict, verdict, f"filter.verdicts[{i}]") for i, verdict in enumerate(message.verdicts)
        ),
        model=_sought(message.model, "filter.model"),
        degradations=tuple(message.degradations),
        review_state=wire.member(ReviewState, state, "filter.review_state") if state else None,
        min_latency=_duration(message.min_latency, "filter.min_latency") if message.HasField("min_latency") else None,
        max_latency=_duration(message.max_latency, "filter.max_latency") if message.HasField("max_latency") else None,
        image_digest=message.image_digest,
        label=_sought(message.label, "filter.label"),
        text=_sought(message.text, "filter.text"),
    )


def review_from(request: provenance_service_pb2.ReviewRequest) -> Review:
    """A review as it came.

    Raises:
        InvalidField: A field is missing, or too long.
    """
    return Review(
        answer_id=convert.uuid_from(request.answer_id, "answer_id"),
        claim_id=convert.claim_id_from(request.claim_id),
        judgement=wire.member(Judgement, request.judgement, "judgement"),
        note=_short(request.note, "note", convert.MAX_NOTE_CHARACTERS),
        reviewer=_short(request.reviewer, "reviewer", convert.MAX_REVIEWER_CHARACTERS),
    )


def reviewed_to(receipt: Receipt, state: ReviewState) -> provenance_service_pb2.ReviewResponse:
    """What a review came to, as a message."""
    return provenance_service_pb2.ReviewResponse(
        receipt=convert.receipt_to(receipt), review_state=provenance_service_pb2.ReviewState.ValueType(state)
    )


def review_to(kept: KeptReview, note: str, reviewer: str) -> provenance_service_pb2.ClaimReview:
    """A review in the log as a message."""
    message = provenance_service_pb2.ClaimReview(
        claim_id=kept.claim_id,
        judgement=provenance_service_pb2.Judgement.ValueType(kept.judgement),
        note=note,
        reviewer=reviewer,
        record=convert.receipt_to(kept.receipt),
    )
    message.create_time.FromDatetime(kept.time)
    return message


def _sought(text: str, field: str) -> str:
    return _short(text, field, convert.MAX_SOUGHT_CHARACTERS)


def _short(text: str, field: str, limit: int) -> str:
    if len(text) > limit:
        raise InvalidField(field, f"{field} has {len(text)} characters", remedy=f"at most {limit}")
    return text


def _time(message: Timestamp, field: str) -> datetime:
    try:
        return message.ToDatetime(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidField(field, f"{field} is no time", remedy="a time between the years 1 and 9999") from error


def _duration(message: Duration, field: str) -> timedelta:
    try:
        duration = message.ToTimedelta()
    except (ValueError, OverflowError):
        duration = timedelta(-1)
    if not timedelta() <= duration <= timedelta(days=365):
        raise InvalidField(field, f"{field} is no time that an answer takes", remedy="0 s to a year")
    return duration
