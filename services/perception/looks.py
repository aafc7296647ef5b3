"""Looks at images: the bound model sees what nobody has seen before, the rest is recalled; regions get their ids."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from services.common.errors import DeadlineExceeded, ImageNotFound, PartUnavailable
from services.common.regions import Capability, Region, Tier
from services.perception.core.bindings import Binding, remedy
from services.perception.core.contexts import Context
from services.perception.core.findings import Counts
from services.perception.ports import ModelState
from services.perception.reuse import Fresh
from services.perception.seen import OutlineForm, SeenForm
from services.perception.sight import ALL_LETTERING, Scene
from services.runtime import attributes, telemetry, tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.trace import Span

    from services.common.geometry import Box
    from services.common.regions import Source
    from services.perception.gallery import Gallery
    from services.perception.ports import BindingTable, Models
    from services.perception.reuse import Recalled, Reuse
    from services.perception.seen import Outline, Seen
    from services.perception.sight import Sight

SEEN: Final = SeenForm()
OUTLINE: Final = OutlineForm()


@dataclass(frozen=True, slots=True)
class LookRequest:
    """One look. `area` is None for the whole image; `phrases` are empty for reading."""

    image_digest: str
    capability: Capability
    tier: Tier
    phrases: tuple[str, ...]
    area: Box | None
    first_region_number: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found, and for which phrases it could not look."""

    regions: tuple[Region, ...]
    counts: Counts
    unsearchable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundModel:
    """A binding, how its model is, and its weights digest (empty while unknown)."""

    binding: Binding
    state: ModelState
    weights_digest: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A capability, what serves it, and how to bind a model where nothing does."""

    capability: Capability
    models: tuple[BoundModel, ...]
    remedy: str


class Looks:
    """Capabilities on the images of a gallery.

    Args:
        models: Where models run.
        gallery: Where images are.
        bindings: Which model serves what.
        sight: The models at work.
        reuse: What they saw before.
    """

    def __init__(self, *, models: Models, gallery: Gallery, bindings: BindingTable, sight: Sight, reuse: Reuse) -> None:
        self._models = models
        self._gallery = gallery
        self._bindings = bindings
        self._sight = sight
        self._reuse = reuse

    async def perceive(self, request: LookRequest) -> Looked:
        """Regions that the bound model finds.

        Raises:
            CapabilityNotBound, ImageNotFound, InvalidField, PartUnavailable, ModelOutput, Overloaded, DeadlineExceeded:
                As the contract's `Perceive` says.
        """
        return await self._sight.with_model(request.capability, request.tier, partial(self._perceive, request))

    async def _perceive(self, request: LookRequest, binding: Binding) -> Looked:
        await self._require(request.image_digest)
        items = tuple(dict.fromkeys(request.phrases)) or (ALL_LETTERING,)
        context = await self._context(request.image_digest, request.capability, binding, request.area)
        with _look_span(request) as span:
            recalled = await self._reuse.of(context, items, SEEN, partial(self._look, context, binding))
            looked = _looked(recalled.values, request.first_region_number)
            _note(span, recalled, len(looked.regions))
        return looked

    async def _look(self, context: Context, binding: Binding, items: tuple[str, ...]) -> Fresh[Seen]:
        digest = context.image_digest
        scene = Scene(
            await self._gallery.pixels(digest), digest, context.area, painted=await self._gallery.painted(digest)
        )
        phrases = items if context.capability is Capability.DETECT else ()
        run, values = await self._sight.look(scene, context.capability, binding, phrases)
        return Fresh(replace(context, version=run.version, weights_digest=run.weights_digest), values)

    async def segment(self, digest: str, boxes: tuple[Box, ...], tier: Tier) -> tuple[tuple[Outline, ...], Source]:
        """What each box holds, and who outlined it.

        Raises:
            As `perceive`.
        """
        return await self._sight.with_model(Capability.SEGMENT, tier, partial(self._segment, digest, boxes))

    async def _segment(
        self, digest: str, boxes: tuple[Box, ...], binding: Binding
    ) -> tuple[tuple[Outline, ...], Source]:
        await self._require(digest)
        # A segmenter sees the whole image as it is: standing in on the accurate tier, it is no more careful.
        binding = replace(binding, tier=Tier.FAST, enlarged=False) if binding.enlarged else binding
        named = {repr(box): box for box in boxes}
        context = await self._context(digest, Capability.SEGMENT, binding, None)

        async def outline(items: tuple[str, ...]) -> Fresh[Outline]:
            scene = Scene(await self._gallery.pixels(digest), digest)
            outlines = await self._sight.outline(scene, binding, [named[item] for item in items])
            source = outlines[0].source
            really = replace(context, version=source.version, weights_digest=source.weights_digest)
            return Fresh(really, dict(zip(items, outlines, strict=True)))

        recalled = await self._reuse.of(context, tuple(named), OUTLINE, outline)
        outlines = tuple(recalled.values[repr(box)] for box in boxes)
        return outlines, outlines[0].source

    async def _require(self, digest: str) -> None:
        """Return if an image is held; what was seen in one that is not, is not recalled."""
        try:
            await self._gallery.require(digest)
        except ImageNotFound:
            self._reuse.drop(tenant.current_tenant(), digest)
            raise

    async def erase(self, digest: str) -> bool:
        """Forget the tenant's image and everything that it saw in it; whether it was held.

        Raises:
            PartUnavailable: Something may be left.
        """
        was_held = await self._gallery.erase(digest)
        await self._reuse.forget(tenant.current_tenant(), digest)
        return was_held

    async def offers(self) -> tuple[Offer, ...]:
        """Every capability, in the order of the enum."""
        return tuple([await self._offer(capability) for capability in Capability])

    async def ready(self) -> None:
        """Return when every model without which the service is not ready can be called.

        Raises:
            PartUnavailable: One cannot; it is named.
        """
        await self._models.live()
        required = self._bindings.required()
        for offer in await self.offers():
            for bound in offer.models:
                if not bound.state.ready and bound.binding.model in required:
                    raise PartUnavailable(
                        f"triton is not ready to run {bound.binding.model}, bound to {offer.capability.word}",
                        remedy="see Triton's log for why the model did not load, or change the bindings",
                        part="triton",
                        model=bound.binding.model,
                    )

    async def _offer(self, capability: Capability) -> Offer:
        bindings = self._bindings.current().of(capability)
        bound = [await self._bound(capability, binding) for binding in bindings]
        return Offer(capability, tuple(bound), "" if bound else remedy(capability))

    async def _bound(self, capability: Capability, binding: Binding) -> BoundModel:
        try:
            state = await self._sight.state(binding.model)
        except (PartUnavailable, DeadlineExceeded):
            state = ModelState(ready=False, version="")
        if state.ready and capability is Capability.READ_TEXT:
            await self._sight.learn_weights(binding.model)
        return BoundModel(binding, state, self._sight.weights.get(binding.model, "") if state.ready else "")

    async def _context(self, digest: str, capability: Capability, binding: Binding, area: Box | None) -> Context:
        return Context(
            tenant=tenant.current_tenant(),
            image_digest=digest,
            capability=capability,
            model=binding.model,
            version=await self._sight.version(binding.model),
            weights_digest=self._sight.weights.get(binding.model, ""),
            enlarged=binding.enlarged,
            rule=self._sight.rule,
            area=area,
        )


@contextmanager
def _look_span(request: LookRequest) -> Iterator[Span]:
    """The span of one look. Where a model runs for it, its views are noted too."""
    facts: dict[str, str | int] = {
        attributes.IMAGE_DIGEST: request.image_digest,
        attributes.CAPABILITY: request.capability.word,
        attributes.TIER: request.tier.name.lower(),
    }
    with telemetry.tracer().start_as_current_span(f"look {request.capability.word}", attributes=facts) as span:
        yield span


def _note(span: Span, recalled: Recalled[Seen], region_count: int) -> None:
    span.set_attribute(attributes.REUSED_COUNT, recalled.reused)
    span.set_attribute(attributes.CACHE_HIT, recalled.reused == len(recalled.values))
    span.set_attribute(attributes.REGION_COUNT, region_count)


def _looked(seen: Mapping[str, Seen], first_number: int) -> Looked:
    """What was seen for every phrase, as one look: numbered, objects of all phrases best first."""
    regions = [region for each in seen.values() for region in each.regions]
    if ALL_LETTERING not in seen:
        regions.sort(key=_by_score)
    numbered = (replace(region, id=f"r{number}") for number, region in enumerate(regions, start=first_number))
    counts = sum((each.counts for each in seen.values()), Counts())
    return Looked(tuple(numbered), counts, tuple(phrase for phrase, each in seen.items() if not each.searchable))


def _by_score(region: Region) -> tuple[float, ...]:
    """By falling score, those without one last; then from the top, then from the left."""
    box = region.box
    return (1.0 if region.score is None else -region.score, box.y_min, box.x_min, box.y_max, box.x_max)
