"""Looks at images: which model, which views, one call for each, and regions out of what they found."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from services.common.errors import DeadlineExceeded, PartUnavailable
from services.common.geometry import Size
from services.common.regions import Capability, Region, Source, Tier
from services.perception.core import findings, views
from services.perception.core.bindings import Binding, Bindings, remedy
from services.perception.ports import ModelState
from services.runtime import attributes, telemetry

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Sequence

    from opentelemetry.trace import Span

    from services.common.geometry import Box
    from services.perception.core.findings import Counts, Finding
    from services.perception.core.outputs import Found, ModelRun, Outlined
    from services.perception.core.views import View, ViewRule
    from services.perception.gallery import Gallery
    from services.perception.ports import Models, Pixels

T = TypeVar("T")

PROBE: Final = np.zeros((64, 64, 3), dtype=np.uint8)
"""A picture with nothing in it, to learn a reader's weights digest before anyone asks."""


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
    """What a look found."""

    regions: tuple[Region, ...]
    counts: Counts


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
    """Capabilities, by the models bound to them.

    Args:
        models: Where models run.
        gallery: Where images are.
        bindings: Which model serves what.
        rule: How views are cut.
        calls_at_once: Model calls that one look has under way.
    """

    def __init__(
        self, *, models: Models, gallery: Gallery, bindings: Bindings, rule: ViewRule, calls_at_once: int
    ) -> None:
        self._models = models
        self._gallery = gallery
        self._bindings = bindings
        self._rule = rule
        self._calls_at_once = calls_at_once
        self._weights: dict[str, str] = {}

    async def perceive(self, request: LookRequest) -> Looked:
        """Regions that the bound model finds.

        Raises:
            CapabilityNotBound, ImageNotFound, InvalidField, PartUnavailable, ModelOutput, DeadlineExceeded: As the
                contract's `Perceive` says.
        """
        binding = self._bindings.resolve(request.capability, request.tier)
        pixels = await self._gallery.pixels(request.image_digest)
        size = _size(pixels)
        area = views.clipped_area(request.area, size, field="area")
        shown = views.views(size, area, self._rule, enlarged=binding.enlarged)
        with _look_span(request, size, len(shown)) as span:
            answers = await self._ask_all(request, binding, pixels, shown)
            look = findings.looked(shown, [found for found, _ in answers], size, area)
            span.set_attribute(attributes.REGION_COUNT, len(look.findings))
        sources = [source for _, source in answers]
        first = request.first_region_number
        regions = (
            _region(f"r{number}", request.image_digest, found, shown[found.view], sources[found.view])
            for number, found in enumerate(look.findings, start=first)
        )
        return Looked(tuple(regions), look.counts)

    async def segment(self, digest: str, boxes: tuple[Box, ...], tier: Tier) -> tuple[Outlined, Source]:
        """A mask for each box, and who outlined.

        Raises:
            As `perceive`.
        """
        binding = self._bindings.resolve(Capability.SEGMENT, tier)
        pixels = await self._gallery.pixels(digest)
        size = _size(pixels)
        inside = [views.clipped_area(box, size, field="boxes") for box in boxes]
        boxes_xyxy = np.stack([box.as_array() for box in inside if box is not None])
        with _call_span(binding, size) as span:
            outlined = await self._models.segment(binding.model, pixels, boxes_xyxy)
            return outlined, self._source(Capability.SEGMENT, binding, outlined.run, span)

    async def offers(self) -> tuple[Offer, ...]:
        """Every capability, in the order of the enum."""
        return tuple([await self._offer(capability) for capability in Capability])

    async def ready(self) -> None:
        """Return when every bound model can be called.

        Raises:
            PartUnavailable: One cannot; it is named.
        """
        await self._models.live()
        for offer in await self.offers():
            for bound in offer.models:
                if not bound.state.ready:
                    raise PartUnavailable(
                        f"triton is not ready to run {bound.binding.model}, bound to {offer.capability.word}",
                        remedy="see Triton's log for why the model did not load, or change the bindings",
                        part="triton",
                        model=bound.binding.model,
                    )

    async def _offer(self, capability: Capability) -> Offer:
        bindings = self._bindings.of(capability)
        bound = [await self._bound(capability, binding) for binding in bindings]
        return Offer(capability, tuple(bound), "" if bound else remedy(capability))

    async def _bound(self, capability: Capability, binding: Binding) -> BoundModel:
        try:
            state = await self._models.state(binding.model)
        except (PartUnavailable, DeadlineExceeded):
            state = ModelState(ready=False, version="")
        if state.ready and capability is Capability.READ_TEXT and binding.model not in self._weights:
            found = await self._models.read_text(binding.model, PROBE)
            self._weights[binding.model] = found.run.weights_digest
        return BoundModel(binding, state, self._weights.get(binding.model, "") if state.ready else "")

    async def _ask_all(
        self, request: LookRequest, binding: Binding, pixels: Pixels, shown: tuple[View, ...]
    ) -> list[tuple[Found, Source]]:
        """One model call a view, a few at a time; answers in the order of the views. The first failure ends them."""
        turn = asyncio.Semaphore(self._calls_at_once)

        async def ask(view: View) -> tuple[Found, Source]:
            async with turn:
                return await self._ask(request, binding, await self._gallery.rendered(pixels, view))

        return await _all_or_first_error([ask(view) for view in shown])

    async def _ask(self, request: LookRequest, binding: Binding, seen: Pixels) -> tuple[Found, Source]:
        with _call_span(binding, _size(seen)) as span:
            if request.capability is Capability.DETECT:
                found = await self._models.detect(binding.model, seen, request.phrases)
            else:
                found = await self._models.read_text(binding.model, seen)
            return found, self._source(request.capability, binding, found.run, span)

    def _source(self, capability: Capability, binding: Binding, run: ModelRun, span: Span) -> Source:
        self._weights[binding.model] = run.weights_digest
        span.set_attribute(attributes.MODEL_VERSION, run.version)
        return Source(
            capability=capability,
            model=binding.model,
            version=run.version,
            weights_digest=run.weights_digest,
            tier=binding.tier,
            trace_id=telemetry.trace_id_of(span),
            span_id=telemetry.span_id_of(span),
        )


@contextmanager
def _look_span(request: LookRequest, size: Size, view_count: int) -> Iterator[Span]:
    facts: dict[str, str | int] = {
        attributes.IMAGE_DIGEST: request.image_digest,
        attributes.IMAGE_WIDTH: size.width,
        attributes.IMAGE_HEIGHT: size.height,
        attributes.CAPABILITY: request.capability.word,
        attributes.TIER: request.tier.name.lower(),
        attributes.TILE_COUNT: view_count,
    }
    with telemetry.tracer().start_as_current_span(f"look {request.capability.word}", attributes=facts) as span:
        yield span


@contextmanager
def _call_span(binding: Binding, seen: Size) -> Iterator[Span]:
    """The span of one model call; its width and height are those of what the model saw."""
    facts: dict[str, str | int] = {
        attributes.MODEL_NAME: binding.model,
        attributes.TIER: binding.tier.name.lower(),
        attributes.IMAGE_WIDTH: seen.width,
        attributes.IMAGE_HEIGHT: seen.height,
    }
    with telemetry.tracer().start_as_current_span(f"model {binding.model}", attributes=facts) as span:
        yield span


async def _all_or_first_error(work: Sequence[Coroutine[None, None, T]]) -> list[T]:
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in work]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]


def _region(region_id: str, digest: str, found: Finding, view: View, source: Source) -> Region:
    return Region(
        id=region_id,
        image_digest=digest,
        box=found.box,
        source=source,
        transform=view.transform,
        polygon=found.outline,
        label=found.label,
        text=found.text,
        score=found.score,
    )


def _size(pixels: Pixels) -> Size:
    return Size(pixels.shape[1], pixels.shape[0])
