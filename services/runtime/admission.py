"""Which calls are served now, which wait, which are refused: one tenant's flood is not another's drought."""

from __future__ import annotations

import asyncio
import time
from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from services.common.errors import DeadlineExceeded, Overloaded
from services.runtime.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable

CASUAL_SHARE: Final = 0.75
"""Calls with little at stake are refused once their tenant has this share of its turns, or no turn is free."""

KEPT_SHARE: Final = 0.3
MOST_KEPT_S: Final = 0.1
"""How long a turn is kept for a tenant that had little lately: a share of the mean turn, at most so long. Seconds.

Between two looks of an answer lie hundredths of a second, on a busy machine up to a tenth.
"""

PATIENCE_S: Final = 60.0
"""Within how many seconds a call without a deadline wants to be served. Else those with one would always go before it.
"""

BRISK_S: Final = 0.02
"""What calls take on average, seconds, so that one more ahead of a tenant's own is nothing to wait for."""

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


class TooLate(DeadlineExceeded):
    """A call's turn would come after its deadline.

    Args:
        late_s: By how long, seconds.
        expected_s: When it would come, in seconds from now.
    """

    def __init__(self, late_s: float, expected_s: float) -> None:
        """Keep how late beside the message."""
        super().__init__(
            f"the call's turn would come in about {expected_s:.1f} s, after its deadline",
            remedy="allow more time, or try again later",
            step="admit",
        )
        self.late_s = late_s


@dataclass(frozen=True, slots=True, order=True)
class _Waiting:
    """A call in the queue, in the order of being served: what is due first, then what came first."""

    due: float
    serial: int
    handed: asyncio.Future[None] = field(compare=False)


class Admission:
    """A bounded number of turns, and a bounded queue before them, fair between tenants.

    A call that finds a turn free takes it, unless its tenant holds as many as one tenant may. Else it waits behind its
    own tenant's calls alone, of which the one that is due first goes first: what was begun is finished before more is.
    A turn that becomes free goes to the tenant that holds the fewest; among these to the one that had the least time
    lately, so that who asks rarely waits for one call and no more; among these to the one whose last turn is the
    longest ago. Where the queue is full, the tenant with the most calls in it loses the one that would come last. A
    call that will not get its turn before its deadline, by how long calls have taken, is refused at once.
    """

    def __init__(
        self,
        *,
        at_once: int,
        waiting: int,
        per_tenant: int | None = None,
        ahead: int = 0,
        of: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with all turns free.

        Args:
            at_once: Turns.
            waiting: Most calls in the queue, over all tenants.
            per_tenant: Turns that one tenant may hold; None for all.
            ahead: Turns beyond those while calls are brisk (`BRISK_S`), so that who works finds the next call there.
            of: At what the turns are, for the errors; empty for the service itself.
            clock: Seconds from any beginning.
        """
        self._clock = clock
        self._at_once = at_once
        self._ahead = ahead
        self._per_tenant = at_once + ahead if per_tenant is None else min(per_tenant, at_once)
        self._most_waiting = waiting
        self._what = f"calls waiting for {of}" if of else "calls waiting"
        self._held: Counter[str] = Counter()
        self._taken = 0
        self._queues: dict[str, list[_Waiting]] = {}
        self._last_turn: dict[str, int] = {}
        self._usage = Usage()
        self._kept_for: str | None = None
        self._now = 0.0
        self._serial = 0
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

    def turn(self, caller: Caller) -> Turn:
        """A turn, as long as the context lasts.

        Raises:
            Overloaded: There is no room for the call.
            DeadlineExceeded: Its turn would come too late, or came too late.
        """
        return Turn(self, caller)

    async def begin(self, caller: Caller) -> float:
        """Take a turn, or wait for one. Returns when it began, by the clock."""
        self._refuse_casual(caller)
        kept_from = self._kept_for is not None and self._kept_for != caller.tenant
        if self._taken < self._turns_now and self._may_hold_more(caller.tenant) and not kept_from:
            self._take(caller.tenant)
        else:
            await self._wait(caller)
        return self._clock()

    def end(self, caller: Caller, began: float) -> None:
        """Give a turn back, whatever became of the call."""
        self._now = self._clock()
        took_s = self._now - began
        if self._queues and self.waiting > self._at_once:  # what nobody else wanted is nobody's to mind
            self._usage.add(caller.tenant, took_s, self._now)
        self._mean_s += (took_s - self._mean_s) * (SMOOTHING if self._mean_s else 1.0)
        self._leave(caller.tenant)

    async def idle(self) -> None:
        """Return when no call is being served."""
        await self._idle.wait()

    @property
    def _turns_now(self) -> int:
        return self._at_once + (self._ahead if 0 < self._mean_s < BRISK_S else 0)

    def _may_hold_more(self, tenant: str) -> bool:
        return self._held[tenant] < self._per_tenant

    def _take(self, tenant: str) -> None:
        if tenant == self._kept_for:
            self._kept_for = None
        self._held[tenant] += 1
        self._taken += 1
        self._serial += 1
        self._last_turn[tenant] = self._serial
        self._idle.clear()

    def _refuse_casual(self, caller: Caller) -> None:
        if not caller.casual:
            return
        own = max(1, round(self._per_tenant * CASUAL_SHARE))
        for taken, room in ((self._taken, self._at_once), (self._held[caller.tenant], own)):
            if taken >= room:
                raise self._overloaded(f"{taken} calls are in flight, and this one is casual", "calls in flight", room)

    async def _wait(self, caller: Caller) -> None:
        """Until the turn is handed over, which counts it as taken."""
        self._refuse_late(caller)
        if self.waiting >= self._most_waiting:
            self._make_room(caller)
        waiting = self._queued(caller)
        try:
            async with asyncio.timeout(caller.left_s):
                await waiting.handed
        except BaseException as error:
            if waiting.handed.done() and not waiting.handed.cancelled() and waiting.handed.exception() is None:
                self._leave(caller.tenant)  # The turn came together with the end of the wait: it goes on to the next.
            self._forget(caller.tenant, waiting)
            if isinstance(error, TimeoutError):
                raise DeadlineExceeded(
                    "the deadline passed in the queue", remedy="allow more time, or try again later", step="admit"
                ) from error
            raise

    def _queued(self, caller: Caller) -> _Waiting:
        self._serial += 1
        due = self._clock() + (PATIENCE_S if caller.left_s is None else caller.left_s)
        waiting = _Waiting(due, self._serial, asyncio.get_running_loop().create_future())
        insort(self._queues.setdefault(caller.tenant, []), waiting)
        return waiting

    def _refuse_late(self, caller: Caller) -> None:
        ahead = min(self.waiting, (len(self._queues.get(caller.tenant, ())) + 1) * max(1, len(self._queues)))
        expected_s = (ahead + 1) / self._at_once * self._mean_s
        if caller.left_s is not None and expected_s > caller.left_s:
            raise TooLate(expected_s - caller.left_s, expected_s)

    def _make_room(self, caller: Caller) -> None:
        """Drop the last call of the tenant that has the most; refuse the caller where that is its own."""
        crowding = max(self._queues, key=lambda tenant: len(self._queues[tenant]), default=caller.tenant)
        own = len(self._queues.get(caller.tenant, ()))
        if self._most_waiting == 0 or len(self._queues[crowding]) <= own + 1:
            raise self._overloaded(*self._full)
        last = self._queues[crowding][-1]
        last.handed.set_exception(self._overloaded(*self._full))
        self._forget(crowding, last)

    @property
    def _full(self) -> tuple[str, str, int]:
        if self._most_waiting:
            return f"{self._most_waiting} calls wait already", self._what, self._most_waiting
        return f"{self._at_once} calls are in flight already", "calls in flight", self._at_once

    def _overloaded(self, message: str, what: str, limit: int) -> Overloaded:
        pause_s = max(1.0, round(self._mean_s * (self.waiting + 1) / self._at_once, 1))
        return Overloaded(
            message, retry_after_s=pause_s, remedy="try again a little later", limit=str(limit), what=what
        )

    def _forget(self, tenant: str, waiting: _Waiting) -> None:
        queue = self._queues.get(tenant)
        if queue is not None and waiting in queue:
            queue.remove(waiting)
            self._tidy(tenant)

    def _leave(self, tenant: str) -> None:
        """Free a turn, and hand over what is free."""
        self._held[tenant] -= 1
        self._taken -= 1
        self._tidy(tenant)
        if self._is_worth_waiting_for(tenant):
            self._kept_for = tenant
            pause_s = min(MOST_KEPT_S, KEPT_SHARE * self._mean_s)
            asyncio.get_running_loop().call_later(pause_s, self._keep_no_longer, tenant)
        else:
            self._hand_over()

    def _is_worth_waiting_for(self, tenant: str) -> bool:
        """Whether a tenant would be next if it called again at once, as the next step of the same work does.

        Else each of its calls would meet another's that has just begun, and wait for the whole of it.
        """
        if self._kept_for is not None or tenant in self._queues or not self._queues:
            return False
        others = min(self._usage.of(each, self._now) for each in self._queues)
        return self._usage.of(tenant, self._now) + self._mean_s < others

    def _keep_no_longer(self, tenant: str) -> None:
        if self._kept_for == tenant:
            self._kept_for = None
            self._hand_over()

    def _hand_over(self) -> None:
        """Give the turns that are free to those who wait."""
        while (
            self._queues
            and self._taken < self._turns_now
            and (ready := list(filter(self._may_hold_more, self._queues)))
        ):
            following = min(ready, key=self._merit)
            waiting = self._queues[following].pop(0)
            if not waiting.handed.done():
                waiting.handed.set_result(None)
                self._take(following)
            self._tidy(following)
        if not self._taken and not self._queues:
            self._idle.set()

    def _merit(self, tenant: str) -> tuple[int, float, int]:
        """The less, the sooner it is a tenant's turn."""
        return self._held[tenant], self._usage.of(tenant, self._now), self._last_turn.get(tenant, 0)

    def _tidy(self, tenant: str) -> None:
        """Keep nothing of a tenant that has no call here."""
        if not self._queues.get(tenant, True):
            del self._queues[tenant]
        if not self._held[tenant]:
            del self._held[tenant]
            if tenant not in self._queues:
                self._last_turn.pop(tenant, None)


class Turn:
    """One call's turn at an `Admission`, from entering the context to leaving it.

    A class, for a generator in its place takes as long again as giving out a turn that is free does.
    """

    __slots__ = ("_admission", "_began", "_caller")

    def __init__(self, admission: Admission, caller: Caller) -> None:
        """Not begun yet."""
        self._admission = admission
        self._caller = caller
        self._began = 0.0

    async def __aenter__(self) -> None:
        """Take the turn, or wait for it."""
        self._began = await self._admission.begin(self._caller)

    async def __aexit__(self, *_: object) -> None:
        """Give it back."""
        self._admission.end(self._caller, self._began)
