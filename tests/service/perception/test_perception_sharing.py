"""Pixels by shared memory, to a simulated Triton that reads them where they lie; and Triton's full queue."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
import numpy as np
import pytest

from services.common.errors import DeadlineExceeded, ModelOutput, Overloaded
from services.perception import shared_pixels
from services.perception.shared_pixels import FOLDER, NAME, WORTHWHILE_BYTES
from services.perception.triton import TritonModels
from services.runtime import deadlines
from tests.fakes.triton import RED, FakeTriton, Vision, picture, triton_serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SIGN = picture((400, 300), {RED: (20, 30, 80, 50)})
SMALL = picture((100, 60), {RED: (20, 30, 80, 50)})


@pytest.fixture
def triton() -> FakeTriton:
    return FakeTriton(Vision(lettering={RED: "EXIT"}))


@asynccontextmanager
async def models_on(address: str, *, share: bool = True) -> AsyncIterator[TritonModels]:
    models = TritonModels(address, timeout_s=30, share=share)
    try:
        yield models
    finally:
        await models.close()


@pytest.fixture
async def models(triton: FakeTriton) -> AsyncIterator[TritonModels]:
    async with triton_serving(triton) as (address, _), models_on(address) as connected:
        yield connected


def regions_of(triton: FakeTriton) -> list[Path]:
    return [FOLDER / key.lstrip("/") for key in triton.regions.values()]


async def test_pixels_are_read_where_they_lie_and_wiped_afterwards(models: TritonModels, triton: FakeTriton) -> None:
    for _ in range(3):
        assert (await models.read_text("read_text", SIGN)).words == ("EXIT",)
    (region,) = regions_of(triton)
    assert triton.shared == 3
    assert not any(region.read_bytes())


async def test_every_kind_of_call_can_share(models: TritonModels, triton: FakeTriton) -> None:
    await models.detect("read_text", SIGN, ("cup",))
    assert (await models.segment("read_text", SIGN, np.array([[20.0, 30, 80, 50]]))).masks.sum() == 60 * 20
    assert triton.shared == 2


async def test_calls_at_once_have_a_region_each_and_later_ones_use_them_again(
    models: TritonModels, triton: FakeTriton
) -> None:
    pictures = [picture((400, 300), {RED: (20 + shift, 30, 80, 50)}) for shift in range(8)]
    for _ in range(2):
        found = await asyncio.gather(*(models.read_text("read_text", each) for each in pictures))
        assert [each.polygons[0, 0, 0] for each in found] == [20 + shift for shift in range(8)]
    assert triton.shared == 16
    assert len(triton.regions) <= 8


async def test_what_is_small_travels_with_the_request(models: TritonModels, triton: FakeTriton) -> None:
    assert SMALL.nbytes < WORTHWHILE_BYTES
    assert (await models.read_text("read_text", SMALL)).words == ("EXIT",)
    assert triton.shared == 0


async def test_a_server_that_cannot_have_the_memory_gets_the_pixels(models: TritonModels, triton: FakeTriton) -> None:
    triton.shares = False
    for _ in range(2):
        assert (await models.read_text("read_text", SIGN)).words == ("EXIT",)
    assert (triton.shared, triton.regions) == (0, {})


async def test_a_server_that_was_away_when_a_region_was_brought_shares_later(
    models: TritonModels, triton: FakeTriton
) -> None:
    triton.away = True
    assert (await models.read_text("read_text", SIGN)).words == ("EXIT",)
    triton.away = False
    assert (await models.read_text("read_text", SIGN)).words == ("EXIT",)
    assert triton.shared == 1


async def test_what_hindered_sharing_is_tried_again(
    models: TritonModels, triton: FakeTriton, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_pixels, "PAUSE_S", 0.0)
    triton.shares = False
    await models.read_text("read_text", SIGN)
    triton.shares = True
    await models.read_text("read_text", SIGN)
    assert triton.shared == 1


async def test_sharing_can_be_switched_off(triton: FakeTriton) -> None:
    async with triton_serving(triton) as (address, _), models_on(address, share=False) as models:
        assert (await models.read_text("read_text", SIGN)).words == ("EXIT",)
    assert triton.shared == 0


async def test_a_server_that_was_restarted_is_sent_the_pixels_and_shares_again(
    models: TritonModels, triton: FakeTriton
) -> None:
    await models.read_text("read_text", SIGN)
    triton.regions.clear()
    assert (await models.read_text("read_text", SIGN)).words == ("EXIT",)
    assert (await models.read_text("read_text", SIGN)).words == ("EXIT",)
    assert triton.shared == 2


async def test_a_region_whose_call_did_not_end_well_is_not_lent_again(models: TritonModels, triton: FakeTriton) -> None:
    triton.refusal = (grpc.StatusCode.INTERNAL, "it broke")
    with pytest.raises(ModelOutput):
        await models.read_text("read_text", SIGN)
    assert triton.regions == {}
    triton.refusal, triton.stalls = None, True
    deadlines.set_remaining(0.3)
    with pytest.raises(DeadlineExceeded):
        await models.read_text("read_text", SIGN)
    assert triton.regions == {}


async def test_nothing_is_left_behind(triton: FakeTriton) -> None:
    async with triton_serving(triton) as (address, _):
        async with models_on(address) as models:
            await models.read_text("read_text", SIGN)
            regions = regions_of(triton)
            assert all(region.exists() and region.name.startswith(NAME) for region in regions)
        assert triton.regions == {}
    assert not any(region.exists() for region in regions)


async def test_a_full_queue_is_overload_and_says_when_to_come_back(models: TritonModels, triton: FakeTriton) -> None:
    triton.refusal = (grpc.StatusCode.UNAVAILABLE, "[request id: <id_unknown>] Exceeds maximum queue size")
    with pytest.raises(Overloaded) as refused:
        await models.read_text("read_text", SIGN)
    assert refused.value.retry_after_s > 0
    assert refused.value.metadata["model"] == "read_text"
