"""Who gets to ask the language model, and who has to wait or to come back later."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from services.common.errors import DeadlineExceeded
from services.llm import genai
from services.llm.core.trouble import ModelTrouble, Trouble
from services.runtime import admission, tenant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Admission:
    """A bounded queue before a bounded number of turns; the tenants are served in turn.

    Args:
        at_once: Turns at the same time.
        waiting: Calls that may wait for one.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._turns = admission.Admission(at_once=at_once, waiting=waiting, of="the language model")

    @asynccontextmanager
    async def turn(self, *, until: float) -> AsyncIterator[None]:
        """A turn, as long as the context lasts. `until` is the event loop's time up to which it is worth waiting.

        Raises:
            Overloaded: The queue is full.
            ModelTrouble: The turn does not come in time.
        """
        began = asyncio.get_running_loop().time()
        caller = admission.Caller(tenant.current_tenant(), left_s=until - began)
        async with AsyncExitStack() as held:
            try:
                await held.enter_async_context(self._turns.turn(caller))
            except DeadlineExceeded as error:
                raise ModelTrouble(Trouble.NO_TIME, error.message) from error
            genai.queued(asyncio.get_running_loop().time() - began)
            yield
