"""Who gets to a model next. Triton's queue knows no tenants, so calls wait here, and there only as many as run."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import structlog
from tritonclient.utils import InferenceServerException

from services.perception.aside import MOST_WAITING
from services.runtime import deadlines, tenant
from services.runtime.admission import Admission, Caller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tritonclient.grpc import aio, model_config_pb2

log = structlog.get_logger()

TIMEOUT_S: Final = 2.0
"""How long Triton may take to say how a model is configured, seconds."""

UNKNOWN: Final = 8
"""Calls at once to a model of which Triton does not say how many it works on."""


class ModelTurns:
    """Turns at the models of one Triton, the tenants in turn, as many at once as each model works on.

    Args:
        client: Of that Triton, or of several behind one address.
        servers: How many these are.
    """

    def __init__(self, client: aio.InferenceServerClient, servers: int = 1) -> None:
        self._client = client
        self._servers = servers
        self._turns: dict[str, asyncio.Task[Admission]] = {}

    @asynccontextmanager
    async def turn(self, model: str) -> AsyncIterator[None]:
        """A turn at a model, as long as the context lasts.

        Raises:
            DeadlineExceeded: It would come too late, or came too late.
        """
        if model not in self._turns:
            self._turns[model] = asyncio.create_task(self._learn(model))
        turns = await asyncio.shield(self._turns[model])
        async with turns.turn(Caller(tenant.current_tenant(), left_s=deadlines.remaining())):
            yield

    def forget(self, model: str) -> None:
        """Ask anew how a model is configured: it may come back as another."""
        self._turns.pop(model, None)

    async def _learn(self, model: str) -> Admission:
        try:
            response = await self._client.get_model_config(model, client_timeout=TIMEOUT_S)
            at_once = self._servers * works_on(response.config)
        except (InferenceServerException, AttributeError) as error:  # None came where it could not be parsed
            log.warning("a model's instances are not known", model=model, said=str(error))
            at_once = UNKNOWN
            self.forget(model)
        return Admission(at_once=at_once, waiting=MOST_WAITING)


def works_on(config: model_config_pb2.ModelConfig) -> int:
    """How many calls a model works on at once: its instances, and in each as many as it batches."""
    instances = sum(group.count * max(1, len(group.gpus)) for group in config.instance_group)
    return int(max(1, instances) * max(1, config.max_batch_size))
