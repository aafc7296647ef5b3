"""Outlines on a picture, by Pillow."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.geometry import Box

LONGEST_SIDE: Final = 1024
"""Pixels of the longer side of a marked picture, at most; enough to see where things are."""
INK: Final = (255, 0, 255)
"""Magenta: rare in photographs, and seen on dark and on light."""
PAPER: Final = (255, 255, 255)


def marked(png: bytes, boxes: Sequence[Box]) -> bytes:
    """The whole picture, made smaller where it is large, with the boxes outlined and, if several, numbered from 1.

    Args:
        png: The whole image, PNG.
        boxes: In the image's frame.
    """
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    scale = min(1.0, LONGEST_SIDE / max(picture.size))
    picture = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    pen = ImageDraw.Draw(picture)
    thick = max(2, max(picture.size) // 256)
    for number, box in enumerate(boxes, start=1):
        left, top, right, bottom = (edge * scale for edge in (box.x_min, box.y_min, box.x_max, box.y_max))
        pen.rectangle((left, top, max(left, right), max(top, bottom)), outline=INK, width=thick)
        if len(boxes) > 1:
            _number(pen, (left, top), number, thick)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _number(pen: ImageDraw.ImageDraw, at: tuple[float, float], number: int, thick: int) -> None:
    font = ImageFont.load_default(8 * thick)
    pen.rectangle(pen.textbbox(at, str(number), font=font), fill=PAPER)
    pen.text(at, str(number), fill=INK, font=font)
