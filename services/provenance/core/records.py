"""What the log keeps, and the rule by which records get their place in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from services.common.errors import InvalidField
from services.provenance.core.reviews import Judgement, ReviewState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from services.common.claims import Verdict

DEFAULT_TENANT: Final = "default"
"""Whose what is nobody's in particular."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Place of a record in the log: its index, from 0 without gaps, and the SHA-256 of its bytes, hexadecimal."""

    index: int
    digest: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What an answer is found by that is not personal.

    `create_time` is aware, UTC, to the microsecond; `verdicts` are those of the claims, in their order; `models` are
    those that had a part in it, as "name@version", sorted; `degradations` are the contract's numbers; `latency` is that
    of all its steps together.
    """

    answer_id: UUID
    create_time: datetime
    verdicts: tuple[Verdict, ...]
    abstention_count: int
    trace_id: str
    tenant: str = DEFAULT_TENANT
    models: tuple[str, ...] = ()
    degradations: tuple[int, ...] = ()
    latency: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Summary:
    """What an answer is listed and searched by that is personal: kept encrypted.

    `labels` are those of its regions; `texts` what its claims say and what was read, each once. Both are None for an
    answer that was recorded before they were kept.
    """

    question: str
    image_digest: str
    labels: tuple[str, ...] | None = None
    texts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came: its bytes, what it is found by, and what of that is personal."""

    content: bytes
    finding: Finding
    summary: Summary
    claim_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """Something encrypted, and the name of its key."""

    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer to keep, sealed: nobody reads it without its key.

    Attributes:
        record: The record's bytes, from which its leaf of the tree is made.
        digest: Their SHA-256, hexadecimal.
        finding: What it is found by.
        fingerprint: The same for the same answer, and tells nothing else.
        image_tag: The same for the same image, and tells nothing else.
        content: Salt and answer, encrypted; None where commitments alone are kept.
        summary: Its summary, encrypted under the same key; None likewise.
        salt: What its commitments were made with, where it is kept nowhere else; empty otherwise.
    """

    record: bytes
    digest: str
    finding: Finding
    fingerprint: bytes
    image_tag: bytes
    content: Box | None
    summary: Box | None
    salt: bytes = field(default=b"", repr=False)

    @property
    def size(self) -> int:
        """Bytes, about."""
        return len(self.record) + sum(len(box.content) for box in (self.content, self.summary) if box)


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as the log holds it, whatever kind it is.

    Attributes:
        receipt: Its place and its digest, as given for it.
        kind: Such as "answer".
        record: Its bytes, from which its leaf of the tree is made.
        nodes: Hashes of the subtrees that it completes, from its leaf up.
        box: Its content box; None where there is none, was erased, or was not asked for.
        erased_by: Index of the record of its erasure; None while it is not erased.
        tenant: Whose it is; empty for records of nobody's: erasures.
    """

    receipt: Receipt
    kind: str
    record: bytes
    nodes: tuple[bytes, ...]
    box: Box | None = None
    erased_by: int | None = None
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class ListedAnswer:
    """One line of a list of answers, sealed. There is no box where commitments alone were kept."""

    finding: Finding
    receipt: Receipt
    box: Box | None
    review_state: ReviewState = ReviewState.UNREVIEWED


@dataclass(frozen=True, slots=True)
class Review:
    """What a person made of a claim, as it came."""

    answer_id: UUID
    claim_id: str
    judgement: Judgement
    note: str
    reviewer: str


@dataclass(frozen=True, slots=True)
class SealedReview:
    """A review to keep: its record, and the box of its words under a key of its own; None where they are not kept."""

    record: bytes
    answer_id: UUID
    claim_id: str
    judgement: Judgement
    time: datetime
    box: Box | None


@dataclass(frozen=True, slots=True)
class KeptReview:
    """A review in the log, and its box; None where there is none or it was erased."""

    receipt: Receipt
    claim_id: str
    judgement: Judgement
    time: datetime
    box: Box | None


@dataclass(frozen=True, slots=True)
class Known:
    """What the log has of an answer that comes again. After an erasure there is no fingerprint."""

    receipt: Receipt
    fingerprint: bytes | None


@dataclass(frozen=True, slots=True)
class Placement:
    """What becomes of a batch.

    Attributes:
        outcomes: One a record, in the batch's order: its receipt, or why it is refused.
        appended: The records that are new, in the order of their indexes.
    """

    outcomes: tuple[Receipt | InvalidField, ...]
    appended: tuple[tuple[Receipt, AnswerRecord], ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """A tenant's answers that are to be erased: one, or all of an image, by its tag, or what is too old.

    One of the three is set. `before` is aware, UTC: answers that were admitted earlier go.
    """

    tenant: str
    answer_id: UUID | None = None
    image_tag: bytes | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure came to: its receipt, and the answers that it reached, now or when it was asked for before."""

    receipt: Receipt
    answer_ids: tuple[UUID, ...]


def digest_of(content: bytes) -> str:
    """SHA-256 of a record's bytes, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def place(batch: Sequence[AnswerRecord], known: Mapping[UUID, Known], next_index: int) -> Placement:
    """Give each record of a batch its place, whatever the others are.

    Args:
        batch: Records in the order in which they came.
        known: Those answers of the batch that are in the log already.
        next_index: Index of the next new record.
    """
    there = dict(known)
    outcomes: list[Receipt | InvalidField] = []
    appended: list[tuple[Receipt, AnswerRecord]] = []
    for record in batch:
        answer_id = record.finding.answer_id
        first = there.get(answer_id)
        if first is None:
            receipt = Receipt(next_index + len(appended), record.digest)
            first = there[answer_id] = Known(receipt, record.fingerprint)
            appended.append((receipt, record))
        outcomes.append(first.receipt if first.fingerprint == record.fingerprint else _conflict(answer_id, first))
    return Placement(tuple(outcomes), tuple(appended))


def _conflict(answer_id: UUID, first: Known) -> InvalidField:
    if first.fingerprint is None:
        return InvalidField(
            "answer.id",
            f"answer {answer_id} was recorded and then erased",
            remedy="what was erased does not come back; give a new answer a new id",
            index=str(first.receipt.index),
        )
    return InvalidField(
        "answer.id",
        f"answer {answer_id} is recorded already, with other bytes",
        remedy="a recorded answer never changes: send the bytes of the first attempt, or give the new answer a new id",
        index=str(first.receipt.index),
        digest=first.receipt.digest,
    )
