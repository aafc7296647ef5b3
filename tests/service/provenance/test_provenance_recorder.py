"""Group commit, on a database in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from services.common.errors import InvalidField, Overloaded, PartUnavailable
from services.provenance import recorder as group_commit
from services.provenance.core.records import Box, Receipt
from services.provenance.recorder import MAX_BATCH_RECORDS, recording
from tests.fakes.records import MemoryDatabase, a_record

REST = a_record().size
"""More than the bytes of a record besides its content box."""


async def test_records_that_wait_together_share_a_commit_and_each_gets_its_receipt() -> None:
    database = MemoryDatabase()
    records = [a_record() for _ in range(20)]
    async with recording(database) as recorder:
        receipts = await asyncio.gather(*[recorder.record(record) for record in records])
    assert database.commits == [20]
    assert receipts == [Receipt(i, record.digest) for i, record in enumerate(records)]


async def test_what_comes_during_a_commit_goes_with_the_next() -> None:
    database = MemoryDatabase()
    database.disk.clear()
    async with recording(database) as recorder:
        first = asyncio.create_task(recorder.record(a_record()))
        await database.asked.wait()
        others = [asyncio.create_task(recorder.record(a_record())) for _ in range(MAX_BATCH_RECORDS + 1)]
        await asyncio.sleep(0)  # All of them have asked.
        database.disk.set()
        await asyncio.gather(first, *others)
    assert database.commits == [1, MAX_BATCH_RECORDS, 1]


async def test_a_commit_holds_no_more_bytes_than_it_may() -> None:
    database = MemoryDatabase()
    large = [replace(a_record(), content=Box("", bytes(group_commit.MAX_BATCH_BYTES // 2 - REST))) for _ in range(3)]
    larger = replace(a_record(), content=Box("", bytes(group_commit.MAX_BATCH_BYTES + 1)))
    async with recording(database) as recorder:
        await asyncio.gather(*[recorder.record(record) for record in [*large, larger]])
    assert database.commits == [2, 1, 1]


async def test_more_than_may_wait_is_refused() -> None:
    database = MemoryDatabase()
    database.disk.clear()
    half = replace(a_record(), content=Box("", bytes(group_commit.MAX_WAITING_BYTES // 2 - REST)))
    async with recording(database) as recorder:
        written = asyncio.create_task(recorder.record(a_record()))
        await database.asked.wait()
        waiting = [asyncio.create_task(recorder.record(replace(a_record(), content=half.content))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await recorder.record(a_record())
        database.disk.set()
        await asyncio.gather(written, *waiting)
        assert (await recorder.record(a_record())).index == 3


async def test_a_refused_record_spoils_no_other() -> None:
    database = MemoryDatabase()
    first = a_record()
    changed = replace(first, fingerprint=b"other")
    async with recording(database) as recorder:
        outcomes = await asyncio.gather(
            *[recorder.record(record) for record in (first, changed, a_record())], return_exceptions=True
        )
    assert [type(outcome) for outcome in outcomes] == [Receipt, InvalidField, Receipt]


async def test_a_row_that_does_not_fit_spoils_no_other() -> None:
    database = MemoryDatabase()
    records = [a_record() for _ in range(5)]
    database.unfit.add(records[2].finding.answer_id)
    async with recording(database) as recorder:
        outcomes = await asyncio.gather(*[recorder.record(record) for record in records], return_exceptions=True)
        assert (await recorder.record(a_record())).index == 4
    assert [type(outcome) for outcome in outcomes] == [Receipt, Receipt, ValueError, Receipt, Receipt]
    assert [outcome.index for outcome in outcomes if isinstance(outcome, Receipt)] == [0, 1, 2, 3]


async def test_without_the_database_everyone_is_told_and_the_next_record_is_written() -> None:
    database = MemoryDatabase()
    async with recording(database) as recorder:
        database.out_of_reach = True
        outcomes = await asyncio.gather(*[recorder.record(a_record()) for _ in range(3)], return_exceptions=True)
        database.out_of_reach = False
        assert (await recorder.record(a_record())).index == 0
    assert [type(outcome) for outcome in outcomes] == [PartUnavailable] * 3


async def test_a_record_whose_caller_was_cancelled_is_written() -> None:
    database = MemoryDatabase()
    database.disk.clear()
    async with recording(database) as recorder:
        callers = [asyncio.create_task(recorder.record(a_record())) for _ in range(3)]
        await database.asked.wait()
        callers[1].cancel()
        database.disk.set()
        outcomes = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Receipt, asyncio.CancelledError, Receipt]
    assert len(database.log) == 3
