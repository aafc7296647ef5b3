"""Models that died, or never came up, are loaded anew.

Triton does not start a dead process again, and goes on calling its model ready. One whose process died while it was
loading stays away for good, and the server calls itself well.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog
from tritonclient.utils import InferenceServerException

if TYPE_CHECKING:
    from collections.abc import Callable

    from tritonclient.grpc import aio

log = structlog.get_logger()

LOAD_S: Final = 120.0
"""How long a model may take to load again, seconds."""

ASK_S: Final = 2.0
"""How long Triton may take to say what it knows of its models, seconds."""

FIRST_PAUSE_S: Final = 10.0
LONGEST_PAUSE_S: Final = 600.0
"""How long a model that is not there is left alone before it is loaded: twice as long each time, at most so long."""

UNLOADED: Final = "unloaded"
"""What Triton says of a model that somebody took away on purpose."""


@dataclass(slots=True)
class _Absence:
    """Of a model that is not ready: when it may be looked after, and how long it is left alone after that. Seconds."""

    until: float
    pause_s: float


class Revivals:
    """What is being loaded anew on one Triton.

    Args:
        client: Of that Triton.
        clock: Seconds from any beginning.
    """

    def __init__(self, client: aio.InferenceServerClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._loading: dict[str, asyncio.Task[None]] = {}
        self._absent: dict[str, _Absence] = {}

    async def revived(self, model: str) -> None:
        """Return when a model whose process died was loaded anew; callers who find it dead wait for one revival.

        The call that found out still fails, with UNAVAILABLE: its caller's retry finds the model alive.
        """
        await asyncio.shield(self._begun(model))

    def found_ready(self, model: str) -> None:
        """Take note that nothing is to be done for a model."""
        self._absent.pop(model, None)

    def found_absent(self, model: str) -> None:
        """Take note that a model is not ready; after a while, and ever more seldom, it is loaded in the background."""
        now = self._clock()
        absence = self._absent.setdefault(model, _Absence(now + FIRST_PAUSE_S, FIRST_PAUSE_S))
        if now >= absence.until and model not in self._loading:
            absence.pause_s = min(2 * absence.pause_s, LONGEST_PAUSE_S)
            absence.until = now + absence.pause_s
            self._begun(model, failed_alone=True)

    def _begun(self, model: str, *, failed_alone: bool = False) -> asyncio.Task[None]:
        task = self._loading.get(model)
        if task is None:
            task = asyncio.create_task(self._load(model, failed_alone=failed_alone))
            self._loading[model] = task
            task.add_done_callback(lambda _: self._loading.pop(model, None))
        return task

    async def _load(self, model: str, *, failed_alone: bool) -> None:
        try:
            if failed_alone and not await self._failed(model):
                return
            log.warning("reviving", model=model)
            await self._client.unload_model(model, client_timeout=LOAD_S)
            await self._client.load_model(model, client_timeout=LOAD_S)
        except (InferenceServerException, AttributeError) as error:  # None came where an answer could not be parsed
            # A Triton whose models are not controlled from outside: it has to be restarted by whoever runs it.
            log.error("not revived", model=model, said=str(error))  # noqa: TRY400 - said in full

    async def _failed(self, model: str) -> bool:
        """Whether Triton has the model, and could not load it."""
        index = await self._client.get_model_repository_index(client_timeout=ASK_S)
        return any(
            each.name == model and each.state == "UNAVAILABLE" and each.reason != UNLOADED for each in index.models
        )
