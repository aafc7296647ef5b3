"""What a file asks of its decoder beyond its pixels: few bytes can ask for hours, or for gigabytes.

A progressive JPEG is a row of scans, each a pass over the whole picture, and an empty one takes some fifty bytes. A
JPEG 2000 picture is cut into tiles, for each of which its decoder keeps some ten kilobytes before it has read one.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Final

from services.common.errors import ImageTooLarge, UnreadableImage

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SCANS: Final = 100
"""Encoders make about ten. Embedded previews count too."""

MOST_TILES: Final = 4096
"""One of 33 megapixels has 512 tiles of 256 x 256."""

_SCAN: Final = b"\xff\xda"
"""JPEG's marker of a scan (ITU-T T.81, B.1.1.3). In the data of a scan, 0xFF is always followed by zero."""

_SIZE: Final = b"\xff\x4f\xff\x51"
"""JPEG 2000's start of a code stream, and of its extent (ITU-T T.800, A.5.1)."""

_PART: Final = b"\xff\x90"
"""JPEG 2000's start of a part of a tile (A.4.2). In the data, 0xFF is never followed by as much as this."""

_EXTENT: Final = struct.Struct(">HHIIIIIIII")


def check_work(upload: bytes | bytearray, encoding: str) -> None:
    """Pass a file that its decoder will be done with.

    Args:
        upload: The file.
        encoding: As Pillow names it.

    Raises:
        ImageTooLarge: It has too many scans or tiles.
        UnreadableImage: It has fewer tiles than it says.
    """
    if encoding == "JPEG":
        _check("scans", upload.count(_SCAN), MOST_SCANS)
    if encoding == "JPEG2000":
        tiles = max(_tiles(upload), default=0)
        _check("tiles", tiles, MOST_TILES)
        if upload.count(_PART) < tiles:
            raise UnreadableImage("the upload ends before its last tile", remedy="send the whole file", format=encoding)


def _check(what: str, number: int, most: int) -> None:
    if number > most:
        raise ImageTooLarge(
            f"the picture is stored in {number} {what}, over the limit of {most}",
            remedy="save it again, as PNG or as a plain JPEG",
            **{what: str(number), f"max_{what}": str(most)},
        )


def _tiles(upload: bytes | bytearray) -> Iterator[int]:
    """The number of tiles that each thing that looks like a code stream says to have."""
    at = upload.find(_SIZE)
    while at >= 0:
        said = upload[at + len(_SIZE) : at + len(_SIZE) + _EXTENT.size]
        if len(said) == _EXTENT.size:
            _, _, right, bottom, _, _, wide, high, left, top = _EXTENT.unpack(said)
            if wide and high:
                yield math.ceil(max(0, right - left) / wide) * math.ceil(max(0, bottom - top) / high)
        at = upload.find(_SIZE, at + 1)
