"""Fusion's looks at one image: what was seen, with what care, and what nothing can see."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from services.common.errors import CapabilityNotBound, DeadlineExceeded, PartUnavailable
from services.common.regions import Capability, Region, Tier
from services.fusion.core.abstain import Missing
from services.fusion.core.needs import needed
from services.fusion.ports import Look
from services.runtime import deadlines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.geometry import Box
    from services.common.plans import Plan
    from services.fusion.ports import Perception

LOOKS_AT_ONCE: Final = 4
"""Second looks under way at the same time, for one answer."""


@dataclass(kw_only=True)
class Looking:
    """The looks of one answer.

    Attributes:
        perception: Who looks.
        image_digest: At what.
        reserve_s: Time that looks leave for what comes after them, seconds.
        regions: Everything found, by id, in the order of finding.
        searched: Capabilities with which the accurate tier has looked at the whole picture.
        missing: Capabilities that nothing is bound to.
        cut_short: Whether the accurate tier was wanted and could not be had.
    """

    perception: Perception
    image_digest: str
    reserve_s: float
    regions: dict[str, Region] = field(default_factory=dict)
    searched: frozenset[Capability] = frozenset()
    missing: dict[Capability, Missing] = field(default_factory=dict)
    cut_short: bool = False

    async def look(self, plan: Plan, tier: Tier) -> tuple[Region, ...]:
        """Look at the whole picture with everything that the plan needs. What is not bound is noted, not raised."""
        found: list[Region] = []
        for capability, targets in needed(plan).items():
            phrases = tuple(target.words for target in targets) if capability is Capability.DETECT else ()
            look = Look(self.image_digest, capability, tier, phrases)
            try:
                found.extend(await self._take(look))
            except CapabilityNotBound as error:
                self.missing[capability] = Missing(capability, error.remedy)
        return tuple(found)

    async def look_carefully(self, plan: Plan) -> tuple[Region, ...]:
        """The accurate tier over the whole picture, if it can be had in time; else the fast tier stands alone."""
        if not self.time_is_left():
            self.cut_short = True
            return ()
        try:
            return await self.look(plan, Tier.ACCURATE)
        except (PartUnavailable, DeadlineExceeded):
            self.cut_short = True
            return ()

    async def look_again(self, places: Sequence[Box]) -> Mapping[Box, tuple[Region, ...]]:
        """The accurate tier at single places. A place that could not be looked at is left out."""
        turns = asyncio.Semaphore(LOOKS_AT_ONCE)

        async def at(place: Box) -> tuple[Region, ...] | None:
            async with turns:
                if not self.time_is_left():
                    return None
                look = Look(self.image_digest, Capability.READ_TEXT, Tier.ACCURATE, area=place)
                try:
                    return await self.perception.perceive(look, 1)
                except (PartUnavailable, DeadlineExceeded):
                    return None

        async with asyncio.TaskGroup() as group:
            tasks = {place: group.create_task(at(place)) for place in places}
        seen = {place: task.result() for place, task in tasks.items()}
        return {place: regions for place, regions in seen.items() if regions is not None}

    def time_is_left(self) -> bool:
        """Whether the deadline allows more than what is reserved for the last steps."""
        left = deadlines.remaining()
        return left is None or left > self.reserve_s

    async def _take(self, look: Look) -> tuple[Region, ...]:
        found = await self.perception.perceive(look, len(self.regions) + 1)
        self.regions.update((region.id, region) for region in found)
        if look.tier is Tier.ACCURATE:
            self.searched |= {look.capability}
        return found
