"""Pixels for a Triton on this host, through shared memory: they are copied once, and gRPC carries their name alone.

A region is lent to one call at a time and wiped when it comes back, so that no picture stays in it. One whose call did
not end well is thrown away: Triton may still read it. Whatever hinders sharing (another host, a container without the
same /dev/shm, no room) is said in the log, and for a while pixels travel with the request. A Triton that is away
hinders the one call alone.
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec

import numpy as np
import structlog
from tritonclient.utils import InferenceServerException

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tritonclient.grpc import InferInput, aio

    from services.perception.ports import Pixels

P = ParamSpec("P")

log = structlog.get_logger()

LOCAL: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""Hosts that are this one."""

FOLDER: Final = Path("/dev/shm")  # noqa: S108 - where Linux keeps named regions
NAME: Final = "groundwire-pixels-"
"""How the names of regions begin; the number of the process follows, so that one sees whose they are."""

LEAST_BYTES: Final = 1 << 18
"""Smallest region. The sizes are powers of two, so that regions fit many pictures."""

WORTHWHILE_BYTES: Final = 1 << 16
"""What is shorter travels with the request: it costs nothing there. bench/bench_pixels.py."""

MAX_BYTES: Final = 1 << 29
"""Most bytes of all regions together; beyond, pixels travel with the request."""

ASIDE_BYTES: Final = 1 << 22
"""What is longer is copied in a thread, since the copy takes a millisecond and more."""

TIMEOUT_S: Final = 5.0
"""How long Triton may take to register a region, seconds."""

AWAY: Final = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"})
"""Status of a registration that a Triton did not answer: it starts, or is busy."""

PAUSE_S: Final = 60.0
"""How long nothing is shared after sharing failed, seconds: what hindered it may be over by then."""

UNKNOWN_REGION: Final = "Unable to find shared memory region"
"""How Triton begins to say that it was restarted since a region was registered."""


@dataclass(frozen=True, slots=True, eq=False)
class _Region:
    memory: SharedMemory

    @property
    def name(self) -> str:
        return self.memory.name

    def view(self, shape: tuple[int, ...]) -> Pixels:
        return np.ndarray(shape, np.uint8, buffer=self.memory.buf)


class SharedPixels:
    """Regions of shared memory that one Triton has registered.

    Args:
        client: Of that Triton.
        address: Of that Triton, host:port.
    """

    def __init__(self, client: aio.InferenceServerClient, address: str) -> None:
        self._client = client
        self._on = address.rpartition(":")[0] in LOCAL and FOLDER.is_dir()
        self._paused_until = 0.0
        self._free: list[_Region] = []
        self._all: set[_Region] = set()

    @asynccontextmanager
    async def lent(self, pixels: Pixels, tensor: InferInput) -> AsyncIterator[bool]:
        """Whether `tensor` has the pixels by shared memory, until the context ends; else it is left as it was."""
        shares = self._on and time.monotonic() >= self._paused_until
        region = await self._taken(pixels.nbytes) if shares and pixels.nbytes >= WORTHWHILE_BYTES else None
        if region is None:
            yield False
            return
        view = region.view(pixels.shape)
        try:
            await _aside(pixels.nbytes, view.__setitem__, ..., pixels)
            tensor.set_shared_memory(region.name, pixels.nbytes)
            yield True
        except BaseException:
            del view  # memory that is looked at cannot be closed
            await self._discard(region)
            raise
        await _aside(pixels.nbytes, view.fill, 0)
        self._free.append(region)

    async def forget(self) -> None:
        """Throw away every region that is not lent: Triton does not know them any more."""
        free, self._free = self._free, []
        for region in free:
            await self._discard(region)

    async def close(self) -> None:
        """Throw away every region."""
        self._on = False
        for region in list(self._all):
            await self._discard(region)

    async def _taken(self, size: int) -> _Region | None:
        """A region with that much room; None where none can be had."""
        fitting = [region for region in reversed(self._free) if region.memory.size >= size]
        if fitting:
            # Of those that fit equally the one that came back last: a cache may still hold it.
            region = min(fitting, key=lambda each: each.memory.size)
            self._free.remove(region)
            return region
        rounded = max(LEAST_BYTES, 1 << (size - 1).bit_length())
        while self._free and sum(each.memory.size for each in self._all) + rounded > MAX_BYTES:
            await self._discard(self._free.pop(0))
        if sum(each.memory.size for each in self._all) + rounded > MAX_BYTES:
            return None
        return await self._made(rounded)

    async def _made(self, size: int) -> _Region | None:
        try:
            region = _Region(SharedMemory(f"{NAME}{os.getpid()}-{uuid.uuid4().hex}", create=True, size=size))
        except OSError as error:
            self._give_up(error)
            return None
        self._all.add(region)
        try:
            _reserve(region.name, size)
            await self._client.register_system_shared_memory(
                region.name, f"/{region.name}", size, client_timeout=TIMEOUT_S
            )
        except (OSError, InferenceServerException) as error:
            if not _passes(error):
                self._give_up(error)
            await self._discard(region)
            return None
        return region

    def _give_up(self, error: Exception) -> None:
        log.warning("pixels are not shared with triton", why=str(error), pause_s=PAUSE_S)
        self._paused_until = time.monotonic() + PAUSE_S

    async def _discard(self, region: _Region) -> None:
        self._all.discard(region)
        with suppress(InferenceServerException):
            await self._client.unregister_system_shared_memory(region.name, client_timeout=TIMEOUT_S)
        region.memory.close()
        with suppress(FileNotFoundError):
            region.memory.unlink()


def _passes(error: Exception) -> bool:
    """Whether what hinders is that Triton is out of reach just now, and not that it cannot share."""
    status = str(error.status()) if isinstance(error, InferenceServerException) else ""
    return status.removeprefix("StatusCode.") in AWAY


def _reserve(name: str, size: int) -> None:
    """Have the pages now: a process that writes to a region for which there is no room left is killed.

    Raises:
        OSError: There is no room.
    """
    with (FOLDER / name).open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, size)


async def _aside(size: int, work: Callable[P, None], *arguments: P.args, **named: P.kwargs) -> None:
    """Do what takes longer the longer `size` is."""
    if size < ASIDE_BYTES:
        work(*arguments, **named)
    else:
        await asyncio.to_thread(work, *arguments, **named)
