"""What provenance needs of a database, of a key store, and of the place that checkpoints are copied to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from groundwire.proofs.tree import Node
    from services.common.errors import InvalidField
    from services.provenance.core.records import AnswerRecord, Entry, Erased, ListedAnswer, Receipt, Subject
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

    async def newest(self, *, before: int | None, limit: int) -> Sequence[ListedAnswer]:
        """Up to `limit` answers with an index below `before`, highest first; from the newest on when that is None.

        Those that were erased are passed over.
        """

    async def erase(self, subject: Subject, compose: Callable[[Sequence[int]], bytes]) -> Erased | None:
        """Remove the boxes, tags and spans of a subject's answers and append the record of it, in one transaction.

        The keys' names stay, as doomed, until `buried` is told that the keys are destroyed. Where everything was
        erased before, the outcome is that of the last time. None when there is no such answer.

        Args:
            subject: Whose answers.
            compose: The record of the erasure of these indexes.
        """

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


class Copies(Protocol):
    """Copies of the checkpoints, where the log's writer cannot reach them.

    Every method raises `PartUnavailable` when the place is out of reach.
    """

    async def keep(self, size: int, note: str) -> str:
        """Keep a copy unless there is one of that size; the copy that is there now."""

    async def newest(self, at_least: int) -> str | None:
        """The copy of the largest size, from that size on; None if there is none."""
