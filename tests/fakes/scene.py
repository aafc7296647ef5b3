"""A simulated picture for fusion: lettering that each tier reads in its own way.

    scene = Scene([Lettering("YAMAHA", Box(356, 329, 382, 342), fast=("YAMARA", 0.90), accurate=("YAMAHA", 0.99))])
    scene.triton_is_up = False   # every look now fails as it would without Triton

It implements fusion's `Perception` port, counts its looks and can be made to fail or to wait.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from groundwire.v1 import image_pb2
from services.common.errors import CapabilityNotBound, ImageNotFound, PartUnavailable, UnreadableImage
from services.common.geometry import Box, Size, coverage, identity
from services.common.regions import Capability, Region, Source, Tier

if TYPE_CHECKING:
    from services.fusion.ports import Look

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


@dataclass
class Scene:
    lettering: list[Lettering] = field(default_factory=list)
    triton_is_up: bool = True
    accurate_is_up: bool = True
    reader_is_bound: bool = True
    looks: list[Look] = field(default_factory=list)
    hold: asyncio.Event | None = None
    looking: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def put_image(self, content: bytes) -> image_pb2.Image:
        if not content.startswith(b"picture"):
            raise UnreadableImage("no picture", remedy="send one")
        return self._image()

    async def get_image(self, digest: str) -> image_pb2.Image:
        if digest != DIGEST:
            raise ImageNotFound("no image has that digest", remedy="send the picture itself", digest=digest)
        return self._image()

    def _image(self) -> image_pb2.Image:
        image = image_pb2.Image(digest=DIGEST, media_type="image/png", encoded_bytes=1)
        image.size.width, image.size.height = SIZE.width, SIZE.height
        return image

    async def perceive(self, look: Look, first_region_number: int) -> tuple[Region, ...]:
        self.looks.append(look)
        self.looking.set()
        if self.hold is not None:
            try:
                await self.hold.wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        if not self.triton_is_up or (look.tier is Tier.ACCURATE and not self.accurate_is_up):
            raise PartUnavailable("triton is out of reach", part="triton", remedy="try again")
        if look.capability is not Capability.READ_TEXT or not self.reader_is_bound:
            raise CapabilityNotBound(
                f"no model is bound to {look.capability.word}",
                remedy="bind a model: GROUNDWIRE_PERCEPTION_BINDINGS",
                capability=look.capability.word,
            )
        seen = [item for item in self.lettering if look.area is None or coverage(item.box, look.area) == 1]
        reads = [(item.box, item.read(look)) for item in seen]
        found = [(box, read) for box, read in reads if read is not None]
        return tuple(
            _region(f"r{number}", box, read, look.tier)
            for number, (box, read) in enumerate(found, start=first_region_number)
        )


def _region(region_id: str, box: Box, read: tuple[str, float], tier: Tier) -> Region:
    source = Source(Capability.READ_TEXT, "read_text", "1", "b" * 64, tier, "c" * 32, "d" * 16)
    return Region(region_id, DIGEST, box, source, identity(SIZE), text=read[0], score=read[1])
