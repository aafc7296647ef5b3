"""What is done again and again: it begins, goes on after faults, and ends."""

from __future__ import annotations

import asyncio

import pytest

from services.common.errors import PartUnavailable
from services.provenance.chores import repeating
from services.runtime.tasks import end


@pytest.mark.parametrize("fault", [PartUnavailable("away", part="postgres"), ValueError("ours")])
async def test_a_chore_goes_on_after_a_fault(fault: Exception) -> None:
    done = asyncio.Event()
    calls = 0

    async def chore() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise fault
        done.set()

    async with asyncio.timeout(30), repeating("a chore", chore, 0.001):
        await done.wait()
    assert calls >= 2


async def test_a_task_ends_even_if_it_lost_the_first_cancellation() -> None:
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while lost < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                lost += 1

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await end(task)
    assert lost == 2
