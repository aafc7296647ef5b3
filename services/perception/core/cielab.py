"""Pixels as colours that distances can be measured between. Pure NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Labs = npt.NDArray[np.float32]
    """(N, 3): L* in [0, 100], a*, b*."""

_TO_XYZ: Final = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], dtype=np.float64
)
"""Linear sRGB to CIE XYZ (IEC 61966-2-1)."""

_LINEAR_UP_TO: Final = 0.04045
"""Encoded value up to which sRGB is linear (IEC 61966-2-1)."""

_WHITE: Final = _TO_XYZ.sum(axis=1)
"""What 255, 255, 255 is: the white point D65, so that greys have no chroma at all."""


def from_srgb(pixels_rgb: npt.NDArray[np.uint8]) -> Labs:
    """CIELAB (CIE 15:2004, illuminant D65, 2 degree observer) of (N, 3) uint8 sRGB pixels, by IEC 61966-2-1.

    >>> from_srgb(np.array([[255, 0, 0]], dtype=np.uint8)).round(1)
    array([[53.2, 80.1, 67.2]], dtype=float32)
    """
    encoded = pixels_rgb / 255.0
    linear = np.where(encoded <= _LINEAR_UP_TO, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    scaled = linear @ _TO_XYZ.T / _WHITE
    limit = 6 / 29
    curved = np.where(scaled > limit**3, np.cbrt(scaled), scaled / (3 * limit**2) + 4 / 29)
    x, y, z = curved.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1).astype(np.float32)


def chromas(labs: Labs) -> npt.NDArray[np.float32]:
    """C*, (N,): how far from grey."""
    return np.hypot(labs[:, 1], labs[:, 2])


def differences(a: Labs, b: Labs) -> npt.NDArray[np.float32]:
    """Colour differences of every pair, (len(a), len(b)): CIE94 for graphic arts (CIE 116-1995).

    Its weights are of the geometric mean of both chromas, as the report has it where neither colour is the standard, so
    that the difference is symmetric.
    """
    a_chroma, b_chroma = chromas(a)[:, None], chromas(b)[None]
    lightness = a[:, None, 0] - b[None, :, 0]
    chroma = a_chroma - b_chroma
    across = (a[:, None, 1] - b[None, :, 1]) ** 2 + (a[:, None, 2] - b[None, :, 2]) ** 2
    hue_squared = np.maximum(across - chroma**2, 0)
    mean = np.sqrt(a_chroma * b_chroma)
    return np.asarray(
        np.sqrt(lightness**2 + (chroma / (1 + 0.045 * mean)) ** 2 + hue_squared / (1 + 0.015 * mean) ** 2)
    )
