"""A simulated picture for fusion: lettering that each tier reads, and things that each tier finds, in its own way.

    scene = Scene([Lettering("YAMAHA", Box(356, 329, 382, 342), fast=("YAMARA", 0.90), accurate=("YAMAHA", 0.99))])
    scene.triton_is_up = False   # every look now fails as it would without Triton
    Scene(things=[Thing("cup", Box(100, 100, 150, 160), color="red")])   # with things, a detector is bound

It implements fusion's `Perception` port, counts its looks and can be made to fail or to wait.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundwire.v1 import image_pb2
from services.common.errors import CapabilityNotBound, ImageNotFound, Overloaded, PartUnavailable, UnreadableImage
from services.common.geometry import Box, Size, coverage, identity
from services.common.regions import Appearance, Capability, Mask, Region, Source, Tier
from services.fusion.ports import Looked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.fusion.ports import Look, Upload
    from tests.fakes.answers import KnownWorld

SIZE = Size(741, 500)
DIGEST = "a" * 64

Read = tuple[str, float] | None


@dataclass(frozen=True)
class Lettering:
    """What stands at a place, and how each look reads it: (text, score), or None where it sees nothing.

    `again` is what a second look at the place reads; as `accurate` where it is not given.
    """

    truth: str
    box: Box
    fast: Read
    accurate: Read
    again: Read | str = "as accurate"

    def read(self, look: Look) -> Read:
        if look.tier is Tier.FAST:
            return self.fast
        if look.area is not None and not isinstance(self.again, str):
            return self.again
        return self.accurate


def sure(text: str, x: float, y: float, *, score: float = 0.99, height: float = 20) -> Lettering:
    """Lettering that every look reads alike; ten pixels a character."""
    box = Box(x, y, x + 10 * len(text), y + height)
    return Lettering(text, box, (text, score), (text, score))


@dataclass(frozen=True)
class Thing:
    """What is at a place, and how sure each look is of it; None where it does not see it.

    `again` is how sure a look at the place alone is; as `accurate` where it is below 0. `color` is what is measured
    of the whole box, `core` what is measured of its middle (as `color` where it is empty).
    """

    label: str
    box: Box
    fast: float | None = 0.9
    accurate: float | None = 0.95
    again: float | None = -1.0
    color: str = ""
    core: str = ""
    nearness: float | None = None

    def score(self, look: Look) -> float | None:
        if look.area is not None and (self.again is None or self.again >= 0):
            return self.again
        return self.fast if look.tier is Tier.FAST else self.accurate


@dataclass
class Scene:
    lettering: list[Lettering] = field(default_factory=list)
    things: list[Thing] | None = None
    classes: frozenset[str] | None = None
    closed_tiers: tuple[Tier, ...] = tuple(Tier)
    triton_is_up: bool = True
    accurate_is_up: bool = True
    crowded: frozenset[Tier] = frozenset()
    reader_is_bound: bool = True
    looks: list[Look] = field(default_factory=list)
    hold: asyncio.Event | None = None
    hold_from: int = 1
    looking: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    world: KnownWorld | None = None
    look_takes_s: float = 0.0
    measures: bool = True
    outlines: bool = False
    masks: list[Mask | None] = field(default_factory=list)
    digest: str = DIGEST

    async def put_image(self, upload: Upload) -> image_pb2.Image:
        if not upload.content.startswith(b"picture"):
            raise UnreadableImage("no picture", remedy="send one")
        return self._image()

    async def get_image(self, digest: str) -> image_pb2.Image:
        if digest != self.digest:
            raise ImageNotFound("no image has that digest", remedy="send the picture itself", digest=digest)
        return self._image()

    def _image(self) -> image_pb2.Image:
        image = image_pb2.Image(digest=self.digest, media_type="image/png", encoded_bytes=1)
        image.size.width, image.size.height = SIZE.width, SIZE.height
        return image

    async def perceive(self, look: Look) -> Looked:
        self.looks.append(look)
        await self._wait()
        if self.world is not None and self.world.seconds_left is not None:
            self.world.seconds_left -= self.look_takes_s
        if look.tier in self.crowded:
            raise Overloaded("more looks wait than end in time", retry_after_s=3.0, remedy="try again a little later")
        if not self.triton_is_up or (look.tier is Tier.ACCURATE and not self.accurate_is_up):
            raise PartUnavailable("triton is out of reach", part="triton", remedy="try again")
        if not self._is_bound(look.capability):
            raise CapabilityNotBound(
                f"no model is bound to {look.capability.word}",
                remedy="bind a model: GROUNDWIRE_PERCEPTION_BINDINGS",
                capability=look.capability.word,
            )
        found = self._read(look) if look.capability is Capability.READ_TEXT else self._found(look)
        regions = tuple(_region(f"r{number}", look, *each) for number, each in enumerate(found, start=1))
        unknown = tuple(phrase for phrase in look.phrases if not self._knows(phrase, look.tier))
        return Looked(regions, unknown)

    def _knows(self, phrase: str, tier: Tier) -> bool:
        return self.classes is None or tier not in self.closed_tiers or phrase in self.classes

    async def _wait(self) -> None:
        if self.hold is None or len(self.looks) < self.hold_from:
            return
        self.looking.set()
        try:
            await self.hold.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    def _is_bound(self, capability: Capability) -> bool:
        if capability is Capability.READ_TEXT:
            return self.reader_is_bound
        return capability is Capability.DETECT and self.things is not None

    def _read(self, look: Look) -> list[tuple[Box, str, str, float]]:
        seen = [item for item in self.lettering if look.area is None or coverage(item.box, look.area) == 1]
        reads = [(item.box, item.read(look)) for item in seen]
        return [(box, read[0], "", read[1]) for box, read in reads if read is not None]

    def _found(self, look: Look) -> list[tuple[Box, str, str, float]]:
        there = [t for t in self.things or () if look.area is None or coverage(t.box, look.area) > 0.5]
        scores = [
            (thing, thing.score(look))
            for thing in there
            if thing.label in look.phrases and self._knows(thing.label, look.tier)
        ]
        found = [(thing.box, "", thing.label, score) for thing, score in scores if score is not None]
        return sorted(found, key=lambda each: -each[3])

    async def measure(self, image_digest: str, places: Sequence[tuple[Box, Mask | None]]) -> tuple[Appearance, ...]:
        assert image_digest == self.digest
        if not self.measures:
            raise PartUnavailable("perception is out of reach", part="perception", remedy="try again")
        self.masks.extend(mask for _, mask in places)
        return tuple(self._looks(box) for box, _ in places)

    def _looks(self, box: Box) -> Appearance:
        thing = max(self.things or (), key=lambda t: coverage(box, t.box) + coverage(t.box, box), default=None)
        if thing is None or not thing.color:
            return Appearance((), 0, None if thing is None else thing.nearness)
        inner = box.area < 0.9 * thing.box.area
        color = thing.core if inner and thing.core else thing.color
        return Appearance(((color, 0.9), ("gray", 0.1)), round(box.area), thing.nearness)

    async def outline(self, image_digest: str, boxes: Sequence[Box], _tier: Tier) -> tuple[Mask, ...]:
        assert image_digest == self.digest
        if not self.outlines:
            raise CapabilityNotBound("no model is bound to segment", remedy="bind one", capability="segment")
        return tuple(Mask(SIZE, f"mask {number}".encode()) for number in range(len(boxes)))

    async def models(self, capability: Capability) -> tuple[Source, ...]:
        return tuple(_source(capability, tier) for tier in Tier) if self._is_bound(capability) else ()


def _source(capability: Capability, tier: Tier) -> Source:
    return Source(capability, capability.word, "1", "b" * 64, tier, "c" * 32, "d" * 16)


def _region(region_id: str, look: Look, box: Box, text: str, label: str, score: float) -> Region:
    source = _source(look.capability, look.tier)
    return Region(region_id, look.image_digest, box, source, identity(SIZE), text=text, label=label, score=score)
