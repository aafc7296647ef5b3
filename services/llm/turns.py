"""Turns at the endpoint: who may ask, how long it may take, what is known of whom is asked, and what went wrong."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import structlog

from services.llm import genai
from services.llm.core.trouble import ModelTrouble, Trouble
from services.runtime import deadlines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.llm.admission import Admission
    from services.llm.endpoint import Abilities
    from services.llm.watch import Watch

log = structlog.get_logger()


class Turns:
    """Gives out turns.

    Args:
        admission: The queue.
        watch: What is known of the endpoint.
        answer_s: How long one call may take with all its tries, seconds; less where the caller's deadline is nearer.
    """

    def __init__(self, *, admission: Admission, watch: Watch, answer_s: float) -> None:
        self._admission = admission
        self._watch = watch
        self._answer_s = answer_s

    @asynccontextmanager
    async def asking(self, *, reserve_s: float) -> AsyncIterator[tuple[Abilities, float]]:
        """A turn. Yields what the endpoint can do, and the event loop's time by which to be done.

        Args:
            reserve_s: Kept of the caller's deadline for what comes after, seconds.

        Raises:
            Overloaded: The queue is full.
            ModelTrouble: There is no time, or no endpoint.
        """
        left = self._answer_s
        remaining = deadlines.remaining()
        if remaining is not None:
            left = min(left, remaining - reserve_s)
        if left <= 0:
            raise ModelTrouble(Trouble.NO_TIME, "the deadline left no time to ask")
        until = asyncio.get_running_loop().time() + left
        async with self._admission.turn(until=until):
            yield await self._abilities(until), until

    def failed(self, operation: str, trouble: ModelTrouble, **facts: int) -> None:
        """Note that an operation got no answer from the model."""
        self._watch.forget(trouble)
        genai.failed(operation, trouble.trouble.value)
        log.warning(
            "no answer of the language model",
            operation=operation,
            trouble=trouble.trouble.value,
            problem=trouble.detail,
            **facts,
        )

    async def _abilities(self, until: float) -> Abilities:
        try:
            async with asyncio.timeout_at(until):
                return await self._watch.abilities()
        except TimeoutError as error:
            raise ModelTrouble(Trouble.NO_TIME, "the deadline passed while the endpoint was probed") from error
