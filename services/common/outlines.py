"""Masks as pixels: the way back from COCO compressed run-length encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from services.common.geometry import Bools
    from services.common.regions import Mask


LONGEST_RUN_BITS: Final = 60
"""No run of a picture has more; a longer number is an attack."""


class MaskBroken(ValueError):
    """The counts of a mask are no such encoding, or do not fill its size."""


def runs(mask: Mask) -> list[int]:
    """Lengths of the runs, column by column, the first of pixels that do not belong.

    The format is that of `maskApi.c` in the COCO API: five bits a character, lowest first, and each run from the fourth
    as its difference to the last but one.

    Raises:
        MaskBroken: The counts are no such encoding, or do not fill the mask's size.
    """
    lengths: list[int] = []
    value = shift = 0
    for character in mask.counts:
        group = character - 48
        if not 0 <= group < 64 or shift > LONGEST_RUN_BITS:  # noqa: PLR2004 - six bits
            raise MaskBroken("the counts are not those of a COCO mask")
        value |= (group & 0x1F) << shift
        shift += 5
        if group & 0x20:
            continue
        if group & 0x10:
            value -= 1 << shift
        lengths.append(value + lengths[-2] if len(lengths) > 2 else value)  # noqa: PLR2004 - the format's own exception
        value = shift = 0
    if shift or min(lengths, default=0) < 0 or sum(lengths) != mask.size.pixels:
        raise MaskBroken(f"the counts do not fill {mask.size.width} x {mask.size.height} pixels")
    return lengths


def area(mask: Mask) -> int:
    """Pixels that belong.

    Raises:
        MaskBroken: As `runs`.
    """
    return sum(runs(mask)[1::2])


def pixels(mask: Mask) -> Bools:
    """Which pixels belong, (H, W) bool.

    Raises:
        MaskBroken: As `runs`.
    """
    lengths = runs(mask)
    belongs = np.arange(len(lengths)) % 2 == 1
    return np.repeat(belongs, lengths).reshape(mask.size.width, mask.size.height).T
