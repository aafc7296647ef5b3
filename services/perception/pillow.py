"""Pictures to pixels, through Pillow. Everything here is plain CPU work, to be run off the event loop.

Nothing is decoded at a reduced scale for a quick look: what is seen must be in the pixels that the digest names, and
these are decoded once and kept. Reducing them beforehand would cost more than sending them does.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
import simplejpeg
from PIL import ExifTags, Image, ImageCms

from services.common.errors import UnreadableImage
from services.common.geometry import Size
from services.perception.core.limits import AdmissionLimits, check_size
from services.perception.core.structure import check_work

if TYPE_CHECKING:
    from services.perception.core.views import View
    from services.perception.ports import Pixels

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000")
"""What is tried, by content. Pillow knows more, some of which run foreign programs."""

RESAMPLING_MARGIN: Final = 8
"""Image pixels kept around a window, so that resampling at its edge sees what lies beyond. Bicubic needs 2 at most."""

UPRIGHT: Final = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
"""What undoes each EXIF orientation."""

PROFILE_MODES: Final = MappingProxyType({"L": "GRAY", "CMYK": "CMYK"})
"""The colour space of a profile that applies to a mode as it is. One for RGB applies to whatever is not CMYK."""

WIDE_MODES: Final = frozenset({"I", "F"})

# The limit is ours, checked before decoding, with its own error; Pillow's would warn from 89 megapixels on.
Image.MAX_IMAGE_PIXELS = None
# Pillow warns of odd metadata in files that it can decode. Whoever sent the file does not read this process's stderr.
warnings.filterwarnings("ignore", module="PIL")


@dataclass(frozen=True, slots=True)
class Decoded:
    """An upload's pixels, and what it was: the format that its content shows, and the orientation that was undone."""

    pixels: Pixels
    format: str
    exif_orientation: int


def decode(upload: bytes | bytearray, limits: AdmissionLimits) -> Decoded:
    """The upload's first frame: upright, sRGB, 8 bit, on white where it is transparent.

    1. Recognise the format by content, and read the header alone.
    2. Check the extent, before there is memory for it, and what else its decoder would have to do.
    3. Decode; turn upright; bring to 8-bit sRGB; lay on white.

    Raises:
        UnreadableImage: It is no picture, or a damaged one.
        ImageTooLarge: It has too many pixels, scans or tiles.
        ImageTooSmall: It has too few pixels.
    """
    with _opened(upload) as picture:
        check_size(Size(*picture.size), limits)
        check_work(upload, picture.format or "")
        try:
            declared = _orientation(picture)
            plain = _plain_jpeg(upload, picture)
            pixels = _upright(picture) if plain is None else plain
        except Exception as error:  # a codec raises whatever its parser trips over
            raise UnreadableImage(
                f"the upload looks like {picture.format}, but its pixels cannot be decoded",
                remedy="the file is damaged, cut short or unusual: save it again as PNG or JPEG",
                format=picture.format or "unknown",
            ) from error
        return Decoded(pixels, picture.format or "unknown", declared)


def _opened(upload: bytes | bytearray) -> Image.Image:
    try:
        return Image.open(io.BytesIO(upload), formats=FORMATS)
    except Exception as error:  # as in `decode`
        raise UnreadableImage(
            "the upload is not a picture in a known format",
            remedy=f"send one of {', '.join(FORMATS)}",
            format="unknown",
        ) from error


def _plain_jpeg(upload: bytes | bytearray, picture: Image.Image) -> Pixels | None:
    """A JPEG decoded by libjpeg-turbo without Pillow between: the same pixels, in a quarter of the time.

    None for what has to be turned or has colours of its own, and for what is damaged: Pillow may forgive that.
    """
    if picture.format != "JPEG" or picture.mode != "RGB" or "icc_profile" in picture.info or _orientation(picture) != 1:
        return None
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(upload, "RGB")
    except ValueError:
        return None
    pixels.setflags(write=False)
    return pixels if (pixels.shape[1], pixels.shape[0]) == picture.size else None


def _upright(picture: Image.Image) -> Pixels:
    picture.load()
    # Some decoders turn the picture themselves, and then no longer declare it.
    turn = UPRIGHT.get(_orientation(picture))
    return _array(_on_white(picture if turn is None else _turned(picture, turn)))


def _orientation(picture: Image.Image) -> int:
    try:
        declared = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001 - metadata that cannot be read declares nothing
        return 1
    return declared if declared in UPRIGHT else 1


def _turned(picture: Image.Image, turn: Image.Transpose) -> Image.Image:
    turned = picture.transpose(turn)
    turned.info = picture.info
    return turned


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data or picture.mode.startswith("I"):
        return _srgb(picture)
    rgba = picture.convert("RGBA")
    opaque = rgba.convert("L" if picture.mode in {"L", "LA", "La"} else "RGB")
    opaque.info = picture.info
    white = Image.new("RGB", picture.size, "white")
    white.paste(_srgb(opaque), mask=rgba.getchannel("A"))
    return white


def _srgb(picture: Image.Image) -> Image.Image:
    """The picture as RGB, through its own colour profile where it has a sound one for its kind of colours."""
    plain = _eight_bit(picture)
    profile = picture.info.get("icc_profile")
    if profile:
        try:
            return _through_profile(plain, profile)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # A profile that is broken, or meant for other colours, says nothing.
    return _rgb(plain)


def _rgb(picture: Image.Image) -> Image.Image:
    """The picture in RGB. Pillow's own `convert` copies what is RGB already."""
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _through_profile(picture: Image.Image, icc: bytes) -> Image.Image:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    space = profile.profile.xcolor_space
    if space == "RGB " and picture.mode != "CMYK":
        picture = picture.convert("RGB")
    elif space != PROFILE_MODES.get(picture.mode):
        raise ValueError(space)
    converted = ImageCms.profileToProfile(picture, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    if converted is None:
        raise ValueError(space)
    return converted


def _eight_bit(picture: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel; 16-bit greys are scaled, never clipped.

    32-bit integers and floats have no agreed white: their darkest value becomes 0, their brightest 255.
    """
    if picture.mode.startswith("I;16"):
        return Image.fromarray(((np.asarray(picture).astype(np.uint32) + 128) // 257).astype(np.uint8))
    if picture.mode in WIDE_MODES:
        values = np.nan_to_num(np.asarray(picture).astype(np.float64), posinf=0, neginf=0)
        spread = float(np.ptp(values)) or 1.0
        return Image.fromarray(np.rint((values - values.min()) / spread * 255).astype(np.uint8))
    return picture


def _array(picture: Image.Image) -> Pixels:
    pixels = np.asarray(_rgb(picture))
    pixels.setflags(write=False)
    return pixels


def decode_png(encoded: bytes) -> Pixels:
    """What `png.encode` wrote, as pixels.

    Raises:
        UnreadableImage: It is something else.
    """
    try:
        with Image.open(io.BytesIO(encoded), formats=("PNG",)) as picture:
            return _array(picture)
    except Exception as error:  # as in `decode`
        raise UnreadableImage(
            "the bytes are no PNG, or a damaged one", remedy="store the picture again", format="PNG"
        ) from error


def render(pixels: Pixels, view: View) -> Pixels:
    """What a model is shown: the view's window, brought to the view's size (bicubic)."""
    seen = view.transform.output_size
    left, top, right, bottom = (round(edge) for edge in view.window.as_array())
    if (right - left, bottom - top) == (seen.width, seen.height):
        return np.ascontiguousarray(pixels[top:bottom, left:right])
    # A strip around the window is enough, and spares copying a large image for every tile.
    west, north = max(0, left - RESAMPLING_MARGIN), max(0, top - RESAMPLING_MARGIN)
    near = Image.fromarray(pixels[north : bottom + RESAMPLING_MARGIN, west : right + RESAMPLING_MARGIN])
    window = (left - west, top - north, right - west, bottom - north)
    return np.asarray(near.resize((seen.width, seen.height), Image.Resampling.BICUBIC, box=window))
