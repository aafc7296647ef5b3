"""Making inquiries: what the tests want to know of the pixels is asked for, each once, a few at a time, and in time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, assert_never

from services.common.claims import InconclusiveReason
from services.common.errors import CapabilityNotBound, DeadlineExceeded, MeshError
from services.common.regions import Capability, Tier
from services.fusion.core.checks.inquiries import AskJudge, FindAgain, MeasureAgain, ReadAgain
from services.fusion.ports import Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from services.fusion.core.checks.inquiries import Inquiry, Reply
    from services.fusion.looking import Looking
    from services.fusion.ports import Language

AT_ONCE: Final = 4
"""Inquiries under way at the same time, for one answer."""


class Inquiring:
    """The inquiries of one answer.

    Args:
        looking: Whose image, and whose time.
        language: Who judges.
        limit: How many inquiries may be made.
    """

    def __init__(self, *, looking: Looking, language: Language, limit: int) -> None:
        self._looking = looking
        self._language = language
        self._left = limit
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._made: dict[Inquiry, asyncio.Task[Reply]] = {}

    def begin(self, inquiries: Iterable[Inquiry]) -> None:
        """Start those that are not under way, as far as the limit goes."""
        for inquiry in inquiries:
            if inquiry not in self._made and self._left > 0:
                self._left -= 1
                self._made[inquiry] = asyncio.create_task(self._reply(inquiry))

    async def replies(self, inquiries: Iterable[Inquiry]) -> Mapping[Inquiry, Reply]:
        """What came of those that were started."""
        return {inquiry: await self._made[inquiry] for inquiry in inquiries if inquiry in self._made}

    async def close(self) -> None:
        """Stop what is under way, and return when it has stopped."""
        tasks = list(self._made.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _reply(self, inquiry: Inquiry) -> Reply:
        async with self._turns:
            if not self._looking.time_is_left():
                return InconclusiveReason.OVER_BUDGET
            try:
                async with asyncio.timeout(self._looking.time_for_looks(self._looking.reserve_s)):
                    return await self._asked(inquiry)
            except (TimeoutError, DeadlineExceeded):
                return InconclusiveReason.OVER_BUDGET
            except CapabilityNotBound:
                return InconclusiveReason.NOT_BOUND
            except MeshError:
                return InconclusiveReason.UNAVAILABLE

    async def _asked(self, inquiry: Inquiry) -> Reply:
        digest, perception = self._looking.image_digest, self._looking.perception
        match inquiry:
            case ReadAgain(place):
                look = Look(digest, Capability.READ_TEXT, Tier.ACCURATE, area=place)
                return (await perception.perceive(look)).regions
            case FindAgain(place, phrases, tier):
                look = Look(digest, Capability.DETECT, tier, phrases, place)
                return (await perception.perceive(look)).regions
            case MeasureAgain(place, mask):
                return (await perception.measure(digest, [(place, mask)]))[0]
            case AskJudge(statement, places):
                return await self._language.judge(statement, digest, places)
            case _ as unreachable:
                assert_never(unreachable)
