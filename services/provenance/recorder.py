"""Group commit: one writer takes whatever is waiting and makes it durable in one transaction."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.common.errors import MeshError, Overloaded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from services.provenance.core.records import AnswerRecord, Receipt
    from services.provenance.ports import Records

MAX_BATCH_RECORDS: Final = 64
"""Records of one transaction. More gain nothing: the flush to disk is shared by then."""
MAX_BATCH_BYTES: Final = 32 * 1024 * 1024
"""Bytes of one transaction, unless a single record is larger."""
MAX_WAITING_BYTES: Final = 256 * 1024 * 1024
"""Bytes that may wait for the writer. More are refused, so that a slow database does not fill the memory."""


@dataclass(frozen=True, slots=True)
class _Entry:
    record: AnswerRecord
    outcome: asyncio.Future[Receipt]


class Recorder:
    """Takes records from many callers and appends them in batches, each caller getting its own outcome.

    1. A record that was taken is written, even when its caller is cancelled before it is durable.
    2. A receipt is given only after the store has said that the record is durable.
    3. When a batch fails for one record's sake, its records are appended one by one: the others do not suffer.
    """

    def __init__(self, records: Records) -> None:
        """Start with nothing waiting."""
        self._records = records
        self._waiting: deque[_Entry] = deque()
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._closing = False

    async def record(self, record: AnswerRecord) -> Receipt:
        """The record's receipt, once it is durable.

        Raises:
            InvalidField: The answer is recorded already, with other bytes.
            Overloaded: Too much is waiting.
            PartUnavailable: The database is out of reach; the record may or may not be in the log.
        """
        size = record.size
        if self._waiting and self._waiting_bytes + size > MAX_WAITING_BYTES:
            raise Overloaded(
                "too many records wait for the database",
                retry_after_s=1.0,
                remedy="try again a little later",
                limit=str(MAX_WAITING_BYTES),
                what="bytes waiting",
            )
        entry = _Entry(record, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        self._waiting_bytes += size
        self._wake.set()
        return await entry.outcome

    async def write(self) -> None:
        """Append what comes, until closed and empty."""
        while not self._closing or self._waiting:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            await self._let_in()
            await self._append(self._next_batch())

    def close(self) -> None:
        """Let `write` end once nothing is waiting."""
        self._closing = True
        self._wake.set()

    async def _let_in(self) -> None:
        """Wait for whoever is at the door: as long as each turn of the loop brings a record more, they share a commit.

        One caller alone waits for a single turn, which is nothing beside a flush to disk.
        """
        seen = 0
        while seen < len(self._waiting) < MAX_BATCH_RECORDS:
            seen = len(self._waiting)
            await asyncio.sleep(0)

    def _next_batch(self) -> list[_Entry]:
        batch: list[_Entry] = []
        room = MAX_BATCH_BYTES
        while self._waiting and len(batch) < MAX_BATCH_RECORDS:
            room -= self._waiting[0].record.size
            if batch and room < 0:
                break
            batch.append(self._waiting.popleft())
        self._waiting_bytes -= sum(entry.record.size for entry in batch)
        return batch

    async def _append(self, batch: Sequence[_Entry]) -> None:
        try:
            _settle(batch, await self._records.append([entry.record for entry in batch]))
        except MeshError as error:
            # The database as a whole: no record of the batch would fare better alone.
            _settle(batch, [error] * len(batch))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the callers' to hear, and the writer lives on
            if len(batch) == 1:
                _settle(batch, [error])
            else:
                for entry in batch:
                    await self._append([entry])


def _settle(batch: Sequence[_Entry], outcomes: Sequence[Receipt | Exception]) -> None:
    for entry, outcome in zip(batch, outcomes, strict=True):
        if entry.outcome.done():  # Its caller was cancelled.
            continue
        if isinstance(outcome, Exception):
            entry.outcome.set_exception(outcome)
        else:
            entry.outcome.set_result(outcome)


@asynccontextmanager
async def recording(records: Records) -> AsyncIterator[Recorder]:
    """A recorder with its writer running; on the way out, what is waiting is written first."""
    recorder = Recorder(records)
    writer = asyncio.create_task(recorder.write())
    try:
        yield recorder
    finally:
        recorder.close()
        await writer
