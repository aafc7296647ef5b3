"""Work on pixels, off the event loop, the tenants in turn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

from services.runtime import tenant
from services.runtime.admission import Admission, Caller

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

P = ParamSpec("P")
T = TypeVar("T")

MOST_WAITING: Final = 100_000
"""More than there can be: who waits here was let in at the door."""


class Aside:
    """Runs plain functions in the given threads, so that the event loop never waits for them.

    Args:
        threads: Where.
        at_once: How many threads these are.
    """

    def __init__(self, threads: Executor, at_once: int) -> None:
        self._threads = threads
        self._turns = Admission(at_once=at_once, waiting=MOST_WAITING)

    async def __call__(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """What `work` returns or raises."""
        loop = asyncio.get_running_loop()
        async with self._turns.turn(Caller(tenant.current_tenant())):
            return await loop.run_in_executor(self._threads, lambda: work(*arguments, **named))
