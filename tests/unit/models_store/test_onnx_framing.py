"""Where a picture lies in a network's input, and how a box comes back from there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

SIDES = st.tuples(st.integers(1, 8000), st.integers(1, 8000))
INPUTS = st.tuples(st.integers(8, 1280), st.integers(8, 1280))


def test_known_places(framing: Any) -> None:
    # A picture of 400 x 100 in an input of 200 x 200: half its size, and in the middle or at the top.
    assert framing.frame((400, 100), (200, 200), "stretch") == ((0.5, 2.0), (0.0, 0.0))
    assert framing.frame((400, 100), (200, 200), "letterbox") == ((0.5, 0.5), (0.0, 75.0))
    assert framing.frame((400, 100), (200, 200), "letterbox_corner") == ((0.5, 0.5), (0.0, 0.0))


def test_a_box_comes_back_by_hand(framing: Any) -> None:
    where = framing.frame((400, 100), (200, 200), "letterbox")
    back = where.back(np.array([[50.0, 80.0, 100.0, 120.0]]))
    assert back.tolist() == [[100.0, 10.0, 200.0, 90.0]]


@given(SIDES, INPUTS, st.sampled_from(["stretch", "letterbox", "letterbox_corner"]))
def test_the_whole_picture_comes_back_from_where_it_was_laid(
    framing: Any, picture: tuple[int, int], size: tuple[int, int], resize: str
) -> None:
    scale, offset = where = framing.frame(picture, size, resize)
    corners = [offset[0], offset[1], offset[0] + picture[0] * scale[0], offset[1] + picture[1] * scale[1]]

    assert all(-1e-6 <= corner <= side + 1e-6 for corner, side in zip(corners, (*size, *size), strict=True))
    np.testing.assert_allclose(where.back(np.array([corners])), [[0, 0, *picture]], atol=1e-6 * max(picture))


@pytest.mark.parametrize(("layout", "shape"), [("NCHW", (1, 3, 2, 4)), ("NHWC", (1, 2, 4, 3))])
def test_numbers_are_as_the_descriptor_says(framing: Any, layout: str, shape: tuple[int, ...]) -> None:
    laid = np.zeros((2, 4, 3), np.uint8)
    laid[:] = (255, 51, 0)
    said = {"channels": "BGR", "divisor": 255.0, "mean": [0.1, 0.2, 0.5], "std": [1.0, 0.5, 0.25], "layout": layout}

    tensor = framing.tensor(laid, said)

    assert (tensor.shape, tensor.dtype) == (shape, np.float32)
    pixel = tensor[0, :, 0, 0] if layout == "NCHW" else tensor[0, 0, 0]
    np.testing.assert_allclose(pixel, [(0 - 0.1) / 1, (0.2 - 0.2) / 0.5, (1 - 0.5) / 0.25], atol=1e-6)
