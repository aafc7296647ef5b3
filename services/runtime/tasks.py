"""Tasks that run beside the calls, and how they end."""

from __future__ import annotations

import asyncio
from typing import Final

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
