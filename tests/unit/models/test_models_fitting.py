"""Pictures of unusual shape before networks see them, and places in them afterwards."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.models.runner_modules import runner_module

fitting = runner_module("fitting")

SIDES = st.integers(1, 300)
SHARES = st.floats(0, 1, width=32)


@given(
    width=SIDES,
    height=SIDES,
    longest=st.integers(16, 200),
    ratio=st.integers(1, 8),
    shares=st.lists(SHARES, min_size=4, max_size=4),
)
def test_no_side_is_too_long_or_too_thin_and_any_box_comes_back(
    width: int, height: int, longest: int, ratio: int, shares: list[float]
) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    box = np.array([shares], np.float32) * np.array([width, height, width, height], np.float32)

    fitted = fitting.fit(image, longest=longest, thin_ratio=ratio)

    sides = fitted.image.size
    assert max(sides) <= max(longest, 1)
    assert max(sides) <= ratio * min(sides)
    assert fitted.size_wh == (width, height)
    assert (fitted.into(box) <= np.array([*fitted.inside_wh, *fitted.inside_wh]) + 1e-3).all()
    np.testing.assert_allclose(fitted.back(fitted.into(box)), box, rtol=1e-5, atol=1e-3)


@given(width=SIDES, height=SIDES)
def test_an_ordinary_picture_is_left_as_it_is(width: int, height: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)

    fitted = fitting.fit(image, longest=300, thin_ratio=np.inf)

    assert np.array_equal(np.asarray(fitted.image), image)
    assert fitted.inside_wh == fitted.image.size == (width, height)


@pytest.mark.parametrize(("shape", "size"), [((1, 50_000, 3), (400, 100)), ((50_000, 1, 3), (100, 400))])
def test_a_strip_becomes_a_small_picture_with_the_strip_at_its_top_left(
    shape: tuple[int, ...], size: tuple[int, int]
) -> None:
    fitted = fitting.fit(np.full(shape, 200, np.uint8), longest=400, thin_ratio=4)

    pixels = np.asarray(fitted.image)
    across, down = fitted.inside_wh
    assert fitted.image.size == size
    assert (pixels[:down, :across] == 200).all()
    assert pixels.sum() == 200 * 3 * down * across
