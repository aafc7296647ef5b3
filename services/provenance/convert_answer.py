"""An answer on its way in: bytes to core values.

An answer is opened once, to see that it is whole and to read off what it is found by. What is kept is the bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError

from groundwire.v1 import answer_pb2, claim_pb2
from services.common.claims import AbstentionReason, CitationRole, Verdict
from services.common.errors import InvalidField
from services.provenance.convert import required, trace_id_from, uuid_from
from services.provenance.core.records import DEFAULT_TENANT, Answer, Finding, Summary
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.timestamp_pb2 import Timestamp

MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
"""Largest serialized answer that is kept."""

_YEAR_NS: Final = 365 * 86400 * 10**9


def answer_from(content: bytes, tenant: str = DEFAULT_TENANT) -> Answer:
    """A serialized answer of a tenant, to be kept.

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
    return _answer_from(content, answer, tenant)


def _answer_from(content: bytes, answer: answer_pb2.Answer, tenant: str) -> Answer:
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
        tenant=tenant,
        models=models_of(answer),
        degradations=tuple(sorted(set(answer.degradations))),
        latency=_latency_of(answer),
    )
    required(answer.question, "answer.question")
    return Answer(content, finding, summary_of(answer), tuple(claim.id for claim in answer.claims))


def models_of(answer: answer_pb2.Answer) -> tuple[str, ...]:
    """The models that had a part in an answer, as "name@version" or "name", sorted."""
    checks = [check.source for claim in answer.claims for check in claim.checks]
    seen = {(source.model, source.version) for source in [*(region.source for region in answer.regions), *checks]}
    engines = {(engine.name, engine.version) for engine in (answer.plan.engine, answer.composer)}
    full = {f"{name}@{version}" if version else name for name, version in seen | engines if name}
    # PostgreSQL's text cannot hold U+0000.
    return tuple(sorted(name.replace("\x00", "\ufffd") for name in full))


def summary_of(answer: answer_pb2.Answer) -> Summary:
    """What an answer is listed and searched by that is personal."""
    labels = dict.fromkeys(region.label for region in answer.regions if region.label)
    said = [*(claim.text for claim in answer.claims), *(region.text for region in answer.regions)]
    return Summary(answer.question, answer.image.digest, tuple(labels), tuple(dict.fromkeys(filter(None, said))))


def _latency_of(answer: answer_pb2.Answer) -> timedelta:
    """How long all its steps took; no answer takes a year."""
    spent_ns = sum(timing.duration.seconds * 10**9 + timing.duration.nanos for timing in answer.timings)
    return min(max(timedelta(), timedelta(microseconds=min(spent_ns, _YEAR_NS) // 1000)), timedelta(days=365))


def _check_references(answer: answer_pb2.Answer) -> None:
    """Every id is given once, and every id that is pointed to exists."""
    region_ids = _distinct((region.id for region in answer.regions), "answer.regions")
    target_ids = _distinct((target.id for target in answer.plan.targets), "answer.plan.targets") | {""}
    document_ids = _distinct((document.id for document in answer.documents), "answer.documents")
    _distinct((claim.id for claim in answer.claims), "answer.claims")
    for i, region in enumerate(answer.regions):
        wire.box_from(region.box, f"answer.regions[{i}].box")
        if region.image_digest != answer.image.digest:
            name = f"answer.regions[{i}].image_digest"
            raise InvalidField(name, f"{name} is not the answer's image", remedy="an answer is about one image")
    for i, claim in enumerate(answer.claims):
        _check_claim(claim, f"answer.claims[{i}]", region_ids, target_ids, document_ids)
    for i, abstention in enumerate(answer.abstentions):
        name = f"answer.abstentions[{i}]"
        wire.member(AbstentionReason, abstention.reason, f"{name}.reason")
        _check_known(abstention.target_id, f"{name}.target_id", target_ids)
        for region_id in abstention.near_region_ids:
            _check_known(region_id, f"{name}.near_region_ids", region_ids)
    for i, escalation in enumerate(answer.escalations):
        _check_known(escalation.target_id, f"answer.escalations[{i}].target_id", target_ids)


def _of_nothing(predicate: claim_pb2.Predicate) -> bool:
    """Whether it states that there is none: then there is no region to cite."""
    return predicate.HasField("absent") or (predicate.HasField("count") and predicate.count.value == 0)


def _check_claim(
    claim: claim_pb2.Claim, name: str, region_ids: set[str], target_ids: set[str], document_ids: set[str]
) -> None:
    required(claim.text, f"{name}.text")
    kind = claim.predicate.WhichOneof("kind")
    required(kind or "", f"{name}.predicate")
    _check_known(claim.predicate.target_id, f"{name}.predicate.target_id", target_ids)
    if not claim.citations and not _of_nothing(claim.predicate):
        raise InvalidField(
            f"{name}.citations", f"{name} cites no region", remedy="a claim without evidence is an abstention"
        )
    for i, citation in enumerate(claim.citations):
        if citation.HasField("passage"):
            _check_known(citation.passage.document_id, f"{name}.citations[{i}].passage.document_id", document_ids)
        else:
            _check_known(citation.region_id, f"{name}.citations[{i}].region_id", region_ids)
        wire.member(CitationRole, citation.role, f"{name}.citations[{i}].role")


def _distinct(ids: Iterable[str], field: str) -> set[str]:
    seen: set[str] = set()
    for i, value in enumerate(ids):
        if required(value, f"{field}[{i}].id") in seen:
            raise InvalidField(f"{field}[{i}].id", f"{field} has two with the id {value!r}", remedy="number them apart")
        seen.add(value)
    return seen


def _check_known(value: str, field: str, known: set[str]) -> None:
    if value not in known:
        raise InvalidField(
            field, f"{field} is {value!r}, which the answer does not have", remedy="name one that it has"
        )


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
