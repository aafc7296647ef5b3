"""Many pictures at once: few are pixels in memory at a time, whatever arrives."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from tests.fakes.objects import MemoryObjects
from tests.fakes.perception_station import Station, png, put
from tests.fakes.triton import RED, picture


@dataclass
class SlowObjects(MemoryObjects):
    """A store that takes nothing until it is told to, and knows how many wait for it."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    storing: set[str] = field(default_factory=set)
    most: int = 0
    crowd: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, key: str, content: bytes) -> None:
        self.storing.add(key)
        self.most = max(self.most, len(self.storing))
        if len(self.storing) == 3:
            self.crowd.set()
        await self.go.wait()
        self.storing.discard(key)
        await super().put(key, content)


async def test_pictures_wait_as_uploads_while_others_are_pixels() -> None:
    objects = SlowObjects()
    pictures = [png(picture((64, 64), {RED: (8, 8, 16 + shift, 16)})) for shift in range(12)]
    async with Station(objects=objects, settings={"pixel_threads": 2}).open() as stub:
        uploads = [asyncio.create_task(put(stub, each)) for each in pictures]
        await asyncio.wait_for(objects.crowd.wait(), 20)
        objects.go.set()
        images = await asyncio.gather(*uploads)
    assert len({image.digest for image in images}) == 12
    assert objects.most == 3
