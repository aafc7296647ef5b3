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
    """Proof that a record is in the log: its index, from 0 without gaps, and the SHA-256 of its bytes, hexadecimal."""

    index: int
    digest: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What an answer is found by. All of it is read out of the record's bytes, and can be read out again.

    `create_time` is aware, UTC, to the microsecond; `verdicts` are those of the claims, in their order.
    """

    answer_id: UUID
    question: str
    image_digest: str
    create_time: datetime
    verdicts: tuple[Verdict, ...]
    abstention_count: int
    trace_id: str


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer to keep: the bytes as they arrived, their SHA-256 in hexadecimal, and what they are found by."""

    content: bytes
    digest: str
    summary: Summary


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record read back."""

    content: bytes
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class ListedAnswer:
    """One line of a list of answers."""

    summary: Summary
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Placement:
    """What becomes of a batch.

    Attributes:
        outcomes: One a record, in the batch's order: its receipt, or why it is refused.
        appended: The records that are new, in the order of their indexes.
    """

    outcomes: tuple[Receipt | InvalidField, ...]
    appended: tuple[tuple[Receipt, AnswerRecord], ...]


def digest_of(content: bytes) -> str:
    """SHA-256 of a record's bytes, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def place(batch: Sequence[AnswerRecord], known: Mapping[UUID, Receipt], next_index: int) -> Placement:
    """Give each record of a batch its place, whatever the others are.

    Args:
        batch: Records in the order in which they came.
        known: Receipts of those answers of the batch that are in the log already.
        next_index: Index of the next new record.
    """
    receipts = dict(known)
    outcomes: list[Receipt | InvalidField] = []
    appended: list[tuple[Receipt, AnswerRecord]] = []
    for record in batch:
        answer_id = record.summary.answer_id
        receipt = receipts.get(answer_id)
        if receipt is None:
            receipt = receipts[answer_id] = Receipt(next_index + len(appended), record.digest)
            appended.append((receipt, record))
        outcomes.append(receipt if receipt.digest == record.digest else _conflict(answer_id, receipt))
    return Placement(tuple(outcomes), tuple(appended))


def _conflict(answer_id: UUID, first: Receipt) -> InvalidField:
    return InvalidField(
        "answer.id",
        f"answer {answer_id} is recorded already, with other bytes",
        remedy="a recorded answer never changes: send the bytes of the first attempt, or give the new answer a new id",
        index=str(first.index),
        digest=first.digest,
    )
