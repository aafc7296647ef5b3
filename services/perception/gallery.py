"""The images that are held: admission, description, pixels, pieces.

Under the digest lie two objects: the PNG, and beside it what `GetImage` tells, a serialized `groundwire.v1.Image`.
The second is written last, so an image is held when its description is. Where a picture arrives in several encodings,
the description keeps the first; each `PutImage` answers with its own upload's facts. The digest is that of the pixels,
so a picture that is held already is not encoded again, and a file that came before is not even decoded.

Every tenant has a gallery of its own: a picture that two of them admit is kept twice, and each forgets its own alone.
A digest says nothing to a tenant that did not admit the picture, in the store as in memory.

What is painted over, is before the picture is encoded, named, stored or remembered: nothing here ever sees it again.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Final

from cachetools import LRUCache

from groundwire.v1 import image_pb2
from services.common.errors import ImageNotFound, ImageTooLarge, PartUnavailable, UnreadableImage
from services.perception import pillow, png
from services.perception.aside import MOST_WAITING
from services.perception.core.limits import AdmissionLimits, check_length, check_upload
from services.perception.core.naming import digest_of
from services.perception.core.views import clipped_area, outwards, view_of, whole
from services.perception.sight import size_of
from services.runtime import deadlines, tenant, wire
from services.runtime.admission import Admission, Caller
from services.runtime.room import Room

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from services.common.geometry import Box
    from services.perception.aside import Aside
    from services.perception.core.redaction import Place
    from services.perception.ports import Objects, Pixels
    from services.perception.redacting import Redactor


UPLOADS: Final = 4096
"""Files of which is remembered what they became: a few hundred bytes each."""


class Gallery:
    """Images by digest.

    Args:
        objects: Where they are kept.
        limits: What is admitted.
        redactor: Paints over what must not be seen.
        aside: Where pixels are worked on.
        cache_bytes: Decoded pixels kept in memory, bytes.
        admits_at_once: Pictures that are being decoded, painted over and encoded; others wait as uploads.
        max_reply_bytes: Longest encoded piece that can be answered, bytes.
    """

    def __init__(
        self,
        *,
        objects: Objects,
        limits: AdmissionLimits,
        redactor: Redactor,
        aside: Aside,
        cache_bytes: int,
        admits_at_once: int,
        max_reply_bytes: int,
    ) -> None:
        self._objects = objects
        self._limits = limits
        self._redactor = redactor
        self._aside = aside
        self._max_reply_bytes = max_reply_bytes
        self._arriving = Room("uploads")
        self._turns = Admission(at_once=admits_at_once, waiting=MOST_WAITING)
        self._decoded: LRUCache[str, Pixels] = LRUCache(cache_bytes, getsizeof=lambda pixels: pixels.nbytes)
        self._decoding: dict[str, asyncio.Task[Pixels]] = {}
        # What each file became that was admitted as it is: by its digest, so that nobody learns of what he has not got.
        self._uploads: LRUCache[str, image_pb2.Image] = LRUCache(UPLOADS)

    async def admit(
        self, chunks: AsyncGenerator[bytes, None], expected_digest: str, redact: Sequence[Box]
    ) -> image_pb2.Image:
        """Take an upload in, check it against `expected_digest` where that is not empty, paint over `redact`.

        Raises:
            UnreadableImage, ImageTooLarge, ImageTooSmall, DigestMismatch: See `groundwire.v1.PutImage`.
            CapabilityNotBound, PartUnavailable, ModelOutput, Overloaded, DeadlineExceeded: It cannot be redacted as the
                tenant's policy says, or (PartUnavailable) not be stored.
        """
        with self._arriving.held(tenant.current_tenant()) as held:
            upload = bytearray()
            async with aclosing(chunks):
                async for chunk in chunks:
                    held.grow(len(chunk))
                    upload += chunk
                    check_length(len(upload), self._limits)
            return await self.keep(upload, expected_digest, redact)

    async def keep(
        self, upload: bytes | bytearray, expected_digest: str = "", redact: Sequence[Box] = ()
    ) -> image_pb2.Image:
        """Take in an upload that is there as a whole.

        Raises:
            As `admit`.
        """
        check_length(len(upload), self._limits)
        upload_digest = await self._aside(_sha256, upload)
        check_upload(len(upload), upload_digest, expected_digest)
        as_it_is = self._redactor.leaves_alone(redact)
        known = self._uploads.get(upload_digest) if as_it_is else None
        if known is not None and await self._held_bytes(known.digest):
            return known
        async with self._turns.turn(Caller(tenant.current_tenant(), left_s=deadlines.remaining())):
            image = await self._kept(upload, upload_digest, redact)
        if as_it_is:
            self._uploads[upload_digest] = image
        return image

    async def _kept(self, upload: bytes | bytearray, upload_digest: str, redact: Sequence[Box]) -> image_pb2.Image:
        decoded = await self._aside(pillow.decode, upload, self._limits)
        pixels, places = await self._redactor.redacted(decoded.pixels, redact)
        image = image_pb2.Image(
            digest=await self._aside(digest_of, pixels),
            size=wire.size_to(size_of(pixels)),
            media_type=png.MEDIA_TYPE,
            upload=image_pb2.Upload(
                digest=upload_digest,
                format=decoded.format,
                bytes=len(upload),
                exif_orientation=decoded.exif_orientation,
            ),
            redactions=map(_redaction_to, places),
        )
        image.encoded_bytes = await self._held_bytes(image.digest) or await self._store(image, pixels)
        self._remember(_png_key(image.digest), pixels)
        return image

    async def _held_bytes(self, digest: str) -> int:
        """Length of the stored encoding, bytes; 0 where the image is not held."""
        facts = await self._objects.get(_facts_key(digest))
        if facts is None or not await self._objects.exists(_png_key(digest)):
            return 0
        return image_pb2.Image.FromString(facts).encoded_bytes

    async def _store(self, image: image_pb2.Image, pixels: Pixels) -> int:
        """Keep the pixels and what is told of them; returns the length of the encoding, bytes."""
        encoded = await self._aside(png.encode, pixels)
        image.encoded_bytes = len(encoded)
        await self._objects.put(_png_key(image.digest), encoded)
        await self._objects.put(_facts_key(image.digest), image.SerializeToString(deterministic=True))
        return image.encoded_bytes

    async def describe(self, digest: str) -> image_pb2.Image:
        """What is known of an image.

        Raises:
            ImageNotFound: It is not held.
        """
        facts = await self._objects.get(_facts_key(digest))
        if facts is None:
            raise _not_found(digest)
        return image_pb2.Image.FromString(facts)

    async def painted(self, digest: str) -> tuple[Box, ...]:
        """The places of an image that were painted over before it was kept.

        Raises:
            ImageNotFound: It is not held.
        """
        redactions = (await self.describe(digest)).redactions
        return tuple(wire.box_from(redaction.box, "redactions.box") for redaction in redactions)

    async def require(self, digest: str) -> None:
        """Return if an image is held, asking the store: another replica may have erased it.

        Raises:
            ImageNotFound: It is not.
        """
        if not await self._objects.exists(_facts_key(digest)):
            self.drop(digest)
            raise _not_found(digest)

    async def pixels(self, digest: str) -> Pixels:
        """The pixels of an image, decoded once however many ask.

        Raises:
            ImageNotFound: It is not held.
        """
        key = _png_key(digest)
        held = self._decoded.get(key)
        if held is not None:
            await self.require(digest)
            return held
        decoding = self._decoding.get(key)
        if decoding is None:
            decoding = asyncio.create_task(self._decode(digest))
            self._decoding[key] = decoding
            decoding.add_done_callback(partial(self._decoding_ended, key))
        # Shielded: whoever gives up leaves the others their pixels.
        return await asyncio.shield(decoding)

    async def _decode(self, digest: str) -> Pixels:
        encoded = await self._objects.get(_png_key(digest))
        if encoded is None:
            raise _not_found(digest)
        pixels = await self._aside(_pixels_of, digest, encoded)
        if pixels is None:
            raise PartUnavailable(
                f"the object store holds other bytes than those of image {digest}",
                remedy="restore the object, or delete it and send the picture again",
                part="objects",
            )
        return pixels

    def _decoding_ended(self, key: str, decoding: asyncio.Task[Pixels]) -> None:
        # Asked for in any case: else asyncio would complain of an error that nobody saw, once all who asked have left.
        failed = decoding.cancelled() or decoding.exception() is not None
        if self._decoding.get(key) is not decoding:
            return  # the image was erased meanwhile
        del self._decoding[key]
        if not failed:
            self._remember(key, decoding.result())

    async def erase(self, digest: str) -> bool:
        """Keep nothing of an image; whether it was held.

        Raises:
            PartUnavailable: The object store cannot erase it.
        """
        # The description goes first: an image without one is not held, whatever becomes of the rest.
        was_held = await self._objects.delete(_facts_key(digest))
        await self._objects.delete(_png_key(digest))
        self.drop(digest)
        return was_held

    def drop(self, digest: str) -> None:
        """Keep nothing of an image in memory."""
        self._decoding.pop(_png_key(digest), None)
        self._decoded.pop(_png_key(digest), None)
        for upload in [key for key, image in self._uploads.items() if image.digest == digest]:
            del self._uploads[upload]

    async def crop(self, digest: str, box: Box | None) -> tuple[bytes, Box]:
        """A piece as PNG, and the whole-pixel box that it shows; the whole image without a box.

        Raises:
            ImageNotFound: The image is not held.
            InvalidField: The box lies outside it.
            ImageTooLarge: The piece is too long for one answer.
        """
        pixels = await self.pixels(digest)
        size = size_of(pixels)
        inside = clipped_area(box, size, field="box")
        window = whole(size) if inside is None else outwards(inside)
        piece = await self._aside(png.encode, await self._aside(pillow.render, pixels, view_of(window, 1.0)))
        if len(piece) > self._max_reply_bytes:
            raise ImageTooLarge(
                f"the piece is {len(piece)} bytes long, over the limit of {self._max_reply_bytes}",
                remedy="cut out a smaller box",
                bytes=str(len(piece)),
                max_bytes=str(self._max_reply_bytes),
            )
        return piece, window

    def _remember(self, key: str, pixels: Pixels) -> None:
        if pixels.nbytes <= self._decoded.maxsize:
            self._decoded[key] = pixels


def _pixels_of(digest: str, encoded: bytes) -> Pixels | None:
    """What was stored under a digest; None where it is not what the digest names."""
    try:
        pixels = pillow.decode_png(encoded)
    except UnreadableImage:
        return None
    # Images that were stored before docs/adr/0014 are named by their PNG.
    return pixels if digest in {digest_of(pixels), _sha256(encoded)} else None


def _sha256(content: bytes | bytearray) -> str:
    return hashlib.sha256(content).hexdigest()


def _redaction_to(place: Place) -> image_pb2.Redaction:
    return image_pb2.Redaction(box=wire.box_to(place.box), kind=place.kind, found_by=place.found_by)


def _png_key(digest: str) -> str:
    return f"{_place(digest)}.png"


def _facts_key(digest: str) -> str:
    return f"{_place(digest)}.image"


def _place(digest: str) -> str:
    """Where the tenant of the current call keeps an image.

    Tenants' names have no slash, and digests are checked at the door to be hexadecimal, so no key leaves its folder.
    """
    whose = tenant.current_tenant()
    folder = "images" if whose == tenant.DEFAULT else f"tenants/{whose}/images"
    return f"{folder}/{digest[:2]}/{digest}"


def _not_found(digest: str) -> ImageNotFound:
    return ImageNotFound(f"no image has the digest {digest}", remedy="send the picture itself", digest=digest)
