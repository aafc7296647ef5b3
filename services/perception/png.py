"""Pixels to PNG, fast. Plain CPU work, to be run off the event loop.

Every row is filtered by the one above and deflated by Intel's ISA-L: an eighth of the time that Pillow takes at its
lowest level, for files about as long. Whoever reads PNG reads these.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import numpy as np
from isal import isal_zlib

if TYPE_CHECKING:
    from services.perception.ports import Pixels

MEDIA_TYPE: Final = "image/png"
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
RGB_8_BIT: Final = bytes([8, 2, 0, 0, 0])
"""The end of IHDR: bit depth, colour type, deflate, adaptive filters, no interlace."""

UP: Final = 2
"""The filter that keeps of each sample what it differs from the one above."""

LEVEL: Final = 1
"""Of ISA-L's 0 to 3: above, a per cent is saved."""


def encode(pixels: Pixels) -> bytes:
    """Pixels (H, W, 3) as PNG, without metadata."""
    height, width = pixels.shape[:2]
    header = struct.pack(">II", width, height) + RGB_8_BIT
    content = isal_zlib.compress(_filtered(pixels), LEVEL)
    return b"".join([SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", content), *_chunk(b"IEND", b"")])


def _filtered(pixels: Pixels) -> Pixels:
    """The rows (H, 1 + 3 W), each after the number of its filter."""
    height, width = pixels.shape[:2]
    samples = pixels.reshape(height, 3 * width)
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = UP
    rows[0, 1:] = samples[0]
    np.subtract(samples[1:], samples[:-1], out=rows[1:, 1:])
    return rows


def _chunk(kind: bytes, content: bytes) -> tuple[bytes, ...]:
    check = isal_zlib.crc32(content, isal_zlib.crc32(kind))
    return struct.pack(">I", len(content)), kind, content, struct.pack(">I", check)
