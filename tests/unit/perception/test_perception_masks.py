from __future__ import annotations

import numpy as np
import pytest

from services.perception.core import masks


def mask(height: int, width: int, *filled: tuple[slice, slice]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    pixels = np.zeros((height, width), dtype=np.bool_)
    for place in filled:
        pixels[place] = True
    return pixels


@pytest.mark.parametrize(
    ("pixels", "counts"),
    [
        # Known answers from pycocotools 2: mask.encode(np.asfortranarray(pixels.astype(np.uint8)))["counts"].
        (mask(2, 2), b"4"),
        (mask(2, 2, (slice(None), slice(None))), b"04"),
        (mask(3, 4, (slice(1, 2), slice(1, 3))), b"41202"),
        (mask(40, 60, (slice(3, 30), slice(5, 8))), b"[6k0=000mP2"),
    ],
)
def test_counts_are_those_of_coco(pixels: np.ndarray[tuple[int, int], np.dtype[np.bool_]], counts: bytes) -> None:
    assert masks.counts(pixels) == counts
