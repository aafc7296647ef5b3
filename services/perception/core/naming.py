"""What an image is called."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def digest_of(pixels: npt.NDArray[np.uint8]) -> str:
    """SHA-256 of pixels (H, W, 3), RGB, as a binary PPM: 64 lower-case hexadecimal digits.

    A PPM is the pixels after a line of header, so the name depends on them alone: not on a compressor, its version or
    the processor that it runs on. Source: netpbm, ppm(5).
    """
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(b"P6\n%d %d\n255\n" % (width, height))
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
