"""Capabilities on pixels: the views that the bound model is shown, one call for each, and what they make together."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
from opentelemetry import trace

from services.common.geometry import Size
from services.common.regions import Capability, Region, Source
from services.perception import pillow
from services.perception.core import findings, masks, views
from services.perception.ports import ModelMissing
from services.perception.seen import Outline, Seen
from services.runtime import attributes, tasks, telemetry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from opentelemetry.trace import Span

    from services.common.geometry import Box
    from services.common.regions import Tier
    from services.perception.aside import Aside
    from services.perception.core.bindings import Binding
    from services.perception.core.findings import Finding, Look
    from services.perception.core.outputs import Depth, Found, ModelRun
    from services.perception.core.views import View, ViewRule
    from services.perception.ports import BindingTable, Models, ModelState, Pixels

T = TypeVar("T")

ALL_LETTERING: Final = ""
"""What is asked for in reading, where phrases are in detection."""

MASK_BYTES: Final = 64 * 1024 * 1024
"""Most bytes of masks that one call of a segmenter may answer: a mask takes a byte a pixel of the whole image."""

PROBE: Final = np.zeros((64, 64, 3), dtype=np.uint8)
"""A picture with nothing in it, to learn a reader's weights digest before anyone asks."""

LEARN_S: Final = 2.0
"""How long that may take, seconds: whoever asks whether a model is ready does not queue for it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is looked at.

    Attributes:
        pixels: All of the image.
        image_digest: Its digest; empty while it has none.
        area: Where; None for everywhere.
        painted: Its places that were painted over: what is seen in them is not there.
    """

    pixels: Pixels
    image_digest: str = ""
    area: Box | None = None
    painted: tuple[Box, ...] = ()

    @property
    def size(self) -> Size:
        """Extent of the pixels."""
        return size_of(self.pixels)


class Sight:
    """The bound models, at work.

    Args:
        models: Where they run.
        bindings: Which model serves what.
        rule: How views are cut.
        calls_at_once: Model calls that one look has under way.
        aside: Where pixels are worked on.

    Attributes:
        weights: Digest of each model's weights, as its last answer had it.
        versions: Version of each model, as Triton last had it.
    """

    def __init__(
        self, *, models: Models, bindings: BindingTable, rule: ViewRule, calls_at_once: int, aside: Aside
    ) -> None:
        self._models = models
        self._bindings = bindings
        self._calls_at_once = calls_at_once
        self._aside = aside
        self.rule = rule
        self.weights: dict[str, str] = {}
        self.versions: dict[str, str] = {}

    async def with_model(self, capability: Capability, tier: Tier, look: Callable[[Binding], Awaitable[T]]) -> T:
        """What a look with the bound model gives; it begins anew where the model was unbound on the way.

        Raises:
            CapabilityNotBound: No model is.
        """
        binding = self._bindings.current().resolve(capability, tier)
        try:
            return await look(binding)
        except ModelMissing:
            bound_since = self._bindings.current().resolve(capability, tier)
            if bound_since == binding:
                raise
            return await look(bound_since)

    async def version(self, model: str) -> str:
        """The version that would answer now, as far as is known: readiness is asked every second.

        Raises:
            PartUnavailable: It is not known, and Triton cannot be asked.
        """
        return self.versions.get(model) or (await self.state(model)).version

    async def state(self, model: str) -> ModelState:
        """How a model is. What was known of one that cannot be called is forgotten: it may come back as another.

        Raises:
            PartUnavailable, DeadlineExceeded: Triton cannot be asked.
        """
        state = await self._models.state(model)
        if state.ready:
            self.versions[model] = state.version
        else:
            self.versions.pop(model, None)
            self.weights.pop(model, None)
        return state

    async def learn_weights(self, model: str) -> None:
        """Have a reader read nothing, where its weights are not known. One that is busy tells them by what it reads."""
        if model in self.weights:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LEARN_S):
                self.weights[model] = (await self._models.read_text(model, PROBE)).run.weights_digest

    async def look(
        self, scene: Scene, capability: Capability, binding: Binding, phrases: tuple[str, ...]
    ) -> tuple[ModelRun, dict[str, Seen]]:
        """Who looked, and what it sees for each phrase; reading, under `ALL_LETTERING`.

        Raises:
            InvalidField, PartUnavailable, ModelOutput, Overloaded, DeadlineExceeded: As the contract's `Perceive` says.
        """
        size = scene.size
        area = views.clipped_area(scene.area, size, field="area")
        shown = views.views(size, area, self.rule, enlarged=binding.enlarged)
        _note_views(size, len(shown))
        answers = await self._ask_all(scene, capability, binding, phrases, shown)
        seen = {}
        for phrase in phrases or (ALL_LETTERING,):
            found = [each.only(phrase) if phrases else each for each, _ in answers]
            look = await self._aside(findings.looked, shown, found, size, area, scene.painted)
            searchable = all(phrase not in each.unsearchable for each, _ in answers)
            regions = _regions(scene.image_digest, look, shown, [source for _, source in answers])
            seen[phrase] = Seen(regions, look.counts, searchable=searchable)
        return answers[0][0].run, seen

    async def outline(self, scene: Scene, binding: Binding, boxes: Sequence[Box]) -> tuple[Outline, ...]:
        """What each box holds, in their order.

        Raises:
            As `look`.
        """
        inside = [views.clipped_area(box, scene.size, field="boxes") for box in boxes]
        boxes_xyxy = np.stack([box.as_array() for box in inside if box is not None])
        at_once = max(1, MASK_BYTES // scene.size.pixels)
        outlines: list[Outline] = []
        for start in range(0, len(boxes_xyxy), at_once):
            with _call_span(binding, scene.size) as span:
                some = boxes_xyxy[start : start + at_once]
                outlined = await self._models.segment(binding.model, scene.pixels, some)
                source = self._source(Capability.SEGMENT, binding, outlined.run, span)
            outlines += [Outline(await self._aside(masks.encoded, mask), source) for mask in outlined.masks]
        return tuple(outlines)

    async def estimate(self, scene: Scene, binding: Binding) -> tuple[Depth, Source]:
        """How near every pixel is, and who estimated it.

        Raises:
            PartUnavailable, ModelOutput, Overloaded, DeadlineExceeded: As the contract's `Measure` says.
        """
        with _call_span(binding, scene.size) as span:
            depth = await self._models.depth(binding.model, scene.pixels)
            return depth, self._source(Capability.DEPTH, binding, depth.run, span)

    async def _ask_all(
        self,
        scene: Scene,
        capability: Capability,
        binding: Binding,
        phrases: tuple[str, ...],
        shown: tuple[View, ...],
    ) -> list[tuple[Found, Source]]:
        """One model call a view, a few at a time; answers in the order of the views. The first failure ends them."""
        turn = asyncio.Semaphore(self._calls_at_once)

        async def ask(view: View) -> tuple[Found, Source]:
            async with turn:
                seen = await self._aside(pillow.render, scene.pixels, view)
                with _call_span(binding, size_of(seen)) as span:
                    found = await self._call(capability, binding.model, seen, phrases)
                    return found, self._source(capability, binding, found.run, span)

        return await tasks.all_or_first_error([ask(view) for view in shown])

    async def _call(self, capability: Capability, model: str, seen: Pixels, phrases: tuple[str, ...]) -> Found:
        if capability is Capability.DETECT:
            return await self._models.detect(model, seen, phrases)
        if capability is Capability.FIND_PRIVATE:
            return await self._models.find_private(model, seen, phrases)
        return await self._models.read_text(model, seen)

    def _source(self, capability: Capability, binding: Binding, run: ModelRun, span: Span) -> Source:
        self.weights[binding.model] = run.weights_digest
        self.versions[binding.model] = run.version
        span.set_attribute(attributes.MODEL_VERSION, run.version)
        return Source(
            capability=capability,
            model=binding.model,
            version=run.version,
            weights_digest=run.weights_digest,
            tier=binding.tier,
            trace_id=telemetry.trace_id_of(span),
            span_id=telemetry.span_id_of(span),
            thresholds=run.thresholds,
        )


def _note_views(size: Size, count: int) -> None:
    """Say on the look's span how large the image is and into how many views it was cut."""
    span = trace.get_current_span()
    if span.is_recording():  # whoever began the look may be gone
        facts = {
            attributes.IMAGE_WIDTH: size.width,
            attributes.IMAGE_HEIGHT: size.height,
            attributes.TILE_COUNT: count,
        }
        span.set_attributes(facts)


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


def _regions(digest: str, look: Look, shown: Sequence[View], sources: Sequence[Source]) -> tuple[Region, ...]:
    return tuple(_region(digest, found, shown[found.view], sources[found.view]) for found in look.findings)


def _region(digest: str, found: Finding, view: View, source: Source) -> Region:
    return Region(
        id="",
        image_digest=digest,
        box=found.box,
        source=source,
        transform=view.transform,
        polygon=found.outline,
        label=found.label,
        text=found.text,
        score=found.score,
    )


def size_of(pixels: Pixels) -> Size:
    """Extent of pixels (H, W, 3)."""
    return Size(pixels.shape[1], pixels.shape[0])
