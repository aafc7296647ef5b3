"""Which calls are served now, which wait, which are refused: one tenant's flood is not another's drought."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.common.errors import DeadlineExceeded, Overloaded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

CASUAL_SHARE: Final = 0.75
"""Calls with little at stake are refused once this share of the turns is taken: the rest is kept for the others."""

SMOOTHING: Final = 0.1
"""Weight of the newest duration in the running mean of durations."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What admission knows of a call.

    Attributes:
        tenant: For whom it is made.
        casual: Whether little is at stake.
        left_s: Until its deadline, seconds; None without one.
    """

    tenant: str
    casual: bool = False
    left_s: float | None = None


class Admission:
    """A bounded number of turns, and a bounded queue before them from which the tenants are served in turn.

    A call that finds a turn free takes it. One that does not waits behind its own tenant's calls alone: whoever leaves
    hands the turn to the next tenant's first. Where the queue is full, the tenant with the most calls in it loses its
    newest. A call that will not get its turn before its deadline, by how long calls have taken, is refused at once.
    """

    def __init__(self, *, at_once: int, waiting: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with all turns free.

        Args:
            at_once: Turns.
            waiting: Most calls in the queue, over all tenants.
            clock: Seconds from any beginning.
        """
        self._clock = clock
        self._at_once = at_once
        self._most_waiting = waiting
        self._taken = 0
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._mean_s = 0.0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def taken(self) -> int:
        """Calls that are being served."""
        return self._taken

    @property
    def waiting(self) -> int:
        """Calls in the queue."""
        return sum(map(len, self._queues.values()))

    @asynccontextmanager
    async def turn(self, caller: Caller) -> AsyncIterator[None]:
        """A turn, as long as the context lasts.

        Raises:
            Overloaded: There is no room for the call.
            DeadlineExceeded: Its turn would come too late, or came too late.
        """
        self._refuse_casual(caller)
        if self._taken < self._at_once and not self._queues:
            self._taken += 1
        else:
            await self._wait(caller)
        self._idle.clear()
        began = self._clock()
        try:
            yield
        finally:
            took_s = self._clock() - began
            self._mean_s += (took_s - self._mean_s) * (SMOOTHING if self._mean_s else 1.0)
            self._leave()

    async def idle(self) -> None:
        """Return when no call is being served."""
        await self._idle.wait()

    def _refuse_casual(self, caller: Caller) -> None:
        room = max(1, round(self._at_once * CASUAL_SHARE))
        if caller.casual and self._taken >= room:
            raise self._overloaded(
                f"{self._taken} calls are in flight, and this one is casual", "calls in flight", room
            )

    async def _wait(self, caller: Caller) -> None:
        """Until the turn is handed over, which counts it as taken."""
        self._refuse_late(caller)
        if self.waiting >= self._most_waiting:
            self._make_room(caller)
        handed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue = self._queues.setdefault(caller.tenant, deque())
        queue.append(handed)
        try:
            async with asyncio.timeout(caller.left_s):
                await handed
        except BaseException as error:
            if handed.done() and not handed.cancelled() and handed.exception() is None:
                self._leave()  # The turn came together with the end of the wait: it goes on to the next.
            self._forget(caller.tenant, handed)
            if isinstance(error, TimeoutError):
                raise DeadlineExceeded(
                    "the deadline passed in the queue", remedy="allow more time, or try again later", step="admit"
                ) from error
            raise

    def _refuse_late(self, caller: Caller) -> None:
        ahead = min(self.waiting, (len(self._queues.get(caller.tenant, ())) + 1) * max(1, len(self._queues)))
        expected_s = (ahead + 1) / self._at_once * self._mean_s
        if caller.left_s is not None and expected_s > caller.left_s:
            raise DeadlineExceeded(
                f"the call's turn would come in about {expected_s:.1f} s, after its deadline",
                remedy="allow more time, or try again later",
                step="admit",
            )

    def _make_room(self, caller: Caller) -> None:
        """Drop the newest call of the tenant that has the most; refuse the caller where that is its own."""
        crowding = max(self._queues, key=lambda tenant: len(self._queues[tenant]), default=caller.tenant)
        own = len(self._queues.get(caller.tenant, ()))
        if self._most_waiting == 0 or len(self._queues[crowding]) <= own + 1:
            raise self._overloaded(*self._full)
        self._queues[crowding][-1].set_exception(self._overloaded(*self._full))
        self._forget(crowding, self._queues[crowding][-1])

    @property
    def _full(self) -> tuple[str, str, int]:
        if self._most_waiting:
            return f"{self._most_waiting} calls wait already", "calls waiting", self._most_waiting
        return f"{self._at_once} calls are in flight already", "calls in flight", self._at_once

    def _overloaded(self, message: str, what: str, limit: int) -> Overloaded:
        pause_s = max(1.0, round(self._mean_s * (self.waiting + 1) / self._at_once, 1))
        return Overloaded(
            message, retry_after_s=pause_s, remedy="try again a little later", limit=str(limit), what=what
        )

    def _forget(self, tenant: str, handed: asyncio.Future[None]) -> None:
        queue = self._queues.get(tenant)
        if queue is not None and handed in queue:
            queue.remove(handed)
            if not queue:
                del self._queues[tenant]

    def _leave(self) -> None:
        """Hand the turn to the tenant whose turn it is, or free it."""
        while self._queues:
            tenant, queue = next(iter(self._queues.items()))
            handed = queue.popleft()
            self._queues.move_to_end(tenant)
            if not queue:
                del self._queues[tenant]
            if not handed.done():
                handed.set_result(None)
                return
        self._taken -= 1
        if self._taken == 0:
            self._idle.set()
