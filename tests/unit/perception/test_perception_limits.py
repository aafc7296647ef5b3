from __future__ import annotations

import pytest

from services.common.errors import DigestMismatch, ImageTooLarge, ImageTooSmall, UnreadableImage
from services.common.geometry import Size
from services.perception.core import limits
from services.perception.core.limits import AdmissionLimits

LIMITS = AdmissionLimits(max_bytes=100, max_pixels=33_554_432, min_side=8)


def test_an_upload_may_be_exactly_as_long_as_allowed() -> None:
    limits.check_length(100, LIMITS)
    with pytest.raises(ImageTooLarge) as refused:
        limits.check_length(101, LIMITS)
    assert refused.value.metadata == {"max_bytes": "100"}


@pytest.mark.parametrize("size", [Size(8, 8), Size(7680, 4320), Size(8, 4_000_000)])
def test_sizes_that_are_admitted(size: Size) -> None:
    limits.check_size(size, LIMITS)


def test_forty_megapixels_are_too_many() -> None:
    with pytest.raises(ImageTooLarge) as refused:
        limits.check_size(Size(8_000, 5_000), LIMITS)
    assert refused.value.metadata == {"pixels": "40000000", "max_pixels": "33554432"}


@pytest.mark.parametrize("size", [Size(1, 1), Size(7, 8), Size(8, 7), Size(1, 4_000_000)])
def test_sizes_that_are_too_small(size: Size) -> None:
    with pytest.raises(ImageTooSmall):
        limits.check_size(size, LIMITS)


def test_a_digest_is_compared_where_one_is_expected() -> None:
    limits.check_upload(5, "aa", "")
    limits.check_upload(5, "aa", "aa")
    with pytest.raises(DigestMismatch) as refused:
        limits.check_upload(5, "aa", "bb")
    assert refused.value.metadata == {"expected": "bb", "actual": "aa"}


def test_nothing_is_no_upload() -> None:
    with pytest.raises(UnreadableImage, match="empty"):
        limits.check_upload(0, "aa", "bb")
