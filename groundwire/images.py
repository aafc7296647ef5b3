"""Pictures as callers have them: a file, bytes, a Pillow image, or the name of one that the mesh already holds."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from PIL import Image, ImageDraw, ImageOps

from groundwire.errors import InvalidRequest, PictureFile
from groundwire.v1 import geometry_pb2, image_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Box: TypeAlias = tuple[float, float, float, float]
"""xyxy, absolute pixels, in the upright image."""

MAX_REDACTIONS: Final = 64

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

_PREFIX: Final = "sha256:"

_PNG_MODES: Final = frozenset({"1", "L", "LA", "P", "RGB", "RGBA"})
"""Pillow modes that PNG keeps as they are; others become RGB."""


@dataclass(frozen=True, slots=True)
class ImageDigest:
    """Name of an image that the mesh holds: SHA-256, 64 lower-case hexadecimal digits; "sha256:" may stand before.

    Raises:
        InvalidRequest: It is not that.
    """

    hexadecimal: str

    def __post_init__(self) -> None:
        """Strip the prefix and check the digits."""
        bare = self.hexadecimal.removeprefix(_PREFIX)
        if not _DIGEST.fullmatch(bare):
            raise InvalidRequest(
                f"{self.hexadecimal!r} is no image digest",
                remedy="give sha256: and 64 lower-case hexadecimal digits, as an answer names its image",
                metadata={"field": "image.digest"},
            )
        object.__setattr__(self, "hexadecimal", bare)

    def __str__(self) -> str:
        """With its prefix, as `picture_of` and the command line take it."""
        return _PREFIX + self.hexadecimal


ImageLike: TypeAlias = "str | Path | bytes | bytearray | memoryview | Image.Image | ImageDigest | image_pb2.Image"
"""A path, an encoded picture, a Pillow image, "sha256:…", an `ImageDigest`, or the `image` of an earlier answer."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is sent, and what stays at hand to draw on. One of the two is set.

    Attributes:
        content: Encoded picture.
        digest: Name of an image that the mesh holds.
        redact: Places to paint over before anything is stored or looked at; only with `content`.
    """

    content: bytes = b""
    digest: str = ""
    redact: Sequence[geometry_pb2.Box] = ()

    @property
    def message(self) -> image_pb2.ImageInput:
        """The picture as the contract names it."""
        if self.digest:
            return image_pb2.ImageInput(digest=self.digest)
        return image_pb2.ImageInput(content=self.content, redact=self.redact)


def picture_of(image: ImageLike, redact: Sequence[Box] = ()) -> Picture:
    """The picture that `image` means. Files are read, and Pillow images encoded as PNG; nothing is decoded here.

    Args:
        image: What means a picture.
        redact: Places to paint over before anything is stored or looked at.

    Raises:
        PictureFile: There is no such file, or it cannot be read.
        InvalidRequest: `image` is of no kind that means a picture, empty, or no digest; or a place is none, or there
            are too many, or the mesh holds the image as it is already.
    """
    places = _places(redact)
    picture = _meant(image)
    if places and picture.digest:
        raise InvalidRequest(
            "the mesh holds that image already, as it is",
            remedy="send the picture itself, and the places with it",
            metadata={"field": "image.redact"},
        )
    return Picture(picture.content, picture.digest, places)


def _places(redact: Sequence[Box]) -> tuple[geometry_pb2.Box, ...]:
    if len(redact) > MAX_REDACTIONS:
        raise InvalidRequest(
            f"{len(redact)} places to paint over are too many",
            remedy=f"give at most {MAX_REDACTIONS}",
            metadata={"field": "image.redact"},
        )
    return tuple(_place(number, box) for number, box in enumerate(redact))


def _place(number: int, box: Box) -> geometry_pb2.Box:
    try:
        x_min, y_min, x_max, y_max = map(float, box)
    except (TypeError, ValueError) as error:
        raise _no_place(number, box) from error
    if not all(map(math.isfinite, (x_min, y_min, x_max, y_max))) or x_max <= x_min or y_max <= y_min:
        raise _no_place(number, box)
    return geometry_pb2.Box(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max)


def _no_place(number: int, box: object) -> InvalidRequest:
    return InvalidRequest(
        f"{box!r} is no box to paint over",
        remedy="give four finite numbers, pixels of the upright picture: x_min, y_min, x_max, y_max, min below max",
        metadata={"field": f"image.redact[{number}]"},
    )


def _meant(image: ImageLike) -> Picture:
    match image:
        case str() if image.startswith(_PREFIX):
            return Picture(digest=ImageDigest(image).hexadecimal)
        case str() | Path():
            return Picture(content=_read(Path(image)))
        case bytes() | bytearray() | memoryview():
            return Picture(content=_not_empty(bytes(image), "the picture has no bytes"))
        case Image.Image():
            return Picture(content=_encode(image))
        case ImageDigest():
            return Picture(digest=image.hexadecimal)
        case image_pb2.Image():
            return Picture(digest=ImageDigest(image.digest).hexadecimal)
    raise InvalidRequest(
        f"a {type(image).__name__} is no picture",
        remedy="give a path, bytes, a PIL image, an ImageDigest, or the image of an earlier answer",
        metadata={"field": "image"},
    )


def _read(path: Path) -> bytes:
    facts = {"path": str(path)}
    try:
        content = path.expanduser().read_bytes()
    except FileNotFoundError as error:
        where = "" if path.is_absolute() else f" in {Path.cwd()}"
        raise PictureFile(
            f"there is no file {str(path)!r}{where}", remedy="check the path", reason="NO_SUCH_FILE", metadata=facts
        ) from error
    except IsADirectoryError as error:
        raise PictureFile(
            f"{str(path)!r} is a folder, not a picture", remedy="name one file", reason="NOT_A_FILE", metadata=facts
        ) from error
    except (OSError, ValueError, RuntimeError) as error:  # also: a NUL in the name, a home that is not known
        problem = getattr(error, "strerror", None) or str(error)
        raise PictureFile(
            f"{str(path)!r} cannot be read: {problem}", remedy="check the file and its permissions", metadata=facts
        ) from error
    return _not_empty(content, f"{str(path)!r} is empty")


def _not_empty(content: bytes, problem: str) -> bytes:
    if not content:
        raise InvalidRequest(problem, remedy="send a picture", reason="UNREADABLE_IMAGE", metadata={"field": "image"})
    return content


def _encode(image: Image.Image) -> bytes:
    """Upright: PNG keeps no EXIF here, so the orientation is applied first."""
    if 0 in image.size:
        raise InvalidRequest("the image has no pixels", remedy="send a picture", reason="IMAGE_TOO_SMALL")
    upright = ImageOps.exif_transpose(image)
    kept = upright if upright.mode in _PNG_MODES else upright.convert("RGB")
    stream = io.BytesIO()
    kept.save(stream, format="PNG", compress_level=1)
    return stream.getvalue()


def decoded(content: bytes) -> Image.Image:
    """The upright picture in RGB: the frame of every box of an answer about it.

    Raises:
        PictureFile: Pillow cannot decode it.
    """
    try:
        with Image.open(io.BytesIO(content)) as image:
            return ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureFile(
            f"the picture cannot be decoded here: {error}",
            remedy="send JPEG, PNG, WebP, GIF, BMP or TIFF",
            reason="UNREADABLE_IMAGE",
        ) from error


def painted_over(picture: Image.Image, redactions: Iterable[image_pb2.Redaction]) -> Image.Image:
    """A copy with the redacted places black, as far as whole pixels reach: a caller's own file still shows them."""
    painted = picture.copy()
    draw = ImageDraw.Draw(painted)
    for redaction in redactions:
        box = redaction.box
        far = (math.ceil(box.x_max) - 1, math.ceil(box.y_max) - 1)  # Pillow paints the last row and column too.
        near = (min(math.floor(box.x_min), far[0]), min(math.floor(box.y_min), far[1]))
        draw.rectangle((near, far), fill=0)
    return painted
