"""Who gets to a model next. Triton's queue knows no tenants, so calls wait here, and there only as many as run.

Of a brisk model as many again wait in Triton: it would stand still while the next call is on its way.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from tritonclient.utils import InferenceServerException

from services.common.errors import Overloaded
from services.perception.aside import MOST_WAITING
from services.runtime import deadlines, tenant
from services.runtime.admission import Admission, Caller, TooLate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tritonclient.grpc import aio, model_config_pb2

log = structlog.get_logger()

TIMEOUT_S: Final = 2.0
"""How long Triton may take to say how a model is configured, seconds."""

UNKNOWN: Final = 8
"""Calls at once to a model of which Triton does not say how many it works on."""


@dataclass(frozen=True, slots=True)
class _Served:
    """How Triton serves a model: the turns at it, and whether it takes requests together."""

    turns: Admission
    batches: bool


class ModelTurns:
    """Turns at the models of one Triton, the tenants in turn, as many at once as each model works on.

    Args:
        client: Of that Triton, or of several behind one address.
        servers: How many these are.
    """

    def __init__(self, client: aio.InferenceServerClient, servers: int = 1) -> None:
        self._client = client
        self._servers = servers
        self._known: dict[str, asyncio.Task[_Served]] = {}

    @asynccontextmanager
    async def turn(self, model: str) -> AsyncIterator[None]:
        """A turn at a model, as long as the context lasts.

        Raises:
            Overloaded: It would come after the deadline: too much waits for the model.
            DeadlineExceeded: It came too late.
        """
        turns = (await self._served(model)).turns
        try:
            async with turns.turn(Caller(tenant.current_tenant(), left_s=deadlines.remaining())):
                yield
        except TooLate as error:
            raise Overloaded(
                f"more looks wait for {model} than end before the deadline",
                retry_after_s=max(1.0, round(error.late_s, 1)),
                remedy="try again a little later, allow more time, or give the model more instances",
                model=model,
                what="calls waiting for the model",
            ) from error

    async def batches(self, model: str) -> bool:
        """Whether every tensor of a model has an axis of requests in front, of one for each that is sent."""
        return (await self._served(model)).batches

    def forget(self, model: str) -> None:
        """Ask anew how a model is configured: it may come back as another."""
        self._known.pop(model, None)

    async def _served(self, model: str) -> _Served:
        if model not in self._known:
            self._known[model] = asyncio.create_task(self._learn(model))
        learning = self._known[model]
        return learning.result() if learning.done() else await asyncio.shield(learning)

    async def _learn(self, model: str) -> _Served:
        try:
            response = await self._client.get_model_config(model, client_timeout=TIMEOUT_S)
            at_once, batches = self._servers * works_on(response.config), response.config.max_batch_size > 0
        except (InferenceServerException, AttributeError) as error:  # None came where it could not be parsed
            log.warning("a model's instances are not known", model=model, said=str(error))
            at_once, batches = UNKNOWN, False
            self.forget(model)
        return _Served(Admission(at_once=at_once, waiting=MOST_WAITING, ahead=at_once), batches)


def works_on(config: model_config_pb2.ModelConfig) -> int:
    """How many calls a model works on at once: its instances, and in each as many as it batches."""
    instances = sum(group.count * max(1, len(group.gpus)) for group in config.instance_group)
    return int(max(1, instances) * max(1, config.max_batch_size))
