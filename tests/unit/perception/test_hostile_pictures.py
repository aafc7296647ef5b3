"""Pictures that were made to do harm: refused with a reason, or shown as what they are, in bounded time and memory."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from services.common.errors import ImageTooLarge, MeshError, UnreadableImage
from services.perception import pillow, png
from services.perception.core.limits import AdmissionLimits
from services.perception.core.structure import MOST_SCANS, MOST_TILES

LIMITS = AdmissionLimits(max_bytes=1 << 24, max_pixels=33_554_432, min_side=8)


def saved(size: tuple[int, int] = (64, 64), encoding: str = "PNG", color: str = "teal", **more: Any) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", size, color).save(stream, encoding, **more)
    return stream.getvalue()


def reason(upload: bytes) -> str:
    with pytest.raises(MeshError) as caught:
        pillow.decode(upload, LIMITS)
    assert caught.value.remedy
    return caught.value.reason


# --- few bytes that ask for much ---


def scans(number: int) -> bytes:
    """A progressive JPEG whose last scan comes over and over."""
    picture = saved(encoding="JPEG", progressive=True)
    last = picture.rindex(b"\xff\xda")
    return picture[:last] + picture[last:-2] * number + picture[-2:]


def test_a_jpeg_of_endless_scans_is_refused_before_it_is_decoded() -> None:
    assert pillow.decode(scans(5), LIMITS).pixels.shape == (64, 64, 3)
    with pytest.raises(ImageTooLarge, match=f"over the limit of {MOST_SCANS}"):
        pillow.decode(scans(MOST_SCANS + 1), LIMITS)


def tiled(extent: int, tile: int, hidden: bytes = b"") -> bytes:
    """A JPEG 2000 code stream that says to be cut into tiles; the data are those of one."""
    stream = bytearray(saved(encoding="JPEG2000", no_jp2=True))
    struct.pack_into(">IIIIIIII", stream, stream.index(b"\xff\x51") + 6, extent, extent, 0, 0, tile, tile, 0, 0)
    return bytes(stream) + hidden


def test_a_jpeg_2000_of_countless_tiles_is_refused_before_there_is_memory_for_them() -> None:
    with pytest.raises(ImageTooLarge, match=f"62500 tiles, over the limit of {MOST_TILES}"):
        pillow.decode(tiled(4000, 16), LIMITS)


def test_a_jpeg_2000_that_lacks_tiles_is_never_half_decoded() -> None:
    with pytest.raises(UnreadableImage, match="last tile"):
        pillow.decode(tiled(128, 64), LIMITS)


@pytest.mark.parametrize("tile", [(64, 64), (32, 16), (100, 100)])
def test_a_jpeg_2000_with_all_of_its_tiles_is_decoded(tile: tuple[int, int]) -> None:
    for boxed in (True, False):
        upload = saved((130, 70), "JPEG2000", tile_size=tile, no_jp2=boxed)
        assert pillow.decode(upload, LIMITS).pixels.shape == (70, 130, 3)


@pytest.mark.parametrize("encoding", ["PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_header_that_promises_too_much_is_refused_by_itself(encoding: str) -> None:
    small = AdmissionLimits(max_bytes=1 << 24, max_pixels=1000, min_side=8)
    with pytest.raises(ImageTooLarge):
        pillow.decode(saved(encoding=encoding), small)


@pytest.mark.parametrize("size", [(65535, 513), (513, 65535), (65535, 65535), (2**31 - 1, 1)])
def test_strips_and_squares_of_the_greatest_width_are_refused_by_the_header(size: tuple[int, int]) -> None:
    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    assert reason(b"\x89PNG\r\n\x1a\n" + chunk + saved()[33:]) == "IMAGE_TOO_LARGE"


def test_a_strip_of_65535_pixels_that_fits_is_decoded_and_the_limit_is_on_its_pixels() -> None:
    assert pillow.decode(saved((65535, 512), "TIFF"), LIMITS).pixels.shape == (512, 65535, 3)


def bomb(kind: bytes, head: bytes) -> bytes:
    """A PNG with a chunk of 64 MiB of zeros, deflated to 64 kB."""
    body = head + zlib.compress(bytes(1 << 26), 9)
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    plain = saved()
    return plain[:33] + chunk + plain[33:]


@pytest.mark.parametrize(("kind", "head"), [(b"iCCP", b"p\0\0"), (b"zTXt", b"t\0\0"), (b"iTXt", b"t\0\1\0\0\0")])
def test_metadata_that_unfold_without_end_are_left_folded(kind: bytes, head: bytes) -> None:
    try:
        decoded = pillow.decode(bomb(kind, head), LIMITS)
    except UnreadableImage:
        return
    assert decoded.pixels.shape == (64, 64, 3)


def test_pixels_that_unfold_beyond_what_the_header_says_are_left() -> None:
    body = zlib.compress(bytes(1 << 26), 9)
    chunk = struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    plain = saved()
    decoded = pillow.decode(plain[:33] + chunk + plain[-12:], LIMITS)
    assert not decoded.pixels.any()


# --- files that are two things, or not what they say ---


@pytest.mark.parametrize("head", [b"%PDF-1.7\n", b"GIF89a", b"<!doctype html><script>", b"PK\x03\x04", b"#!/bin/sh\n"])
def test_a_file_that_begins_as_something_else_is_no_picture(head: bytes) -> None:
    assert reason(head + saved()) == "UNREADABLE_IMAGE"


@pytest.mark.parametrize("tail", [b"PK\x05\x06" + bytes(18), b"<script>alert(1)</script>", saved((500, 500))])
def test_what_is_hidden_behind_or_within_a_picture_is_not_kept(tail: bytes) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<?php system($_GET[0]); ?>", zip=False)
    hidden = saved(pnginfo=info) + tail
    stored = png.encode(pillow.decode(hidden, LIMITS).pixels)
    assert stored == png.encode(pillow.decode(saved(), LIMITS).pixels)
    assert tail not in stored


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><image href="file:///etc/passwd"/></svg>'


@pytest.mark.parametrize(
    "upload",
    [
        SVG,
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SVG,
        b"\xef\xbb\xbf" + SVG,
        zlib.compress(SVG),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n(%pipe%id) (r) file\n",
        b"push graphic-context\nimage over 0,0 0,0 'https://example.com/x'\npop graphic-context",
        b"P6 64 64 255\n" + bytes(64 * 64 * 3),
        b"8BPS" + bytes(200),
        b"\x00\x00\x01\x00\x01\x00" + bytes(64),
    ],
    ids=["svg", "svg with entity", "svg with mark", "svgz", "eps", "mvg", "ppm", "psd", "ico"],
)
def test_formats_that_can_fetch_or_run_something_are_not_among_those_that_are_read(upload: bytes) -> None:
    assert reason(upload) == "UNREADABLE_IMAGE"


# --- colour profiles ---


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def mended(position: int, value: bytes) -> bytes:
    whole = bytearray(profile())
    whole[position : position + len(value)] = value
    return bytes(whole)


@pytest.mark.parametrize(
    "icc",
    [
        b"",
        b"\0" * 128,
        profile()[:200],
        mended(0, b"\xff\xff\xff\xff"),  # says to be 4 GiB long
        mended(128, b"\xff\xff\xff\xff"),  # says to have as many tags
        mended(132, b"rTRC\xff\xff\xff\x00\xff\xff\xff\xff"),  # a tag beyond the end
        mended(16, b"CMYK"),
        mended(16, b"15CL"),
        mended(12, b"link"),
        mended(12, b"nmcl"),
        profile() * 400,
    ],
)
@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_tricks_in_a_colour_profile_do_no_more_than_be_ignored(icc: bytes, encoding: str) -> None:
    decoded = pillow.decode(saved(encoding=encoding, icc_profile=icc), LIMITS)
    plain = pillow.decode(saved(encoding=encoding), LIMITS)
    assert decoded.pixels.shape == (64, 64, 3)
    assert np.abs(decoded.pixels.astype(int) - plain.pixels).max() <= 8
