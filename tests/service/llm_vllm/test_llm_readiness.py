"""Whether the llm service is ready, by grpc.health.v1, as its endpoint comes and goes."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.common.errors import PartUnavailable
from services.llm.__main__ import parts_on
from services.llm.core.trouble import ModelTrouble, Trouble
from services.llm.openai import OpenAiEndpoint, Pace
from services.llm.settings import LlmSettings
from services.llm.watch import Watch
from services.runtime.server import serving
from tests.fakes.openai_endpoint import OpenAiSimulator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SERVING = health_pb2.HealthCheckResponse.SERVING


@asynccontextmanager
async def states(endpoint: str, *, required: bool) -> AsyncIterator[AsyncIterator[int]]:
    settings = LlmSettings(port=0, grace_s=0, endpoint=endpoint, require_endpoint=required, probe_hold_off_s=0.05)
    async with (
        parts_on(settings) as service,
        serving(service, settings) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        watch = health_pb2_grpc.HealthStub(channel).Watch(  # type: ignore[attr-defined]  # the stubs forget it
            health_pb2.HealthCheckRequest()
        )
        yield (answer.status async for answer in watch)


async def test_without_its_endpoint_it_is_ready_because_the_rules_are() -> None:
    async with OpenAiSimulator() as gone:
        await gone.stop()
        async with states(gone.url, required=False) as seen:
            assert SERVING in [status async for status in first_until(seen, SERVING)]


async def test_where_the_endpoint_is_required_it_is_ready_with_it() -> None:
    async with OpenAiSimulator() as endpoint, states(endpoint.url, required=True) as seen:
        assert SERVING in [status async for status in first_until(seen, SERVING)]


@pytest.mark.parametrize(
    ("endpoint", "trouble"),
    [(OpenAiSimulator(holds_schemas=False), "unable"), (OpenAiSimulator(models=("a", "b")), "wrong_model")],
)
async def test_an_endpoint_that_does_not_fit_is_named(endpoint: OpenAiSimulator, trouble: str) -> None:
    async with endpoint, aclosing(adapter_of(endpoint)) as adapter:
        watch = Watch(adapter, hold_off_s=60)
        for _ in range(2):
            with pytest.raises(PartUnavailable) as caught:
                await watch.ready()
            assert caught.value.metadata["trouble"] == trouble
    assert endpoint.probes <= 4, "a failed probe is believed for a while"


async def test_an_endpoint_that_was_lost_is_looked_at_anew() -> None:
    async with OpenAiSimulator() as endpoint, aclosing(adapter_of(endpoint)) as adapter:
        watch = Watch(adapter, hold_off_s=60)
        first = await watch.abilities()
        endpoint.sees_images = True
        watch.forget(ModelTrouble(Trouble.BUSY, "later"))
        assert await watch.abilities() == first
        watch.forget(ModelTrouble(Trouble.UNREACHABLE, "gone"))
        assert (await watch.abilities()).images


def adapter_of(endpoint: OpenAiSimulator) -> OpenAiEndpoint:
    return OpenAiEndpoint(endpoint.url, pace=Pace())


async def first_until(seen: AsyncIterator[int], wanted: int) -> AsyncIterator[int]:
    """States up to and with the wanted one."""
    async for status in seen:
        yield status
        if status == wanted:
            return
