"""Who gets to ask the language model, and who has to wait or to come back later."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.common.errors import Overloaded
from services.llm import genai
from services.llm.core.trouble import ModelTrouble, Trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Admission:
    """A bounded queue before a bounded number of turns.

    Args:
        at_once: Turns at the same time.
        waiting: Calls that may wait for one.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._turns = asyncio.Semaphore(at_once)
        self._most_waiting = waiting
        self._waiting = 0

    @asynccontextmanager
    async def turn(self, *, until: float) -> AsyncIterator[None]:
        """A turn, as long as the context lasts. `until` is the event loop's time up to which it is worth waiting.

        Raises:
            Overloaded: The queue is full.
            ModelTrouble: The turn did not come in time.
        """
        began = asyncio.get_running_loop().time()
        await self._queue(until)
        genai.queued(asyncio.get_running_loop().time() - began)
        try:
            yield
        finally:
            self._turns.release()

    async def _queue(self, until: float) -> None:
        if self._turns.locked() and self._waiting >= self._most_waiting:
            raise Overloaded(
                f"{self._waiting} calls wait for the language model already",
                retry_after_s=1.0,
                remedy="try again a little later",
                limit=str(self._most_waiting),
                what="calls waiting for the language model",
            )
        self._waiting += 1
        try:
            async with asyncio.timeout_at(until):
                await self._turns.acquire()
        except TimeoutError as error:
            raise ModelTrouble(Trouble.NO_TIME, "the deadline passed in the queue") from error
        finally:
            self._waiting -= 1
