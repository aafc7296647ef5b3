"""Models that never came up, on a server that speaks Triton's protocol."""

from __future__ import annotations

from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tritonclient.grpc import aio

from services.perception.ports import ModelState
from services.perception.reviving import FIRST_PAUSE_S, LONGEST_PAUSE_S, UNLOADED, Revivals
from services.perception.triton import TritonModels
from tests.fakes.triton import FakeTriton, Vision, triton_serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def revivals(triton: FakeTriton, clock: Clock) -> AsyncIterator[Revivals]:
    async with triton_serving(triton) as (address, _), aio.InferenceServerClient(address) as client:
        yield Revivals(client, clock)


async def seen_absent(revivals: Revivals) -> None:
    """What a probe does, and whatever it set going."""
    revivals.found_absent("read_text")
    for task in list(revivals._loading.values()):  # noqa: SLF001 - what runs in the background has no other name
        await task


async def test_a_model_that_could_not_be_loaded_is_loaded_after_a_while_and_ever_more_seldom() -> None:
    triton, clock = FakeTriton(Vision()), Clock()
    tried = []
    async with revivals(triton, clock) as reviving:
        for now in range(0, 400, 2):
            clock.now = now
            triton.absent["read_text"] = "Internal: its process is not healthy"
            before = len(triton.loads)
            await seen_absent(reviving)
            if len(triton.loads) > before:
                tried.append(clock.now)
    assert tried[0] == FIRST_PAUSE_S
    assert [later - earlier for earlier, later in pairwise(tried)] == [20, 40, 80, 160]
    assert LONGEST_PAUSE_S > 160


@pytest.mark.parametrize("absent", [{}, {"read_text": UNLOADED}, {"other": "Internal: broken"}])
async def test_what_was_taken_away_or_never_there_is_left_alone(absent: dict[str, str]) -> None:
    triton, clock = FakeTriton(Vision()), Clock()
    triton.absent.update(absent)
    async with revivals(triton, clock) as reviving:
        for now in (0, 30, 90):
            clock.now = now
            await seen_absent(reviving)
    assert triton.loads == []


async def test_a_model_that_came_back_by_itself_begins_anew() -> None:
    triton, clock = FakeTriton(Vision()), Clock()
    triton.absent["read_text"] = "Internal: its process is not healthy"
    async with revivals(triton, clock) as reviving:
        await seen_absent(reviving)
        clock.now = FIRST_PAUSE_S
        reviving.found_ready("read_text")
        await seen_absent(reviving)
        assert triton.loads == []
        clock.now = 2 * FIRST_PAUSE_S
        await seen_absent(reviving)
    assert triton.loads == ["read_text"]


async def test_asking_for_its_state_is_what_brings_a_model_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.perception.reviving.FIRST_PAUSE_S", 0.0)
    triton = FakeTriton(Vision())
    triton.absent["read_text"] = "Internal: its process is not healthy"
    async with triton_serving(triton) as (address, _):
        models = TritonModels(address, timeout_s=10)
        assert await models.state("read_text") == ModelState(ready=False, version="")
        while not (await models.state("read_text")).ready:
            pass
        await models.close()
    assert triton.loads == ["read_text"]
