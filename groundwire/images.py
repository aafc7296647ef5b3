"""Pictures as callers have them: a file, bytes, a Pillow image, or the name of one that the mesh already holds."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from PIL import Image, ImageOps

from groundwire.errors import InvalidRequest, PictureFile
from groundwire.v1 import image_pb2

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
    """

    content: bytes = b""
    digest: str = ""

    @property
    def message(self) -> image_pb2.ImageInput:
        """The picture as the contract names it."""
        if self.digest:
            return image_pb2.ImageInput(digest=self.digest)
        return image_pb2.ImageInput(content=self.content)


def picture_of(image: ImageLike) -> Picture:
    """The picture that `image` means. Files are read, and Pillow images encoded as PNG; nothing is decoded here.

    Raises:
        PictureFile: There is no such file, or it cannot be read.
        InvalidRequest: `image` is of no kind that means a picture, empty, or no digest.
    """
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
