"""How places look: their colours, and their nearness where a depth model is bound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from services.common.errors import CapabilityNotBound, InvalidField
from services.common.outlines import MaskBroken
from services.common.regions import Capability, Tier
from services.perception.core import appearances
from services.perception.core.views import clipped_area
from services.perception.sight import Scene
from services.runtime import attributes, telemetry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.geometry import Size
    from services.common.regions import Appearance, Source
    from services.perception.aside import Aside
    from services.perception.core.appearances import Place
    from services.perception.core.bindings import Binding
    from services.perception.core.outputs import Depth
    from services.perception.gallery import Gallery
    from services.perception.sight import Sight

MASK_REMEDY: Final = "give masks of the whole image, as Segment returns them"


@dataclass(frozen=True, slots=True)
class Measured:
    """One appearance a place, and who estimated the depth; None where nobody did."""

    appearances: tuple[Appearance, ...]
    depth_source: Source | None = None


class Measuring:
    """Measurements in the images of a gallery.

    Args:
        gallery: Where images are.
        sight: The models at work.
        aside: Where pixels are worked on.
    """

    def __init__(self, *, gallery: Gallery, sight: Sight, aside: Aside) -> None:
        self._gallery = gallery
        self._sight = sight
        self._aside = aside

    async def measure(self, digest: str, places: Sequence[Place]) -> Measured:
        """How each place looks, in their order. The fast depth model is asked: nearness orders things, no more.

        Raises:
            ImageNotFound, InvalidField, PartUnavailable, ModelOutput, Overloaded, DeadlineExceeded: As the contract's
                `Measure` says.
        """
        facts: dict[str, str | int] = {attributes.IMAGE_DIGEST: digest, attributes.REGION_COUNT: len(places)}
        with telemetry.tracer().start_as_current_span("measure", attributes=facts):
            scene = Scene(await self._gallery.pixels(digest), digest)
            _check(places, scene.size)
            depth, source = await self._depth(scene)
            nearness = None if depth is None else depth.nearness
            try:
                found = await self._aside(appearances.measured, scene.pixels, places, nearness)
            except MaskBroken as error:
                raise InvalidField(
                    "places.mask", f"the mask of a place cannot be read: {error}", remedy=MASK_REMEDY
                ) from error
            return Measured(found, source)

    async def _depth(self, scene: Scene) -> tuple[Depth, Source] | tuple[None, None]:
        try:
            return await self._sight.with_model(Capability.DEPTH, Tier.FAST, partial(self._estimate, scene))
        except CapabilityNotBound:
            return None, None

    async def _estimate(self, scene: Scene, binding: Binding) -> tuple[Depth, Source]:
        return await self._sight.estimate(scene, binding)


def _check(places: Sequence[Place], size: Size) -> None:
    for number, place in enumerate(places):
        clipped_area(place.box, size, field=f"places[{number}].box")
        if place.mask is not None and place.mask.size != size:
            field = f"places[{number}].mask"
            given = f"{place.mask.size.width} x {place.mask.size.height}"
            raise InvalidField(
                field,
                f"{field} is of {given} pixels, not of the image's {size.width} x {size.height}",
                remedy=MASK_REMEDY,
            )
