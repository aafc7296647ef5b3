"""Redaction: what the tenant's policy and the caller name is found and painted over, before anything is kept.

1. What the caller named is painted first: no model sees it.
2. What has a look of its own (faces, plates) is found by the model that is bound to `find_private`; lettering that
   looks like personal data, by reading.
3. What cannot be searched for as the policy says is an error: no picture passes unsearched.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from services.common.errors import CapabilityNotBound
from services.common.regions import Capability, Tier
from services.perception.core import redaction
from services.perception.core.bindings import remedy
from services.perception.core.redaction import GIVEN, Place
from services.perception.sight import ALL_LETTERING, Scene, size_of
from services.runtime import attributes, telemetry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.common.geometry import Box
    from services.perception.aside import Aside
    from services.perception.core.bindings import Binding
    from services.perception.core.redaction import Policy
    from services.perception.ports import Pixels
    from services.perception.redaction_file import TenantPolicies
    from services.perception.sight import Sight


class Redactor:
    """Paints over what must not be seen.

    Args:
        sight: The models that find it. They alone see the picture before.
        policies: What the tenants want.
        aside: Where pixels are worked on.
    """

    def __init__(self, *, sight: Sight, policies: TenantPolicies, aside: Aside) -> None:
        self._sight = sight
        self._policies = policies
        self._aside = aside

    def leaves_alone(self, given: Sequence[Box]) -> bool:
        """Whether the current tenant's pictures stay as they are where only `given` places are named."""
        return not given and not self._policies.current().kinds

    async def redacted(self, pixels: Pixels, given: Sequence[Box]) -> tuple[Pixels, tuple[Place, ...]]:
        """The picture with nothing left in it that must not be seen, and the places that were painted over.

        Raises:
            CapabilityNotBound: What the policy asks for, no bound model searches for.
            PartUnavailable, ModelOutput, Overloaded, DeadlineExceeded: A model that it needs does not answer.
        """
        policy = self._policies.current()
        if self.leaves_alone(given):
            return pixels, ()
        with telemetry.tracer().start_as_current_span("redact") as span:
            seen, named = await self._painted(pixels, (Place(box, GIVEN, "") for box in given), policy)
            scene = Scene(seen, painted=tuple(place.box for place in named))
            found = (*await self._sights(scene, policy), *await self._lettering(scene, policy))
            clean, painted = await self._painted(seen, found, policy)
            places = (*named, *painted)
            span.set_attribute(attributes.REDACTION_COUNT, len(places))
            span.set_attribute(attributes.REDACTION_KINDS, sorted({place.kind for place in places}))
            return clean, places

    async def _painted(
        self, pixels: Pixels, places: Iterable[Place], policy: Policy
    ) -> tuple[Pixels, tuple[Place, ...]]:
        size = size_of(pixels)
        settled = [redaction.settled(place, size) for place in places]
        inside = tuple(place for place in settled if place is not None)
        return await self._aside(redaction.painted, pixels, inside, policy.method) if inside else pixels, inside

    async def _sights(self, scene: Scene, policy: Policy) -> tuple[Place, ...]:
        if not policy.sights:
            return ()
        look = partial(self._find, scene, policy)
        return await self._sight.with_model(Capability.FIND_PRIVATE, Tier.FAST, look)

    async def _find(self, scene: Scene, policy: Policy, binding: Binding) -> tuple[Place, ...]:
        _, seen = await self._sight.look(scene, Capability.FIND_PRIVATE, binding, policy.sights)
        unsearched = [kind for kind, each in seen.items() if not each.searchable]
        if unsearched:
            capability = Capability.FIND_PRIVATE
            raise CapabilityNotBound(
                f"the redaction policy wants {unsearched[0]} found, which {binding.model} does not look for",
                remedy=remedy(capability),
                capability=capability.word,
                kind=unsearched[0],
            )
        return redaction.sight_places((region for each in seen.values() for region in each.regions), policy)

    async def _lettering(self, scene: Scene, policy: Policy) -> tuple[Place, ...]:
        if not policy.lettering:
            return ()
        return await self._sight.with_model(Capability.READ_TEXT, policy.tier, partial(self._read, scene, policy))

    async def _read(self, scene: Scene, policy: Policy, binding: Binding) -> tuple[Place, ...]:
        _, seen = await self._sight.look(scene, Capability.READ_TEXT, binding, ())
        return await self._aside(redaction.lettering_places, seen[ALL_LETTERING].regions, policy)
