"""What may be admitted, and what may be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.common.errors import DigestMismatch, ImageTooLarge, ImageTooSmall, UnreadableImage

if TYPE_CHECKING:
    from services.common.geometry import Size


@dataclass(frozen=True, slots=True)
class AdmissionLimits:
    """Bounds on an upload.

    Attributes:
        max_bytes: Longest upload, bytes.
        max_pixels: Most pixels of the picture, width times height.
        min_side: Least width and least height, pixels.
    """

    max_bytes: int
    max_pixels: int
    min_side: int


def check_length(length: int, limits: AdmissionLimits) -> None:
    """Pass an upload of which `length` bytes have arrived so far.

    Raises:
        ImageTooLarge: These are too many already.
    """
    if length > limits.max_bytes:
        raise ImageTooLarge(
            f"the upload is longer than {limits.max_bytes} bytes",
            remedy="compress the picture more, or scale it down",
            max_bytes=str(limits.max_bytes),
        )


def check_upload(length: int, digest: str, expected_digest: str) -> None:
    """Pass a whole upload. `expected_digest` is empty where the caller gave none.

    Raises:
        UnreadableImage: Nothing arrived.
        DigestMismatch: Something else arrived than the caller meant.
    """
    if length == 0:
        raise UnreadableImage("the upload is empty", remedy="send the picture's bytes", format="unknown")
    if expected_digest and digest != expected_digest:
        raise DigestMismatch(
            "the bytes that arrived do not have the digest given for them",
            remedy="send the file again; if it happens again, compute the digest over the whole file",
            expected=expected_digest,
            actual=digest,
        )


def check_size(size: Size, limits: AdmissionLimits) -> None:
    """Pass a picture's extent, which the file's header tells before any pixel is decoded.

    Raises:
        ImageTooLarge: Decoding it would take too much memory.
        ImageTooSmall: Nothing can be seen in it.
    """
    if size.pixels > limits.max_pixels:
        raise ImageTooLarge(
            f"the picture has {size.width} x {size.height} = {size.pixels} pixels, over the limit of "
            f"{limits.max_pixels}",
            remedy="scale the picture down",
            pixels=str(size.pixels),
            max_pixels=str(limits.max_pixels),
        )
    if min(size.width, size.height) < limits.min_side:
        raise ImageTooSmall(
            f"the picture has {size.width} x {size.height} pixels; each side needs at least {limits.min_side}",
            remedy="send a larger picture",
            width=str(size.width),
            height=str(size.height),
            min_side=str(limits.min_side),
        )
