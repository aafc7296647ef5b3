"""What the log keeps, and the rule by which records get their place in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.common.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from services.common.claims import Verdict


@dataclass(frozen=True, slots=True)
class Receipt:
    """Place of a record in the log: its index, from 0 without gaps, and the SHA-256 of its bytes, hexadecimal."""

    index: int
    digest: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What an answer is found by that is not personal.

    `create_time` is aware, UTC, to the microsecond; `verdicts` are those of the claims, in their order.
    """

    answer_id: UUID
    create_time: datetime
    verdicts: tuple[Verdict, ...]
    abstention_count: int
    trace_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came: its bytes, what it is found by, and what of that is personal."""

    content: bytes
    finding: Finding
    question: str
    image_digest: str


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer to keep, sealed: nobody reads it without its key.

    Attributes:
        record: The record's bytes, from which its leaf of the tree is made.
        digest: Their SHA-256, hexadecimal.
        finding: What it is found by.
        fingerprint: The same for the same answer, and tells nothing else.
        image_tag: The same for the same image, and tells nothing else.
        key: Names its key in the key store.
        content_box: Salt and answer, encrypted.
        summary_box: Question and image, encrypted.
    """

    record: bytes
    digest: str
    finding: Finding
    fingerprint: bytes
    image_tag: bytes
    key: str
    content_box: bytes
    summary_box: bytes

    @property
    def size(self) -> int:
        """Bytes, about."""
        return len(self.record) + len(self.content_box) + len(self.summary_box)


@dataclass(frozen=True, slots=True)
class Box:
    """Something encrypted, and the name of its key."""

    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as the log holds it, whatever kind it is.

    Attributes:
        receipt: Its place and its digest, as given for it.
        kind: Such as "answer".
        record: Its bytes, from which its leaf of the tree is made.
        nodes: Hashes of the subtrees that it completes, from its leaf up.
        box: The content box of an answer; None where there is none, was erased, or was not asked for.
        erased_by: Index of the record of its erasure; None while it is not erased.
    """

    receipt: Receipt
    kind: str
    record: bytes
    nodes: tuple[bytes, ...]
    box: Box | None = None
    erased_by: int | None = None


@dataclass(frozen=True, slots=True)
class ListedAnswer:
    """One line of a list of answers, sealed."""

    finding: Finding
    receipt: Receipt
    box: Box


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
    """Whose answers are to be erased: one answer's, or all of an image, by its tag. One of the two is set."""

    answer_id: UUID | None = None
    image_tag: bytes | None = None


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
