"""The images that are held: admission, description, pixels, pieces.

Under the digest lie two objects: the PNG, and beside it what `GetImage` tells, a serialized `groundwire.v1.Image`.
The second is written last, so an image is held when its description is. Where a picture arrives in several encodings,
the description keeps the first; each `PutImage` answers with its own upload's facts.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from cachetools import LRUCache

from groundwire.v1 import image_pb2
from services.common.errors import ImageNotFound, ImageTooLarge, PartUnavailable
from services.common.geometry import Size
from services.perception import pillow
from services.perception.core.limits import AdmissionLimits, check_length, check_upload
from services.perception.core.views import View, clipped_area, outwards, view_of, whole
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from concurrent.futures import Executor

    from services.common.geometry import Box
    from services.perception.ports import Objects, Pixels

T = TypeVar("T")


class Gallery:
    """Images by digest.

    Args:
        objects: Where they are kept.
        limits: What is admitted.
        threads: Where pixels are worked on, so that the event loop never waits for them.
        cache_bytes: Decoded pixels kept in memory, bytes.
        max_reply_bytes: Longest encoded piece that can be answered, bytes.
    """

    def __init__(
        self,
        *,
        objects: Objects,
        limits: AdmissionLimits,
        threads: Executor,
        cache_bytes: int,
        max_reply_bytes: int,
    ) -> None:
        self._objects = objects
        self._limits = limits
        self._threads = threads
        self._max_reply_bytes = max_reply_bytes
        self._decoded: LRUCache[str, Pixels] = LRUCache(cache_bytes, getsizeof=lambda pixels: pixels.nbytes)
        self._decoding: dict[str, asyncio.Task[Pixels]] = {}

    async def admit(self, chunks: AsyncGenerator[bytes, None], expected_digest: str) -> image_pb2.Image:
        """Take an upload in, and check it against `expected_digest` where that is not empty.

        Raises:
            UnreadableImage, ImageTooLarge, ImageTooSmall, DigestMismatch: See `groundwire.v1.PutImage`.
            PartUnavailable: It cannot be stored.
        """
        upload = bytearray()
        async with aclosing(chunks):
            async for chunk in chunks:
                upload += chunk
                check_length(len(upload), self._limits)
        return await self._keep(bytes(upload), expected_digest)

    async def _keep(self, upload: bytes, expected_digest: str) -> image_pb2.Image:
        upload_digest = await self._aside(_sha256, upload)
        check_upload(len(upload), upload_digest, expected_digest)
        decoded = await self._aside(pillow.decode, upload, self._limits)
        encoded = await self._aside(pillow.encode_png, decoded.pixels)
        digest = await self._aside(_sha256, encoded)
        image = image_pb2.Image(
            digest=digest,
            size=wire.size_to(_size(decoded.pixels)),
            media_type=pillow.MEDIA_TYPE,
            encoded_bytes=len(encoded),
            upload=image_pb2.Upload(
                digest=upload_digest,
                format=decoded.format,
                bytes=len(upload),
                exif_orientation=decoded.exif_orientation,
            ),
        )
        await self._objects.put(_png_key(digest), encoded)
        await self._objects.put(_facts_key(digest), image.SerializeToString(deterministic=True))
        self._remember(digest, decoded.pixels)
        return image

    async def describe(self, digest: str) -> image_pb2.Image:
        """What is known of an image.

        Raises:
            ImageNotFound: It is not held.
        """
        facts = await self._objects.get(_facts_key(digest))
        if facts is None:
            raise _not_found(digest)
        return image_pb2.Image.FromString(facts)

    async def pixels(self, digest: str) -> Pixels:
        """The pixels of an image, decoded once however many ask.

        Raises:
            ImageNotFound: It is not held.
        """
        held = self._decoded.get(digest)
        if held is not None:
            return held
        decoding = self._decoding.get(digest)
        if decoding is None:
            decoding = asyncio.create_task(self._decode(digest))
            self._decoding[digest] = decoding
            decoding.add_done_callback(partial(self._decoding_ended, digest))
        # Shielded: whoever gives up leaves the others their pixels.
        return await asyncio.shield(decoding)

    async def _decode(self, digest: str) -> Pixels:
        encoded = await self._objects.get(_png_key(digest))
        if encoded is None:
            raise _not_found(digest)
        if await self._aside(_sha256, encoded) != digest:
            raise PartUnavailable(
                f"the object store holds other bytes than those of image {digest}",
                remedy="restore the object, or delete it and send the picture again",
                part="objects",
            )
        pixels = await self._aside(pillow.decode_png, encoded)
        self._remember(digest, pixels)
        return pixels

    def _decoding_ended(self, digest: str, decoding: asyncio.Task[Pixels]) -> None:
        del self._decoding[digest]
        if not decoding.cancelled():
            # Taken note of: all who asked may have left, and asyncio would complain of an error that nobody saw.
            decoding.exception()

    async def crop(self, digest: str, box: Box | None) -> tuple[bytes, Box]:
        """A piece as PNG, and the whole-pixel box that it shows; the whole image without a box.

        Raises:
            ImageNotFound: The image is not held.
            InvalidField: The box lies outside it.
            ImageTooLarge: The piece is too long for one answer.
        """
        pixels = await self.pixels(digest)
        size = _size(pixels)
        inside = clipped_area(box, size, field="box")
        window = whole(size) if inside is None else outwards(inside)
        png = await self._aside(pillow.encode_png, await self.rendered(pixels, view_of(window, 1.0)))
        if len(png) > self._max_reply_bytes:
            raise ImageTooLarge(
                f"the piece is {len(png)} bytes long, over the limit of {self._max_reply_bytes}",
                remedy="cut out a smaller box",
                bytes=str(len(png)),
                max_bytes=str(self._max_reply_bytes),
            )
        return png, window

    async def rendered(self, pixels: Pixels, view: View) -> Pixels:
        """What a model is shown of an image."""
        return await self._aside(pillow.render, pixels, view)

    def _remember(self, digest: str, pixels: Pixels) -> None:
        if pixels.nbytes <= self._decoded.maxsize:
            self._decoded[digest] = pixels

    async def _aside(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _size(pixels: Pixels) -> Size:
    return Size(pixels.shape[1], pixels.shape[0])


def _png_key(digest: str) -> str:
    """Digests are checked at the door to be hexadecimal, so no key leaves its folder."""
    return f"images/{digest[:2]}/{digest}.png"


def _facts_key(digest: str) -> str:
    return f"images/{digest[:2]}/{digest}.image"


def _not_found(digest: str) -> ImageNotFound:
    return ImageNotFound(f"no image has the digest {digest}", remedy="send the picture itself", digest=digest)
