"""Masks as COCO compressed run-length encoding: the form in which they travel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from services.common.geometry import Size
from services.common.regions import Mask

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt


def encoded(mask: npt.NDArray[np.bool_]) -> Mask:
    """A (H, W) bool mask, as it travels."""
    height, width = mask.shape
    return Mask(Size(width, height), counts(mask))


def counts(mask: npt.NDArray[np.bool_]) -> bytes:
    """COCO compressed counts of a (H, W) bool mask, column by column, beginning with the run of zeros.

    >>> counts(np.array([[False, True], [True, True]]))
    b'13'
    """
    pixels = mask.ravel(order="F")
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    first = [0] if pixels[0] else []
    return _compressed(np.diff([*first, 0, *changes.tolist(), pixels.size]).tolist())


def _compressed(runs: Iterable[int]) -> bytes:
    """Each run from the fourth as its difference to the last but one of its colour, in groups of five bits."""
    written = bytearray()
    before: list[int] = []
    for run in runs:
        value = run - before[-2] if len(before) > 2 else run  # noqa: PLR2004 - the format's own exception
        before.append(run)
        more = True
        while more:
            bits, value = value & 0x1F, value >> 5
            more = value != (-1 if bits & 0x10 else 0)
            written.append((bits | (0x20 if more else 0)) + 48)
    return bytes(written)
