"""What provenance needs of a database, of a key store, and of the place that checkpoints are copied to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime
    from uuid import UUID

    from groundwire.proofs.tree import Node
    from services.common.errors import InvalidField
    from services.provenance.core.filters import AnswerFilter
    from services.provenance.core.records import (
        AnswerRecord,
        Entry,
        Erased,
        Finding,
        KeptReview,
        ListedAnswer,
        Receipt,
        SealedReview,
        Subject,
    )
    from services.provenance.core.reviews import ReviewState
    from services.provenance.core.traces import Span


class Records(Protocol):
    """The log and what finds answers in it. Every method raises `PartUnavailable` when the database is out of reach."""

    async def append(self, batch: Sequence[AnswerRecord]) -> Sequence[Receipt | InvalidField]:
        """Place a batch by `core.records.place`: all that is new in one transaction, durable on return.

        The outcomes stand in the batch's order. When it raises, nothing is promised: the batch may be in the log, and
        appending it again gives the receipts.
        """

    async def read(self, answer_id: UUID) -> Entry | None:
        """The record of an answer, with its box; None when there is none."""

    async def newest(
        self, wanted: AnswerFilter, image_tag: bytes | None, *, before: int | None, limit: int
    ) -> Sequence[ListedAnswer]:
        """Up to `limit` answers with an index below `before`, highest first; from the newest on when that is None.

        Those that were erased are passed over, and those that do not agree with what the filter asks in the clear; what
        it asks of labels and texts is not looked at here.

        Args:
            wanted: The filter.
            image_tag: Of the image that it asks for; None for any.
            before: The index that all are below.
            limit: How many.
        """

    async def oldest(
        self, wanted: AnswerFilter, image_tag: bytes | None, *, after: int, limit: int
    ) -> Sequence[ListedAnswer]:
        """As `newest`, with an index above `after`, lowest first."""

    async def last_index(self) -> int:
        """The index of the newest record; -1 when there is none."""

    async def tenants(self) -> Sequence[str]:
        """Whose answers there are that were not erased."""

    async def tenants_of_trace(self, trace_id: str) -> Sequence[str]:
        """Whose answers a trace is of; none where no answer has it."""

    async def unindexed(self, limit: int) -> Sequence[tuple[UUID, str]]:
        """The first answers, and their tenants, of which it is not known yet what filters ask: an older version kept
        them.
        """  # noqa: D205 - one sentence

    async def index(self, answer_id: UUID, finding: Finding | None) -> None:
        """Keep what filters ask of an answer; None where that cannot be told."""

    async def review(self, review: SealedReview) -> tuple[Receipt, ReviewState] | None:
        """Append a review, durable on return; its receipt, and the state of its answer then. None when there is no such
        answer, or it was erased.
        """  # noqa: D205 - one sentence

    async def reviews(self, answer_id: UUID) -> Sequence[KeptReview]:
        """The reviews of an answer, oldest first."""

    async def erase(self, subject: Subject, compose: Callable[[Sequence[int]], bytes]) -> Erased | None:
        """Remove the boxes, tags, reviews' boxes and spans of a subject's answers, and append the record of it, in one
        transaction. Of what is too old, a bounded number goes at once: call again until the outcome is None.

        The keys' names stay, as doomed, until `buried` is told that the keys are destroyed. Where everything was
        erased before, the outcome is that of the last time. None when there is no such answer.

        Args:
            subject: Whose answers.
            compose: The record of the erasure of these indexes.
        """  # noqa: D205 - one sentence

    async def doomed(self) -> Sequence[str]:
        """Names of the keys of erased answers that may still be there."""

    async def buried(self, keys: Sequence[str]) -> None:
        """Take note that these keys are destroyed."""


class Spans(Protocol):
    """The spans. Every method raises `PartUnavailable` when the database is out of reach."""

    async def keep(self, spans: Sequence[Span]) -> None:
        """Keep spans; one that is there already, by its two ids, is replaced.

        Raises:
            Overloaded: Too many calls are waiting already.
        """

    async def trace(self, trace_id: str, *, limit: int) -> Sequence[Span]:
        """The first `limit` spans of a trace by start time, then by span id; none when the trace is unknown."""

    async def prune(self, *, max_age_s: float, max_spans: int) -> int:
        """Drop the oldest spans: those older than `max_age_s`, and all but about the newest `max_spans`.

        One call drops a bounded number and returns it, so that it never takes long; call again until it returns 0.
        """


class Log(Protocol):
    """The log and its tree. Every method raises `PartUnavailable` when the database is out of reach."""

    async def head(self) -> tuple[int, Sequence[bytes]]:
        """How many records there are, and the frontier of the tree over them."""

    async def hashes(self, nodes: Sequence[Node]) -> Mapping[Node, bytes]:
        """Hashes of complete subtrees, as kept; those that are missing are left out."""

    async def entries(self, start: int, end: int, *, boxes: bool = False) -> Sequence[Entry]:
        """The first records of [start, end) by index: as many as fit in one read; none only if there are none.

        Args:
            start: Index of the first.
            end: Index after the last.
            boxes: Whether to read the content boxes as well.
        """

    async def newest_note(self) -> str | None:
        """The checkpoint of the largest size, signed; None before the first."""

    async def keep_note(self, size: int, note: str) -> None:
        """Keep a signed checkpoint; one of that size that is there already stays."""

    async def uncopied(self) -> Sequence[tuple[int, str]]:
        """The first checkpoints, by size, that are not marked as copied: size and note."""

    async def copied(self, size: int) -> None:
        """Mark the checkpoint of that size as copied."""


class Keys(Protocol):
    """The key store: outside the database, so that what is encrypted there and its keys are never in one backup.

    Every method raises `PartUnavailable` when the store is out of reach.
    """

    async def take(self) -> tuple[str, bytes]:
        """A new key of 32 bytes that nobody had before, durable already, and the name that gets it again."""

    async def get(self, name: str) -> bytes | None:
        """The key; None once it is destroyed."""

    async def destroy(self, names: Sequence[str]) -> None:
        """Destroy keys, durably. Destroying one again is nothing."""

    async def secret(self) -> bytes:
        """The 32 bytes that tags and fingerprints are made with; always the same."""


class News(Protocol):
    """Word of what was appended, by whichever replica of the service."""

    def subscribed(self) -> AbstractAsyncContextManager[asyncio.Event]:
        """An event, for as long as the context lasts, that is set whenever something may have been appended."""


class Clock(Protocol):
    """The time of day, by which retention goes."""

    def now(self) -> datetime:
        """Aware, UTC."""


class Copies(Protocol):
    """Copies of the checkpoints, where the log's writer cannot reach them.

    Every method raises `PartUnavailable` when the place is out of reach.
    """

    async def keep(self, size: int, note: str) -> str:
        """Keep a copy unless there is one of that size; the copy that is there now."""

    async def newest(self, at_least: int) -> str | None:
        """The copy of the largest size, from that size on; None if there is none."""


class Pictures(Protocol):
    """Who holds the pictures that answers are about."""

    async def forget(self, image_digest: str) -> None:
        """Have one forgotten. Raises `MeshError` where it may still be there."""
