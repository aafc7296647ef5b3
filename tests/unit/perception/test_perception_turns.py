"""Turns at a model: as many at once as it works on, the tenants in turn."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from tritonclient.grpc import model_config_pb2, service_pb2
from tritonclient.utils import InferenceServerException

from services.perception.model_turns import UNKNOWN, ModelTurns, works_on
from services.runtime import tenant


def config(count: int, *, gpus: tuple[int, ...] = (), batch: int = 0) -> model_config_pb2.ModelConfig:
    group = model_config_pb2.ModelInstanceGroup(count=count, gpus=gpus)
    return model_config_pb2.ModelConfig(instance_group=[group], max_batch_size=batch)


@dataclass
class Configured:
    """A Triton's client that knows how its models are configured, or is out of reach."""

    config: model_config_pb2.ModelConfig = field(default_factory=lambda: config(1))
    out_of_reach: bool = False
    asked: int = 0

    async def get_model_config(self, _model: str, *, client_timeout: float) -> Any:
        assert client_timeout > 0
        self.asked += 1
        if self.out_of_reach:
            raise InferenceServerException("out of reach")
        return service_pb2.ModelConfigResponse(config=self.config)


async def look(turns: ModelTurns, name: str, order: list[str], go: asyncio.Event) -> None:
    tenant.set_current(name)
    async with turns.turn("reader"):
        order.append(name)
        await go.wait()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_model_works_on_its_instances_times_its_batch() -> None:
    assert works_on(config(1)) == 1
    assert works_on(config(2, batch=8)) == 16
    assert works_on(config(2, gpus=(0, 1, 2))) == 6
    assert works_on(model_config_pb2.ModelConfig()) == 1


async def test_a_flood_at_a_model_is_passed_by_whoever_asks_rarely() -> None:
    turns, order, go = ModelTurns(Configured()), [], asyncio.Event()  # type: ignore[var-annotated]
    tasks = [asyncio.create_task(look(turns, "flood", order, go)) for _ in range(8)]
    await settled()
    tasks.append(asyncio.create_task(look(turns, "polite", order, go)))
    await settled()
    assert order == ["flood"]
    go.set()
    await asyncio.gather(*tasks)
    assert order[1] == "polite"


async def test_while_triton_cannot_say_it_is_asked_anew() -> None:
    client, go = Configured(out_of_reach=True), asyncio.Event()
    turns, order = ModelTurns(client), []  # type: ignore[var-annotated]
    tasks = [asyncio.create_task(look(turns, "a", order, go)) for _ in range(UNKNOWN + 3)]
    await settled()
    assert len(order) == UNKNOWN
    client.out_of_reach, client.config = False, config(2)
    tasks += [asyncio.create_task(look(turns, "a", order, go)) for _ in range(4)]
    await settled()
    assert (len(order), client.asked) == (UNKNOWN + 2, 2)
    go.set()
    await asyncio.gather(*tasks)
