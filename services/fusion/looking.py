"""Fusion's looks at one image: what was seen, with what care, and what nothing can see.

Every look leaves time for what comes after it. One that would not be back in time is cut off and counts as not taken.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from services.common.claims import Search
from services.common.errors import CapabilityNotBound, DeadlineExceeded, MeshError, Overloaded, PartUnavailable
from services.common.geometry import Box
from services.common.regions import Capability, Region, Source, Tier
from services.fusion.core import needs, phrases, pool
from services.fusion.core.abstain import Missing, Sight
from services.fusion.core.resolve import Scene
from services.fusion.ports import Look
from services.runtime import tasks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.geometry import Size
    from services.common.plans import Plan, Target
    from services.fusion.ports import Perception, World

MOST_MEASURED: Final = 256
"""Places of one measurement, as the contract says."""

MOST_OUTLINED: Final = 64
"""Boxes that are outlined at once, as the contract says: the best scored."""

FIRST_LOOK_KEEPS: Final = 0.25
"""Share of the time left that the first look leaves, at most `reserve_s`: with little time it may use most of it."""


@dataclass(kw_only=True)
class Looking:
    """The looks of one answer.

    Attributes:
        perception: Who looks.
        world: Whose clock the looks keep to.
        image_digest: At what.
        image_size: Its extent.
        reserve_s: Time that looks leave for what comes after them, seconds.
        regions: Everything found, by id, in the order of finding.
        searched: What the whole picture was searched for: (capability, tier, phrase); the phrase is empty for reading.
        missing: Capabilities that nothing is bound to.
        unsearchable: Phrases that the bound detector cannot search for.
        cut_short: Whether the accurate tier was wanted and could not be had.
    """

    perception: Perception
    world: World
    image_digest: str
    image_size: Size
    reserve_s: float
    regions: dict[str, Region] = field(default_factory=dict)
    searched: set[tuple[Capability, Tier, str]] = field(default_factory=set)
    missing: dict[Capability, Missing] = field(default_factory=dict)
    unsearchable: set[str] = field(default_factory=set)
    cut_short: bool = False
    _sources: dict[tuple[Capability, Tier], Source] = field(default_factory=dict)

    async def look(self, plan: Plan, tier: Tier) -> tuple[Region, ...]:
        """Take the first look, with everything that the plan needs; nothing where there is no time for it."""
        left = self.world.time_left()
        keep = 0.0 if left is None else min(self.reserve_s, FIRST_LOOK_KEEPS * left)
        limit = self.time_for_looks(keep)
        if limit == 0:
            return ()
        try:
            async with asyncio.timeout(limit):
                return await self._look(plan, tier, frozenset())
        except (TimeoutError, DeadlineExceeded):
            return ()

    async def look_carefully(self, plan: Plan, unfound: frozenset[str]) -> tuple[Region, ...]:
        """The accurate tier over the whole picture, if it can be had in time; else the fast tier stands alone.

        Args:
            plan: What the question needs.
            unfound: Ids of targets of which nothing was found: they are searched for by their other names too.
        """
        if not self.time_is_left():
            self.cut_short = True
            return ()
        try:
            async with asyncio.timeout(self.time_for_looks(self.reserve_s)):
                return await self._look(plan, Tier.ACCURATE, unfound)
        except (TimeoutError, PartUnavailable, DeadlineExceeded, Overloaded):
            self.cut_short = True
            return ()

    async def _look(self, plan: Plan, tier: Tier, unfound: frozenset[str]) -> tuple[Region, ...]:
        """Look with every capability at once. Regions are numbered in the plan's order, whatever comes first.

        What some of the looks found stays where others fail or are cut off.
        """
        looks = [
            Look(self.image_digest, capability, tier, _phrases(capability, targets, unfound))
            for capability, targets in needs.needed(plan).items()
        ]
        seen: list[list[Region]] = [[] for _ in looks]
        found: list[Region] = []
        try:
            await tasks.all_or_first_error([self._see(look, into) for look, into in zip(looks, seen, strict=True)])
        finally:
            for regions in seen:
                found.extend(self._numbered(regions))
        return tuple(found)

    async def _see(self, look: Look, into: list[Region]) -> None:
        """Take a look, and another by what its things are called besides where the detector knows no such name."""
        try:
            into.extend(await self._take(look))
            if others := self._by_other_names(look):
                into.extend(await self._take(others))
        except CapabilityNotBound as error:
            self.missing[look.capability] = Missing(look.capability, error.remedy)

    def _by_other_names(self, look: Look) -> Look | None:
        """The look for what the detector does not know by the name that was asked for, but may know by another."""
        unknown = [phrase for phrase in look.phrases if phrase in self.unsearchable]
        others = dict.fromkeys(name for phrase in unknown for name in phrases.names(phrase))
        untried = tuple(name for name in others if name not in look.phrases and name not in self.unsearchable)
        return replace(look, phrases=untried) if untried else None

    async def _take(self, look: Look) -> tuple[Region, ...]:
        looked = await self.perception.perceive(look)
        self.unsearchable.update(looked.unsearchable)
        asked = look.phrases or ("",)
        self.searched |= {(look.capability, look.tier, each) for each in asked if each not in looked.unsearchable}
        self._sources.update(((look.capability, look.tier), region.source) for region in looked.regions[:1])
        return looked.regions

    def _numbered(self, regions: Sequence[Region]) -> tuple[Region, ...]:
        """The regions under numbers above every one that there is, among those of the answer."""
        first = max((int(region_id.lstrip("r")) for region_id in self.regions), default=0) + 1
        named = tuple(replace(region, id=f"r{number}") for number, region in enumerate(regions, start=first))
        self.regions.update((region.id, region) for region in named)
        return named

    async def measure(self) -> None:
        """Have the things outlined and measured that were not yet; what cannot be, stays without."""
        bare = [r for r in self.regions.values() if r.appearance is None and r.source.capability is Capability.DETECT]
        chosen = sorted(bare, key=lambda r: -pool.score(r))[:MOST_MEASURED]
        if not chosen or not self.time_is_left():
            return
        try:
            async with asyncio.timeout(self.time_for_looks(self.reserve_s)):
                await self._outline(chosen[:MOST_OUTLINED])
                places = [(region.box, self.regions[region.id].mask) for region in chosen]
                looks = await self.perception.measure(self.image_digest, places)
        except (TimeoutError, MeshError):
            return
        seen = zip(chosen, looks, strict=True)
        self.regions.update((r.id, replace(self.regions[r.id], appearance=look)) for r, look in seen)

    async def _outline(self, regions: Sequence[Region]) -> None:
        """Give regions their masks, where something is bound that outlines."""
        if Capability.SEGMENT in self.missing:
            return
        try:
            masks = await self.perception.outline(self.image_digest, [region.box for region in regions], Tier.FAST)
        except CapabilityNotBound as error:
            self.missing[Capability.SEGMENT] = Missing(Capability.SEGMENT, error.remedy)
            return
        self.regions.update((r.id, replace(r, mask=mask)) for r, mask in zip(regions, masks, strict=True))

    async def searches(self, capability: Capability) -> tuple[Search, ...]:
        """Who searched the whole picture with a capability: fast tier first."""
        tiers = sorted({tier for sought, tier, _ in self.searched if sought is capability})
        everywhere = Box(0.0, 0.0, float(self.image_size.width), float(self.image_size.height))
        return tuple([Search(everywhere, await self._source(capability, tier)) for tier in tiers])

    async def _source(self, capability: Capability, tier: Tier) -> Source:
        """Who looked. A look that found nothing left no source: then the bound models are asked for."""
        if (capability, tier) not in self._sources:
            try:
                bound = await self.perception.models(capability)
            except MeshError:
                bound = ()
            unknown = Source(capability, "", "", "", tier)
            found = next((s for s in bound if s.tier is tier), next(iter(bound), unknown))
            self._sources[capability, tier] = replace(found, tier=tier)
        return self._sources[capability, tier]

    def scene(self, earlier: Mapping[str, tuple[Region, ...]]) -> Scene:
        """What resolution may know."""
        return Scene(self.image_size, tuple(self.regions.values()), frozenset(self.searched), earlier)

    async def sight(self, lost: Mapping[str, str]) -> Sight:
        """What abstentions may know."""
        looked = {capability for capability, _, _ in self.searched}
        if self.unsearchable:
            looked.add(Capability.DETECT)
        return Sight(
            self.regions,
            self.missing,
            frozenset(phrase for capability, _, phrase in self.searched if capability is Capability.DETECT),
            frozenset(self.unsearchable),
            frozenset(looked),
            {capability: await self.searches(capability) for capability in looked},
            lost,
        )

    def time_for_looks(self, keep: float) -> float | None:
        """Seconds that a look may take so that `keep` are left after it, never below 0; None for no limit."""
        left = self.world.time_left()
        return None if left is None else max(0.0, left - keep)

    def time_is_left(self) -> bool:
        """Whether the deadline allows more than what is reserved for the last steps."""
        left = self.world.time_left()
        return left is None or left > self.reserve_s


def _phrases(capability: Capability, targets: Sequence[Target], unfound: frozenset[str]) -> tuple[str, ...]:
    if capability is not Capability.DETECT:
        return ()
    return phrases.careful_phrases(targets, unfound) if targets else phrases.EVERYDAY
