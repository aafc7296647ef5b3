"""Grounding contexts shared between replicas, in Valkey or Redis.

One hash an image, so that one deletion forgets it: `groundwire:context:<tenant>/<image digest>`, a field for each thing
that was seen. The names of the fields are digests, and the hash goes by itself some time after it was last added to.
What the store cannot do is not done: it makes looks cheaper, and no look waits for it or fails by it. Forgetting does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.common.errors import PartUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = structlog.get_logger()

TIMEOUT_S: Final = 0.5
"""How long one command may take, seconds."""

PAUSE_S: Final = 5.0
"""How long a store that failed is left alone, seconds."""


class ValkeyContexts:
    """The port `SharedContexts`.

    Args:
        url: redis://host:port/number or rediss://….
        keep_s: How long an image's hash outlives its last addition, seconds.
    """

    def __init__(self, url: str, *, keep_s: float) -> None:
        self._store = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
        self._keep_s = keep_s
        self._paused_until = 0.0

    async def close(self) -> None:
        """Close the connections."""
        await self._store.aclose()

    async def get(self, image: str, names: Sequence[str]) -> Sequence[bytes | None]:
        """What is kept under each name; None for what is not, or cannot be had."""
        if self._paused():
            return [None] * len(names)
        try:
            kept = await self._store.hmget(_key(image), list(names))
        except (RedisError, OSError) as error:
            self._pause(error)
            return [None] * len(names)
        return [each if isinstance(each, bytes) else None for each in kept]

    async def put(self, image: str, contents: Mapping[str, bytes]) -> None:
        """Keep contents by name, if the store takes them."""
        if self._paused() or not contents:
            return
        try:
            async with self._store.pipeline(transaction=True) as commands:
                commands.hset(_key(image), mapping=dict(contents))  # type: ignore[arg-type]
                commands.pexpire(_key(image), int(self._keep_s * 1000))
                await commands.execute()
        except (RedisError, OSError) as error:
            self._pause(error)

    async def forget(self, image: str) -> None:
        """Keep nothing of an image.

        Raises:
            PartUnavailable: The store cannot be reached, and may keep what it has.
        """
        try:
            await self._store.delete(_key(image))
        except (RedisError, OSError) as error:
            raise PartUnavailable(
                "the store of shared grounding contexts cannot be reached, so that it may still hold what was seen",
                remedy="see that it runs, then erase the image again",
                part="contexts",
            ) from error

    def _paused(self) -> bool:
        return time.monotonic() < self._paused_until

    def _pause(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + PAUSE_S
        log.warning("shared contexts out of reach", why=type(error).__name__, pause_s=PAUSE_S)


def _key(image: str) -> str:
    return f"groundwire:context:{image}"
