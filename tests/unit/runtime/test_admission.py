"""Turns, the queue before them, and what is refused."""

from __future__ import annotations

import asyncio
import math
from contextlib import AsyncExitStack
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.errors import DeadlineExceeded, Overloaded
from services.runtime.admission import Admission, Caller
from services.runtime.usage import FORGET_S, MOST, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable


async def served(admission: Admission, tenant: str, order: list[str], left_s: float | None = None) -> None:
    async with admission.turn(Caller(tenant, left_s=left_s)):
        order.append(tenant)
        await asyncio.sleep(0)


async def queued(
    admission: Admission, tenants: Iterable[str]
) -> tuple[AsyncExitStack, list[str], list[asyncio.Task[None]]]:
    """One turn held, and a call of each tenant waiting behind it, in that order."""
    held = AsyncExitStack()
    await held.enter_async_context(admission.turn(Caller("holder")))
    order: list[str] = []
    tasks = []
    for tenant in tenants:
        tasks.append(asyncio.create_task(served(admission, tenant, order)))
        await asyncio.sleep(0)
    return held, order, tasks


@given(st.text("abc", min_size=1, max_size=12))
def test_tenants_are_served_in_turn_each_in_its_own_order(tenants: str) -> None:
    async def run() -> list[str]:
        held, order, tasks = await queued(Admission(at_once=1, waiting=20, clock=lambda: 0.0), tenants)
        await held.aclose()
        await asyncio.gather(*tasks)
        return order

    order = asyncio.run(run())
    assert sorted(order) == sorted(tenants)
    left = {tenant: tenants.count(tenant) for tenant in tenants}
    for earlier, later in pairwise(order):
        left[earlier] -= 1
        if earlier == later:  # served twice running only when nobody else waits
            assert all(count == 0 for tenant, count in left.items() if tenant != earlier)


async def test_a_flood_does_not_keep_another_tenant_waiting() -> None:
    held, order, tasks = await queued(Admission(at_once=1, waiting=100), "a" * 50 + "b")
    await held.aclose()
    await asyncio.gather(*tasks)
    assert order.index("b") <= 1


async def test_a_full_queue_drops_the_newest_of_the_crowding_tenant() -> None:
    admission = Admission(at_once=1, waiting=3)
    held, order, tasks = await queued(admission, "aaab")
    await held.aclose()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(end, Overloaded) for end in ends] == [False, False, True, False]
    assert sorted(order) == ["a", "a", "b"]


async def test_a_tenant_that_crowds_is_refused_itself() -> None:
    admission = Admission(at_once=1, waiting=2)
    held, _, tasks = await queued(admission, "aa")
    with pytest.raises(Overloaded, match="2 calls wait") as caught:
        await served(admission, "a", [])
    assert caught.value.retry_after_s >= 1
    await held.aclose()
    await asyncio.gather(*tasks)


async def test_without_a_queue_what_is_too_much_is_refused() -> None:
    admission = Admission(at_once=1, waiting=0)
    async with admission.turn(Caller("a")):
        with pytest.raises(Overloaded, match="1 calls are in flight"):
            await served(admission, "b", [])
    order: list[str] = []
    await served(admission, "b", order)
    assert order == ["b"]


async def test_casual_calls_are_shed_first() -> None:
    admission = Admission(at_once=4, waiting=4)
    async with AsyncExitStack() as held:
        for _ in range(3):
            await held.enter_async_context(admission.turn(Caller("a")))
        with pytest.raises(Overloaded, match="casual"):
            await held.enter_async_context(admission.turn(Caller("a", casual=True)))
        await held.enter_async_context(admission.turn(Caller("a")))
    assert admission.taken == 0


async def test_a_deadline_that_passes_in_the_queue_is_told_and_the_turn_goes_on() -> None:
    admission = Admission(at_once=1, waiting=4)
    held = AsyncExitStack()
    await held.enter_async_context(admission.turn(Caller("a")))
    with pytest.raises(DeadlineExceeded, match="in the queue"):
        await served(admission, "b", [], left_s=0.01)
    assert admission.waiting == 0
    await held.aclose()
    assert admission.taken == 0
    await asyncio.wait_for(admission.idle(), timeout=1)


async def test_a_call_that_cannot_come_in_time_is_refused_at_once() -> None:
    ticks = iter([0.0, 8.0, 8.0, 16.0])  # calls take 8 s
    admission = Admission(at_once=1, waiting=9, clock=ticks.__next__)
    async with admission.turn(Caller("a")):
        pass
    async with admission.turn(Caller("a")):
        with pytest.raises(DeadlineExceeded, match=r"would come in about 8\.0 s"):
            await served(admission, "b", [], left_s=7.9)
        assert admission.waiting == 0


async def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    admission = Admission(at_once=1, waiting=4)
    held, order, tasks = await queued(admission, "ab")
    tasks[0].cancel()
    await held.aclose()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == ["b"]
    assert (admission.taken, admission.waiting) == (0, 0)


async def test_one_tenant_leaves_turns_to_the_others() -> None:
    admission = Admission(at_once=4, waiting=9, per_tenant=2)
    order: list[str] = []
    async with AsyncExitStack() as held:
        for _ in range(2):
            await held.enter_async_context(admission.turn(Caller("a")))
        third = asyncio.create_task(served(admission, "a", order))
        await asyncio.sleep(0)
        assert (admission.taken, admission.waiting) == (2, 1)
        await served(admission, "b", order)
    await third
    assert order == ["b", "a"]
    assert (admission.taken, admission.waiting) == (0, 0)


async def test_a_turn_goes_to_the_tenant_that_holds_the_fewest() -> None:
    admission = Admission(at_once=2, waiting=9)
    order: list[str] = []
    first, second = AsyncExitStack(), AsyncExitStack()
    for held in (first, second):
        await held.enter_async_context(admission.turn(Caller("a")))
    tasks = [asyncio.create_task(served(admission, tenant, order)) for tenant in "aab"]
    await asyncio.sleep(0)
    await first.aclose()
    await asyncio.gather(*tasks)
    assert order[0] == "b"
    await second.aclose()


async def test_what_is_due_first_is_served_first_within_a_tenant_and_what_has_no_deadline_within_a_minute() -> None:
    admission = Admission(at_once=1, waiting=9)
    order: list[str] = []

    async def call(name: str, left_s: float | None) -> None:
        async with admission.turn(Caller("a", left_s=left_s)):
            order.append(name)

    async with admission.turn(Caller("a")):
        tasks = [asyncio.create_task(call(*each)) for each in (("late", 90.0), ("some day", None), ("soon", 30.0))]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert order == ["soon", "some day", "late"]


@pytest.mark.parametrize(("took_s", "at_once"), [(0.01, 4), (0.5, 2)])
async def test_brisk_calls_are_let_in_ahead(took_s: float, at_once: int) -> None:
    now = [0.0]
    admission = Admission(at_once=2, waiting=9, ahead=2, clock=lambda: now[0])
    async with admission.turn(Caller("a")):
        now[0] += took_s
    async with AsyncExitStack() as held:
        for _ in range(at_once):
            await held.enter_async_context(admission.turn(Caller("a")))
        task = asyncio.create_task(served(admission, "a", []))
        await asyncio.sleep(0)
        assert (admission.taken, admission.waiting) == (at_once, 1)
    await task


async def test_a_casual_call_is_measured_by_its_own_tenant_s_share_too() -> None:
    admission = Admission(at_once=16, waiting=4, per_tenant=8)
    async with AsyncExitStack() as held:
        for _ in range(8):
            await held.enter_async_context(admission.turn(Caller("flood")))
        with pytest.raises(Overloaded, match="casual"):
            await held.enter_async_context(admission.turn(Caller("flood", casual=True)))
        await held.enter_async_context(admission.turn(Caller("polite", casual=True)))
        assert admission.taken == 9


async def test_who_had_less_time_lately_goes_first() -> None:
    now = [0.0]
    admission = Admission(at_once=1, waiting=20, clock=lambda: now[0])
    held, order, tasks = await queued(admission, ["flood", "rare"])
    now[0] = 8.0
    await held.aclose()
    await asyncio.gather(*tasks)
    order.clear()
    held, order, tasks = await queued(admission, ["holder", "holder", "rare", "rare", "rare"])
    await held.aclose()
    await asyncio.gather(*tasks)
    assert order == ["rare", "rare", "rare", "holder", "holder"]


async def test_what_nobody_else_wanted_is_not_held_against_a_tenant() -> None:
    now = [0.0]
    admission = Admission(at_once=1, waiting=20, clock=lambda: now[0])
    async with admission.turn(Caller("alone")):
        now[0] = 8.0
    held, order, tasks = await queued(admission, ["alone", "other"])
    await held.aclose()
    await asyncio.gather(*tasks)
    assert order == ["alone", "other"]


async def test_the_next_step_of_rare_work_does_not_meet_a_call_that_has_just_begun() -> None:
    now = [0.0]
    admission = Admission(at_once=1, waiting=20, clock=lambda: now[0])
    held, order, tasks = await queued(admission, ["flood", "flood", "rare"])
    now[0] = 8.0
    await held.aclose()  # the holder had 8 s while others waited
    await asyncio.gather(*tasks)
    order.clear()
    flood, order, tasks = await queued(admission, ["holder", "holder"])
    rare = [asyncio.create_task(served(admission, "rare", order))]
    await asyncio.sleep(0)
    await flood.aclose()
    await rare[0]
    await served(admission, "rare", order)  # at once, while the others wait
    await asyncio.gather(*tasks)
    assert order == ["rare", "rare", "holder", "holder"]
    assert (admission.taken, admission.waiting) == (0, 0)
    await asyncio.wait_for(admission.idle(), timeout=1)


def test_what_was_had_long_ago_is_forgotten_and_few_are_remembered() -> None:
    usage = Usage()
    usage.add("a", 8.0, now=0.0)
    assert usage.of("a", 0.0) == 8.0
    assert usage.of("a", FORGET_S) == pytest.approx(8 / math.e)
    assert usage.of("b", 0.0) == 0.0
    for number in range(MOST):
        usage.add(f"t{number}", 1.0, now=0.0)
    assert usage.of("a", 0.0) == 8.0
    assert sum(usage.of(f"t{number}", 0.0) for number in range(MOST)) == MOST - 1
