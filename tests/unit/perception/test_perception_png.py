"""What is stored of an image, and what it is called."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from services.perception import pillow, png
from services.perception.core.naming import digest_of

PICTURES = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda sides: arrays(np.uint8, (*sides, 3), elements=st.integers(0, 255))
)


@given(PICTURES)
def test_what_is_encoded_comes_back_pixel_for_pixel(pixels: Any) -> None:
    assert (pillow.decode_png(png.encode(pixels)) == pixels).all()


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (741, 500)])
def test_any_extent_is_encoded(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), np.uint8)
    with Image.open(io.BytesIO(png.encode(pixels))) as picture:
        assert (picture.format, picture.size, picture.mode) == ("PNG", size, "RGB")
        assert (np.asarray(picture) == pixels).all()


def test_the_encoding_holds_pixels_only() -> None:
    content = png.encode(np.full((9, 7, 3), 200, np.uint8))
    kinds, place = [], 8
    while place < len(content):
        kinds.append(content[place + 4 : place + 8])
        place += 12 + int.from_bytes(content[place : place + 4], "big")
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_a_page_is_stored_shorter_than_its_pixels() -> None:
    page = np.full((500, 700, 3), 255, np.uint8)
    page[40:60, 50:400] = 0
    assert len(png.encode(page)) < page.nbytes / 100


def test_a_picture_of_one_red_pixel_has_the_name_of_its_ppm() -> None:
    # printf 'P6\n1 1\n255\n\377\0\0' | sha256sum
    assert digest_of(np.array([[[255, 0, 0]]], np.uint8)) == RED_PIXEL


RED_PIXEL = "8dee30e2caa26a23f15a2e903788b34b4bd247a15ccb4feed7ec8b3db1bc71ee"


@given(PICTURES)
def test_the_name_is_that_of_the_ppm_that_others_write(pixels: Any) -> None:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "PPM")
    assert digest_of(pixels) == hashlib.sha256(written.getvalue()).hexdigest()


def test_pixels_that_do_not_lie_in_order_have_the_same_name() -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    assert digest_of(np.asfortranarray(pixels)) == digest_of(pixels)
    assert digest_of(pixels) != digest_of(pixels.reshape(3, 2, 3))
