from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from services.common.errors import ImageTooLarge, ImageTooSmall, MeshError, UnreadableImage
from services.common.geometry import Box
from services.perception import pillow
from services.perception.core.limits import AdmissionLimits
from services.perception.core.naming import digest_of
from services.perception.core.views import view_of

# As in the service, where Pillow's warnings of odd metadata are filtered out.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

LIMITS = AdmissionLimits(max_bytes=1_000_000, max_pixels=40_000, min_side=8)

# Four colours, one a corner, told apart after lossy coding too: red green / blue white.
CORNERS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255))


def upright() -> Image.Image:
    """32 x 16 pixels, upright."""
    picture = Image.new("RGB", (32, 16))
    for number, colour in enumerate(CORNERS):
        picture.paste(colour, (16 * (number % 2), 8 * (number // 2), 16 * (number % 2) + 16, 8 * (number // 2) + 8))
    return picture


def encoded(picture: Image.Image, encoding: str = "PNG", **options: Any) -> bytes:
    written = io.BytesIO()
    picture.save(written, encoding, **options)
    return written.getvalue()


def corners_of(pixels: np.ndarray[Any, Any]) -> tuple[tuple[int, ...], ...]:
    height, width = pixels.shape[:2]
    places = [(height * row // 4, width * column // 4) for row in (1, 3) for column in (1, 3)]
    return tuple(tuple(int(round(v / 255) * 255) for v in pixels[place]) for place in places)


# What a camera stores for each EXIF orientation, so that turning it as EXIF says gives `upright`.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("encoding", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_undone(orientation: int, encoding: str) -> None:
    turn = STORED[orientation]
    stored = upright() if turn is None else upright().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = pillow.decode(encoded(stored, encoding, exif=exif.tobytes(), quality=95), LIMITS)
    assert decoded.pixels.shape == (16, 32, 3)
    assert corners_of(decoded.pixels) == CORNERS
    assert decoded.exif_orientation == orientation


def test_orientation_six_is_a_quarter_turn_clockwise() -> None:
    # A known answer that does not rest on the table above: EXIF 6 says that the stored left column is the top row.
    stored = np.zeros((32, 16, 3), np.uint8)
    stored[:, :8] = (255, 0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = pillow.decode(encoded(Image.fromarray(stored), exif=exif.tobytes()), LIMITS)
    assert decoded.pixels.shape == (16, 32, 3)
    assert (decoded.pixels[:8] == (255, 0, 0)).all()


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_means_nothing_is_none(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = pillow.decode(encoded(upright(), exif=exif.tobytes()), LIMITS)
    assert corners_of(decoded.pixels) == CORNERS
    assert decoded.exif_orientation == 1


def test_broken_exif_is_ignored() -> None:
    decoded = pillow.decode(encoded(upright(), "JPEG", exif=b"Exif\0\0MM\0*broken", quality=95), LIMITS)
    assert corners_of(decoded.pixels) == CORNERS


@pytest.mark.parametrize("encoding", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000"])
def test_the_format_is_recognised_by_content(encoding: str) -> None:
    decoded = pillow.decode(encoded(upright(), encoding), LIMITS)
    assert decoded.format == encoding
    assert corners_of(decoded.pixels) == CORNERS


def paletted(index: int) -> Image.Image:
    picture = Image.new("P", (8, 8), index)
    picture.putpalette([0, 10, 20, 30, 40, 50])
    return picture


def grey(values: np.ndarray[Any, Any]) -> bytes:
    return encoded(Image.fromarray(values), "TIFF" if values.dtype != np.uint16 else "PNG")


@pytest.mark.parametrize(
    ("upload", "expected"),
    [
        # 16-bit grey is scaled: half of the range is half of the range.
        (grey(np.full((8, 8), 0x8080, np.uint16)), (128, 128, 128)),
        (grey(np.full((8, 8), 0xFFFF, np.uint16)), (255, 255, 255)),
        (grey(np.full((8, 8), 257, np.uint16)), (1, 1, 1)),
        (encoded(Image.fromarray(np.full((8, 8), 0x8080, np.uint16)), "TIFF"), (128, 128, 128)),
        (encoded(Image.new("L", (8, 8), 77)), (77, 77, 77)),
        (encoded(Image.new("1", (8, 8), 1)), (255, 255, 255)),
        (encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"), (255, 0, 0)),
        (encoded(Image.new("RGB", (8, 8), (9, 8, 7)).quantize(4)), (9, 8, 7)),
        # Transparency is laid on white: wholly, half, and as a colour that a palette or a header declares transparent.
        (encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 0))), (255, 255, 255)),
        (encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 51))), (204, 204, 204)),
        (encoded(Image.new("LA", (8, 8), (0, 51))), (204, 204, 204)),
        (encoded(paletted(1), transparency=1), (255, 255, 255)),
        (encoded(paletted(0), transparency=1), (0, 10, 20)),
        (encoded(Image.new("RGB", (8, 8), (1, 2, 3)), transparency=(1, 2, 3)), (255, 255, 255)),
        (encoded(Image.new("L", (8, 8), 5), transparency=5), (255, 255, 255)),
    ],
)
def test_every_kind_of_pixel_becomes_eight_bit_rgb_on_white(upload: bytes, expected: tuple[int, ...]) -> None:
    pixels = pillow.decode(upload, LIMITS).pixels
    assert pixels.shape == (8, 8, 3)
    assert pixels.dtype == np.uint8
    assert not pixels.flags.writeable
    assert (pixels == expected).all()


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_pixels_without_an_agreed_white_are_stretched(kind: type[np.generic]) -> None:
    values = np.linspace(-1000, 3000, 64).reshape(8, 8).astype(kind)
    pixels = pillow.decode(grey(values), LIMITS).pixels
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert (np.diff(pixels[:, :, 0].ravel().astype(int)) >= 0).all()


def test_the_first_frame_of_an_animation_counts() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    for encoding in ("GIF", "WEBP", "PNG", "TIFF"):
        upload = encoded(frames[0], encoding, save_all=True, append_images=frames[1:], lossless=True)
        assert (pillow.decode(upload, LIMITS).pixels == (255, 0, 0)).all()


def swapped_profile() -> bytes:
    """A sound RGB profile whose red and blue primaries are swapped."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    icc = icc.replace(b"rXYZ", b"tmp_").replace(b"bXYZ", b"rXYZ").replace(b"tmp_", b"bXYZ")
    return bytes(icc)


def test_a_colour_profile_is_applied() -> None:
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    pixels = pillow.decode(encoded(red, icc_profile=swapped_profile()), LIMITS).pixels
    assert (np.abs(pixels.astype(int) - (0, 0, 255)) <= 2).all()


def test_a_colour_profile_is_applied_under_transparency() -> None:
    red = Image.new("RGBA", (8, 8), (255, 0, 0, 255))
    red.putpixel((0, 0), (255, 0, 0, 0))
    pixels = pillow.decode(encoded(red, icc_profile=swapped_profile()), LIMITS).pixels
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert (np.abs(pixels[4, 4].astype(int) - (0, 0, 255)) <= 2).all()


def test_the_profile_of_srgb_changes_next_to_nothing() -> None:
    values = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = pillow.decode(encoded(Image.fromarray(values), icc_profile=srgb), LIMITS).pixels
    assert (np.abs(pixels.astype(int) - values) <= 1).all()


@pytest.mark.parametrize("profile", [b"no profile at all", swapped_profile()[:200]])
def test_a_broken_colour_profile_is_ignored(profile: bytes) -> None:
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    assert (pillow.decode(encoded(red, icc_profile=profile), LIMITS).pixels == (255, 0, 0)).all()


def test_a_profile_for_other_colours_is_ignored() -> None:
    cyan = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    pixels = pillow.decode(encoded(cyan, "TIFF", icc_profile=swapped_profile()), LIMITS).pixels
    assert (pixels == (0, 255, 255)).all()


def png_header(width: int, height: int) -> bytes:
    """The beginning of a PNG that claims these sides, with a few bytes of pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(8_000, 5_000), (201, 200), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_by_the_header_alone(width: int, height: int) -> None:
    with pytest.raises(ImageTooLarge) as refused:
        pillow.decode(png_header(width, height), LIMITS)
    assert refused.value.metadata == {"pixels": str(width * height), "max_pixels": "40000"}


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7, 100), (100, 7)])
def test_too_small_a_picture_is_refused(width: int, height: int) -> None:
    with pytest.raises(ImageTooSmall) as refused:
        pillow.decode(encoded(Image.new("RGB", (width, height))), LIMITS)
    assert refused.value.metadata == {"width": str(width), "height": str(height), "min_side": "8"}


def test_the_longest_strip_that_is_admitted_is_decoded() -> None:
    assert pillow.decode(encoded(Image.new("RGB", (5_000, 8))), LIMITS).pixels.shape == (8, 5_000, 3)


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"></svg>'
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99 99\n%%EndComments\nshowpage\n"


@pytest.mark.parametrize(
    "upload",
    [
        b"just some text\n",
        b"\0",
        SVG,
        EPS,
        b"%PDF-1.7\n",
        b"P3 9 9 255\n" + b"1 " * 243,
        b"\xff\xd8\xff",
        b"GIF89a",
        b"RIFF",
    ],
    ids=["text", "zero", "svg", "eps", "pdf", "ppm", "jpeg-start", "gif-start", "riff"],
)
def test_what_is_no_picture_is_refused(upload: bytes) -> None:
    with pytest.raises(UnreadableImage) as refused:
        pillow.decode(upload, LIMITS)
    assert refused.value.metadata["format"] == "unknown"
    assert "JPEG, PNG, WEBP" in refused.value.remedy


@pytest.mark.parametrize("encoding", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_cut_short_is_refused_never_half_decoded(encoding: str, share: float) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    whole = encoded(Image.fromarray(noise), encoding)
    with pytest.raises(UnreadableImage):
        pillow.decode(whole[: int(len(whole) * share)], LIMITS)


def test_flipped_bits_never_raise_anything_else() -> None:
    chance = np.random.default_rng(11)
    refused = 0
    for encoding in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000"):
        whole = np.frombuffer(encoded(upright(), encoding), np.uint8)
        for _ in range(40):
            damaged = whole.copy()
            damaged[chance.integers(0, len(whole), 4)] = chance.integers(0, 256, 4)
            try:
                pillow.decode(damaged.tobytes(), LIMITS)
            except MeshError:
                refused += 1
    assert refused > 0


def test_what_is_admitted_is_named_by_its_pixels_alone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret"
    tagged = encoded(upright(), exif=exif.tobytes(), dpi=(72, 72))
    one, other = (pillow.decode(each, LIMITS).pixels for each in (tagged, encoded(upright(), "BMP")))
    assert digest_of(one) == digest_of(other)


def test_what_is_no_png_is_not_taken_for_one() -> None:
    for content in (b"", encoded(upright(), "BMP"), encoded(upright())[:-40]):
        with pytest.raises(UnreadableImage):
            pillow.decode_png(content)


def test_a_view_at_its_own_size_is_the_pixels_themselves() -> None:
    pixels = np.asarray(upright())
    assert (pillow.render(pixels, view_of(Box(4, 2, 20, 10), 1.0)) == pixels[2:10, 4:20]).all()


def test_an_enlarged_view_is_cut_where_its_transform_says() -> None:
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[20:30, 40:60] = 255
    view = view_of(Box(33, 11, 73, 41), 3.0)
    rendered = pillow.render(pixels, view)
    assert rendered.shape == (90, 120, 3)
    rows, columns = np.nonzero(rendered[:, :, 0] > 127)
    edges = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]], float)
    assert view.transform.backward(edges).tolist() == [[40, 20], [60, 30]]


def test_a_tile_is_resampled_as_if_it_were_cut_from_the_whole_enlarged_image() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    whole = pillow.render(pixels, view_of(Box(0, 0, 80, 60), 2.0))
    tile = pillow.render(pixels, view_of(Box(30, 20, 70, 50), 2.0))
    assert (tile == whole[40:100, 60:140]).all()


@given(
    st.integers(8, 70),
    st.integers(8, 70),
    st.integers(20, 100),
    st.fixed_dictionaries({"progressive": st.booleans(), "subsampling": st.sampled_from([0, 1, 2])}),
)
def test_a_plain_jpeg_gives_the_pixels_that_pillow_gives(
    width: int, height: int, quality: int, how: dict[str, Any]
) -> None:
    noise = np.random.default_rng(width * height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    upload = encoded(Image.fromarray(noise), "JPEG", quality=quality, **how)

    decoded = pillow.decode(upload, LIMITS)

    assert (decoded.pixels == np.asarray(Image.open(io.BytesIO(upload)))).all()
    assert not decoded.pixels.flags.writeable


def test_a_jpeg_that_is_cut_short_is_refused() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    upload = encoded(Image.fromarray(noise), "JPEG")

    with pytest.raises(UnreadableImage, match="cannot be decoded"):
        pillow.decode(upload[: len(upload) // 2], LIMITS)
