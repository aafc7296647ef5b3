"""Tasks that run beside the calls, and how they end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

T = TypeVar("T")

AGAIN_S: Final = 1.0
"""How long a cancelled task gets before it is cancelled again, seconds."""


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended.

    Once may not do: in Python 3.11 a cancellation that meets the end of an `asyncio.wait_for`, as psycopg has them, is
    lost (https://github.com/python/cpython/issues/86296).
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_S)


async def all_or_first_error(work: Sequence[Coroutine[None, None, T]]) -> list[T]:
    """What each gives, in order, side by side. The first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]
