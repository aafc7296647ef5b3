"""What provenance needs of a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from services.common.errors import InvalidField
    from services.provenance.core.records import AnswerRecord, ListedAnswer, Receipt, StoredRecord
    from services.provenance.core.traces import Span


class Records(Protocol):
    """The log and what finds answers in it. Every method raises `PartUnavailable` when the database is out of reach."""

    async def append(self, batch: Sequence[AnswerRecord]) -> Sequence[Receipt | InvalidField]:
        """Place a batch by `core.records.place`: all that is new in one transaction, durable on return.

        The outcomes stand in the batch's order. When it raises, nothing is promised: the batch may be in the log, and
        appending it again gives the receipts.
        """

    async def read(self, answer_id: UUID) -> StoredRecord | None:
        """The record of an answer; None when there is none."""

    async def newest(self, *, before: int | None, limit: int) -> Sequence[ListedAnswer]:
        """Up to `limit` answers with an index below `before`, highest first; from the newest on when that is None."""


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
