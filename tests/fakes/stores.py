"""Keys, copies of checkpoints and a clock in memory, behind the same ports as the real ones."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from services.common.errors import PartUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence


class FixedClock:
    """`Clock` that stands still until it is set."""

    def __init__(self, time: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)) -> None:
        """Stand at a time."""
        self.time = time

    def now(self) -> datetime:
        """See `Clock`."""
        return self.time


class HeldPictures:
    """`Pictures` in memory; while `away`, out of reach."""

    def __init__(self, *digests: str) -> None:
        """Hold some."""
        self.digests = set(digests)
        self.away = False

    async def forget(self, image_digest: str) -> None:
        """See `Pictures`."""
        if self.away:
            raise PartUnavailable("perception is out of reach", part="perception", remedy="try again")
        self.digests.discard(image_digest)


class MemoryCopies:
    """`Copies` in memory.

    Attributes:
        notes: Copies by size.
        kept: Set once there is one.
        out_of_reach: While true, everything raises `PartUnavailable`.
    """

    def __init__(self) -> None:
        """Start empty and in reach."""
        self.notes: dict[int, str] = {}
        self.kept = asyncio.Event()
        self.out_of_reach = False

    async def keep(self, size: int, note: str) -> str:
        """See `Copies`."""
        self._reach()
        self.kept.set()
        return self.notes.setdefault(size, note)

    async def newest(self, at_least: int) -> str | None:
        """See `Copies`."""
        self._reach()
        newest = max((size for size in self.notes if size >= at_least), default=None)
        return None if newest is None else self.notes[newest]

    def _reach(self) -> None:
        if self.out_of_reach:
            raise PartUnavailable("the copies are out of reach", remedy="try again", part="checkpoints")


class MemoryKeys:
    """`Keys` in memory, by name. While `out_of_reach`, everything raises `PartUnavailable`."""

    def __init__(self) -> None:
        """Start empty and in reach."""
        self.keys: dict[str, bytes] = {}
        self.out_of_reach = False

    async def take(self) -> tuple[str, bytes]:
        """See `Keys`."""
        self._reach()
        name = f"{len(self.keys)}"
        self.keys[name] = os.urandom(32)
        return name, self.keys[name]

    async def get(self, name: str) -> bytes | None:
        """See `Keys`."""
        self._reach()
        return self.keys.get(name) or None

    async def destroy(self, names: Sequence[str]) -> None:
        """See `Keys`."""
        self._reach()
        self.keys.update(dict.fromkeys(names, b""))

    async def secret(self) -> bytes:
        """See `Keys`."""
        self._reach()
        return bytes(32)

    def _reach(self) -> None:
        if self.out_of_reach:
            raise PartUnavailable("the key store is out of reach", remedy="try again", part="keys")
