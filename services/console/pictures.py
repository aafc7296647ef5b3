"""Pictures over HTTP: whole, cut out, and small.

An image never changes under its digest, but it may be erased. So a browser may keep what it got and has to ask each
time whether it may still show it; and nothing kept here is served before perception has said that it holds the image.
"""

from __future__ import annotations

import asyncio
import io
import math
from typing import TYPE_CHECKING, Final

from cachetools import LRUCache
from PIL import Image
from starlette.responses import Response
from starlette.routing import Route

from services.common.errors import ImageNotFound, InvalidField
from services.common.geometry import Box
from services.runtime import wire

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from services.console.ports import Pictures

THUMBNAIL_PX: Final = 240
"""Longest side of a thumbnail: it is shown at half of that, on dense screens too."""

_CORNERS: Final = 4


class PictureRoutes:
    """`/images/…`."""

    def __init__(self, pictures: Pictures, *, thumbnails_kept: int) -> None:
        self._pictures = pictures
        self._thumbnails: LRUCache[str, bytes] = LRUCache(thumbnails_kept)

    @property
    def routes(self) -> Sequence[Route]:
        """What to serve."""
        return (
            Route("/images/{digest}", self.picture),
            Route("/images/{digest}/thumbnail", self.thumbnail),
        )

    async def picture(self, request: Request) -> Response:
        """The image, or the box of it that `?box=x_min,y_min,x_max,y_max` names, as PNG."""
        digest = wire.digest(request.path_params["digest"], "digest")
        box = box_of(request.query_params.get("box", ""))
        tag = f'"{digest}:{box}"'
        if await self._is_known(request, digest, tag):
            return _response(b"", tag, status=304)
        return _response(await self._pictures.pixels(digest, box), tag, "image/png")

    async def thumbnail(self, request: Request) -> Response:
        """The image made small, as WebP."""
        digest = wire.digest(request.path_params["digest"], "digest")
        tag = f'"{digest}:{THUMBNAIL_PX}"'
        try:
            await self._pictures.image(digest)
        except ImageNotFound:
            self._thumbnails.pop(digest, None)
            raise
        if request.headers.get("if-none-match") == tag:
            return _response(b"", tag, status=304)
        picture = self._thumbnails.get(digest)
        if picture is None:
            picture = await asyncio.to_thread(small, await self._pictures.pixels(digest, None))
            if self._thumbnails.maxsize:
                self._thumbnails[digest] = picture
        return _response(picture, tag, "image/webp")

    async def _is_known(self, request: Request, digest: str, tag: str) -> bool:
        """Whether the browser has it, and it is still held."""
        if request.headers.get("if-none-match") != tag:
            return False
        await self._pictures.image(digest)
        return True


def small(png: bytes) -> bytes:
    """The picture with `THUMBNAIL_PX` on its longest side, as WebP."""
    with Image.open(io.BytesIO(png)) as picture:
        picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        stream = io.BytesIO()
        picture.convert("RGB").save(stream, format="WEBP", quality=80)
    return stream.getvalue()


def box_of(text: str) -> Box | None:
    """The box in a query; None where there is none.

    Raises:
        InvalidField: It is not four numbers that span an area.
    """
    if not text:
        return None
    try:
        edges = tuple(map(float, text.split(",")))
    except ValueError:
        edges = ()
    if len(edges) != _CORNERS or not (edges[0] < edges[2] < math.inf and edges[1] < edges[3] < math.inf):
        raise InvalidField("box", "box is no box", remedy="give x_min,y_min,x_max,y_max in pixels")
    return Box(*edges)


def _response(content: bytes, tag: str, media_type: str | None = None, *, status: int = 200) -> Response:
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    return Response(content, status, headers, media_type)
