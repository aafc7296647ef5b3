"""A database in memory, behind the same ports as PostgreSQL, and answers to put in it.

>>> import asyncio
>>> database = MemoryDatabase()
>>> asyncio.run(database.append([a_record()]))[0].index
0
"""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from groundwire.proofs import merkle, records, tree
from groundwire.proofs.records import ANSWER, ERASURE, REVIEW, Opening
from groundwire.v1 import answer_pb2, claim_pb2, region_pb2
from services.common.errors import PartUnavailable
from services.provenance import convert_answer
from services.provenance.core.filters import AnswerFilter, agrees
from services.provenance.core.records import (
    DEFAULT_TENANT,
    AnswerRecord,
    Box,
    Entry,
    Erased,
    KeptReview,
    Known,
    ListedAnswer,
    Receipt,
    digest_of,
    place,
)
from services.provenance.core.reviews import ReviewState, state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from uuid import UUID

    from services.common.errors import InvalidField
    from services.provenance.core.records import Finding, SealedReview, Subject
    from services.provenance.core.traces import Span

IMAGE = "a1" * 32
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def an_answer(question: str = "What brand is written on the motorcycle?") -> answer_pb2.Answer:
    """A whole answer: the fast tier read YAMARA (r1), the accurate one YAMAHA (r2), and r3 lies elsewhere."""
    answer = answer_pb2.Answer(id=str(uuid.uuid4()), question=question, trace_id=TRACE)
    answer.image.digest = IMAGE
    answer.create_time.FromJsonString("2026-11-23T10:00:00.123456Z")
    answer.plan.targets.add(id="t1", noun="motorcycle", is_text=True)
    answer.plan.targets.add(id="t2", noun="plate", is_text=True)
    _read(answer, "r1", "YAMARA", (356, 329, 382, 342), region_pb2.TIER_FAST)
    _read(answer, "r2", "YAMAHA", (355, 328, 382, 342), region_pb2.TIER_ACCURATE)
    _read(answer, "r3", "XMAX", (20, 20, 60, 30), region_pb2.TIER_ACCURATE)
    claim = answer.claims.add(id="c1", text="It says YAMAHA.", verdict=claim_pb2.VERDICT_SUPPORTED, evidence_score=0.99)
    claim.predicate.target_id = "t1"
    claim.predicate.reading.text = "YAMAHA"
    claim.citations.add(region_id="r2", role=claim_pb2.CITATION_ROLE_SUPPORTS)
    low_score = answer_pb2.ESCALATION_REASON_LOW_SCORE
    answer.escalations.add(reason=low_score, target_id="t1", detail="YAMARA scored 0.90, below 0.95")
    answer.escalations.add(reason=low_score, target_id="t2", detail="nothing reached 0.95")
    answer.escalations.add(reason=answer_pb2.ESCALATION_REASON_STAKES, detail="stakes are critical")
    answer.abstentions.add(reason=claim_pb2.ABSTENTION_REASON_ABSENT, target_id="t2", detail="no plate was read")
    answer.composer.name = "rules"
    return answer


def _read(
    answer: answer_pb2.Answer,
    region_id: str,
    text: str,
    xyxy: tuple[int, int, int, int],
    tier: region_pb2.Tier.ValueType,
) -> None:
    region = answer.regions.add(id=region_id, image_digest=IMAGE, text=text, score=0.9)
    region.box.x_min, region.box.y_min, region.box.x_max, region.box.y_max = xyxy
    region.source.capability = region_pb2.CAPABILITY_READ_TEXT
    region.source.model = "read_text"
    region.source.tier = tier


def a_record(question: str = "What brand is written on the motorcycle?", *, image: str = IMAGE) -> AnswerRecord:
    """A new answer, ready to append. Its boxes hold no more than the question: `Sealer` makes real ones."""
    answer = convert_answer.answer_from(an_answer(question).SerializeToString())
    opening = Opening(bytes(32), answer.content)
    record = records.AnswerRecord.of(opening, time="2026-11-23T10:00:00Z").encoded
    return AnswerRecord(
        record=record,
        digest=digest_of(record),
        finding=answer.finding,
        fingerprint=hashlib.sha256(answer.content).digest(),
        image_tag=hashlib.sha256(image.encode()).digest(),
        content=Box(f"key of {answer.finding.answer_id}", question.encode()),
        summary=Box(f"key of {answer.finding.answer_id}", question.encode()),
    )


def everything(tenant: str = DEFAULT_TENANT) -> AnswerFilter:
    """The filter that all answers of a tenant agree with."""
    return AnswerFilter(tenant)


@dataclass
class _Kept:
    index: int
    record: AnswerRecord
    erased_by: int | None = None
    is_indexed: bool = True
    reviews: list[KeptReview] = field(default_factory=list)

    @property
    def state(self) -> ReviewState:
        return state((review.claim_id, review.judgement) for review in self.reviews)

    @property
    def is_stored(self) -> bool:
        return self.record.content is not None


class MemoryDatabase:
    """`Records`, `Log` and `Spans` in memory. Appending is one transaction here too: all of a batch or nothing.

    Attributes:
        out_of_reach: While true, everything raises `PartUnavailable`.
        disk: While cleared, appending waits, as on a slow disk.
        asked: Set once something has been given to append.
        unfit: Answers whose rows the database would not take: a batch with one of them fails whole.
        commits: Size of each batch that was appended.
        notes: Checkpoints by size.
    """

    def __init__(self) -> None:
        """Start empty, in reach, on a fast disk."""
        self.out_of_reach = False
        self.disk = asyncio.Event()
        self.disk.set()
        self.asked = asyncio.Event()
        self.unfit: set[UUID] = set()
        self.commits: list[int] = []
        self.log: list[Entry] = []
        self.notes: dict[int, str] = {}
        self._copied: set[int] = set()
        self._watchers: set[asyncio.Event] = set()
        self._frontier: list[bytes] = []
        self._answers: dict[UUID, _Kept] = {}
        self._doomed: set[str] = set()
        self._spans: dict[tuple[str, str], tuple[float, Span]] = {}

    async def ready(self) -> None:
        """Return while in reach."""
        self._reach()

    async def append(self, batch: Sequence[AnswerRecord]) -> Sequence[Receipt | InvalidField]:
        """See `Records`."""
        self.asked.set()
        await self.disk.wait()
        self._reach()
        if any(record.finding.answer_id in self.unfit for record in batch):
            msg = "a row does not fit"
            raise ValueError(msg)
        known = {
            answer_id: Known(self.log[answer.index].receipt, None if answer.erased_by else answer.record.fingerprint)
            for answer_id, answer in self._answers.items()
        }
        placement = place(batch, known, len(self.log))
        for receipt, record in placement.appended:
            self._append(receipt, ANSWER, record.record)
            self._answers[record.finding.answer_id] = _Kept(receipt.index, record)
            if record.content is None:
                self._drop_spans({record.finding.trace_id})
        self.commits.append(len(batch))
        return placement.outcomes

    async def read(self, answer_id: UUID) -> Entry | None:
        """See `Records`."""
        self._reach()
        answer = self._answers.get(answer_id)
        return None if answer is None else self._entry(answer.index, boxes=True)

    async def newest(
        self, wanted: AnswerFilter, image_tag: bytes | None, *, before: int | None, limit: int
    ) -> Sequence[ListedAnswer]:
        """See `Records`."""
        found = self._agreeing(wanted, image_tag)
        return [listed for listed in found[::-1] if before is None or listed.receipt.index < before][:limit]

    async def oldest(
        self, wanted: AnswerFilter, image_tag: bytes | None, *, after: int, limit: int
    ) -> Sequence[ListedAnswer]:
        """See `Records`."""
        return [listed for listed in self._agreeing(wanted, image_tag) if listed.receipt.index > after][:limit]

    def _agreeing(self, wanted: AnswerFilter, image_tag: bytes | None) -> list[ListedAnswer]:
        self._reach()
        return [
            ListedAnswer(answer.record.finding, self.log[answer.index].receipt, answer.record.summary, answer.state)
            for answer in self._answers.values()
            if answer.erased_by is None
            and agrees(wanted, answer.record.finding, answer.state)
            and image_tag in (None, answer.record.image_tag)
        ]

    async def last_index(self) -> int:
        """See `Records`."""
        return len(self.log) - 1

    async def tenants(self) -> Sequence[str]:
        """See `Records`."""
        self._reach()
        return sorted({kept.record.finding.tenant for kept in self._answers.values() if kept.erased_by is None})

    async def tenants_of_trace(self, trace_id: str) -> Sequence[str]:
        """See `Records`."""
        self._reach()
        findings = [kept.record.finding for kept in self._answers.values()]
        return sorted({finding.tenant for finding in findings if finding.trace_id == trace_id})

    async def unindexed(self, limit: int) -> Sequence[tuple[UUID, str]]:
        """See `Records`."""
        left = [(key, kept.record.finding.tenant) for key, kept in self._answers.items() if not kept.is_indexed]
        return left[:limit]

    async def index(self, answer_id: UUID, finding: Finding | None) -> None:
        """See `Records`."""
        kept = self._answers[answer_id]
        kept.is_indexed = True
        if finding is not None:
            kept.record = replace(kept.record, finding=finding)

    async def review(self, review: SealedReview) -> tuple[Receipt, ReviewState] | None:
        """See `Records`."""
        self._reach()
        answer = self._answers.get(review.answer_id)
        if answer is None or answer.erased_by is not None:
            return None
        receipt = Receipt(len(self.log), digest_of(review.record))
        self._append(receipt, REVIEW, review.record)
        answer.reviews.append(KeptReview(receipt, review.claim_id, review.judgement, review.time, review.box))
        return receipt, answer.state

    async def reviews(self, answer_id: UUID) -> Sequence[KeptReview]:
        """See `Records`."""
        self._reach()
        return tuple(self._answers[answer_id].reviews) if answer_id in self._answers else ()

    async def erase(self, subject: Subject, compose: Callable[[Sequence[int]], bytes]) -> Erased | None:
        """See `Records`."""
        self._reach()
        found = {key: answer for key, answer in self._answers.items() if _is_meant(subject, key, answer)}
        if not found:
            return None
        doomed = [answer for answer in found.values() if answer.erased_by is None]
        if not doomed:
            (answer,) = found.values()
            return Erased(self.log[answer.erased_by or 0].receipt, tuple(found))
        reviews = [review for answer in doomed for review in answer.reviews]
        record = compose(sorted([*(answer.index for answer in doomed), *(each.receipt.index for each in reviews)]))
        receipt = Receipt(len(self.log), digest_of(record))
        self._append(receipt, ERASURE, record)
        self._drop_spans({answer.record.finding.trace_id for answer in doomed})
        self._doomed |= {answer.record.content.key for answer in doomed if answer.record.content}
        self._doomed |= {review.box.key for review in reviews if review.box is not None}
        for answer in doomed:
            answer.erased_by = receipt.index
            answer.reviews = [replace(review, box=None) for review in answer.reviews]
        return Erased(receipt, tuple(found))

    async def doomed(self) -> Sequence[str]:
        """See `Records`."""
        self._reach()
        return sorted(self._doomed)

    async def buried(self, keys: Sequence[str]) -> None:
        """See `Records`."""
        self._reach()
        self._doomed -= set(keys)

    def _append(self, receipt: Receipt, kind: str, record: bytes) -> None:
        self._frontier, completed = tree.append(self._frontier, receipt.index, merkle.leaf_hash(record))
        self.log.append(Entry(receipt, kind, record, tuple(completed)))
        for changed in self._watchers:
            changed.set()

    @asynccontextmanager
    async def subscribed(self) -> AsyncIterator[asyncio.Event]:
        """See `News`."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            yield changed
        finally:
            self._watchers.discard(changed)

    def _entry(self, index: int, *, boxes: bool) -> Entry:
        for answer in self._answers.values():
            tenant = answer.record.finding.tenant
            if answer.index == index:
                kept = answer.record.content if boxes and answer.erased_by is None else None
                return replace(self.log[index], box=kept, erased_by=answer.erased_by, tenant=tenant)
            for review in answer.reviews:
                if review.receipt.index == index:
                    kept = review.box if boxes else None
                    return replace(self.log[index], box=kept, erased_by=answer.erased_by, tenant=tenant)
        return self.log[index]

    async def head(self) -> tuple[int, Sequence[bytes]]:
        """See `Log`."""
        self._reach()
        return len(self.log), self._frontier

    async def hashes(self, nodes: Sequence[tree.Node]) -> Mapping[tree.Node, bytes]:
        """See `Log`."""
        self._reach()
        return {
            node: self.log[node.completed_by].nodes[node.level] for node in nodes if node.completed_by < len(self.log)
        }

    async def entries(self, start: int, end: int, *, boxes: bool = False) -> Sequence[Entry]:
        """See `Log`. Two at a time, so that whoever wants more must ask again."""
        self._reach()
        return [self._entry(index, boxes=boxes) for index in range(start, min(end, start + 2, len(self.log)))]

    async def newest_note(self) -> str | None:
        """See `Log`."""
        self._reach()
        return self.notes[max(self.notes)] if self.notes else None

    async def keep_note(self, size: int, note: str) -> None:
        """See `Log`."""
        self._reach()
        self.notes.setdefault(size, note)

    async def uncopied(self) -> Sequence[tuple[int, str]]:
        """See `Log`."""
        self._reach()
        return [(size, note) for size, note in sorted(self.notes.items()) if size not in self._copied]

    async def copied(self, size: int) -> None:
        """See `Log`."""
        self._copied.add(size)

    async def keep(self, spans: Sequence[Span]) -> None:
        """See `Spans`."""
        self._reach()
        unwanted = {
            answer.record.finding.trace_id
            for answer in self._answers.values()
            if answer.erased_by is not None or not answer.is_stored
        }
        for span in spans:
            if span.trace_id in unwanted:
                continue
            arrival, _ = self._spans.get((span.trace_id, span.span_id), (time.monotonic(), None))
            self._spans[span.trace_id, span.span_id] = arrival, span

    async def trace(self, trace_id: str, *, limit: int) -> Sequence[Span]:
        """See `Spans`."""
        self._reach()
        found = [span for _, span in self._spans.values() if span.trace_id == trace_id]
        return sorted(found, key=lambda span: (span.start_ns, span.span_id))[:limit]

    async def prune(self, *, max_age_s: float, max_spans: int) -> int:
        """See `Spans`."""
        self._reach()
        oldest = time.monotonic() - max_age_s
        surplus = len(self._spans) - max_spans
        doomed = [key for i, (key, (arrival, _)) in enumerate(self._spans.items()) if i < surplus or arrival < oldest]
        for key in doomed:
            del self._spans[key]
        return len(doomed)

    def _drop_spans(self, traces: set[str]) -> None:
        self._spans = {key: value for key, value in self._spans.items() if key[0] not in traces}

    def _reach(self) -> None:
        if self.out_of_reach:
            raise PartUnavailable("postgres is out of reach", remedy="try again", part="postgres")


def _is_meant(subject: Subject, answer_id: UUID, answer: _Kept) -> bool:
    finding = answer.record.finding
    if finding.tenant != subject.tenant:
        return False
    if subject.answer_id is not None:
        return answer_id == subject.answer_id
    if answer.erased_by is not None:
        return False
    if subject.before is not None:
        return finding.create_time < subject.before
    return answer.record.image_tag == subject.image_tag
