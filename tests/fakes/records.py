"""A database in memory, behind the same ports as PostgreSQL, and answers to put in it.

>>> import asyncio
>>> database = MemoryDatabase()
>>> asyncio.run(database.append([convert.record_from(an_answer().SerializeToString())]))[0].index
0
"""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING

from groundwire.v1 import answer_pb2, claim_pb2, region_pb2
from services.common.errors import PartUnavailable
from services.provenance import convert
from services.provenance.core.records import ListedAnswer, Receipt, StoredRecord, place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from services.common.errors import InvalidField
    from services.provenance.core.records import AnswerRecord
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


def a_record(question: str = "What brand is written on the motorcycle?") -> AnswerRecord:
    """A new answer, ready to append."""
    return convert.record_from(an_answer(question).SerializeToString())


class MemoryDatabase:
    """`Records` and `Spans` in memory. Appending is one transaction here too: all of a batch or nothing.

    Attributes:
        out_of_reach: While true, everything raises `PartUnavailable`.
        disk: While cleared, appending waits, as on a slow disk.
        asked: Set once something has been given to append.
        unfit: Answers whose rows the database would not take: a batch with one of them fails whole.
        commits: Size of each batch that was appended.
    """

    def __init__(self) -> None:
        """Start empty, in reach, on a fast disk."""
        self.out_of_reach = False
        self.disk = asyncio.Event()
        self.disk.set()
        self.asked = asyncio.Event()
        self.unfit: set[UUID] = set()
        self.commits: list[int] = []
        self.log: list[AnswerRecord] = []
        self._receipts: dict[UUID, Receipt] = {}
        self._spans: dict[tuple[str, str], tuple[float, Span]] = {}

    async def ready(self) -> None:
        """Return while in reach."""
        self._reach()

    async def append(self, batch: Sequence[AnswerRecord]) -> Sequence[Receipt | InvalidField]:
        """See `Records`."""
        self.asked.set()
        await self.disk.wait()
        self._reach()
        if any(record.summary.answer_id in self.unfit for record in batch):
            msg = "a row does not fit"
            raise ValueError(msg)
        placement = place(batch, self._receipts, len(self.log))
        for receipt, record in placement.appended:
            self.log.append(record)
            self._receipts[record.summary.answer_id] = receipt
        self.commits.append(len(batch))
        return placement.outcomes

    async def read(self, answer_id: UUID) -> StoredRecord | None:
        """See `Records`."""
        self._reach()
        receipt = self._receipts.get(answer_id)
        return None if receipt is None else StoredRecord(self.log[receipt.index].content, receipt)

    async def newest(self, *, before: int | None, limit: int) -> Sequence[ListedAnswer]:
        """See `Records`."""
        self._reach()
        indexes = range(len(self.log) if before is None else min(before, len(self.log)))
        return [
            ListedAnswer(self.log[index].summary, Receipt(index, self.log[index].digest))
            for index in reversed(indexes[-limit:])
        ]

    async def keep(self, spans: Sequence[Span]) -> None:
        """See `Spans`."""
        self._reach()
        for span in spans:
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

    def _reach(self) -> None:
        if self.out_of_reach:
            raise PartUnavailable("postgres is out of reach", remedy="try again", part="postgres")
