"""The typeface of scenes: DejaVu, from Debian's `fonts-dejavu-core`, so that lettering looks the same everywhere."""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path
from typing import Final

from PIL import ImageFont

from groundwire.evaluation.errors import NotInstalled

FOLDERS: Final = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu", "/usr/share/fonts/TTF")
FAMILIES: Final = {"DejaVuSans.ttf": "DejaVu Sans:style=Book", "DejaVuSans-Bold.ttf": "DejaVu Sans:style=Bold"}


def font(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The typeface at a size.

    Raises:
        NotInstalled: It is not on this machine.
    """
    return _font(size_px, "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


@functools.lru_cache(maxsize=256)
def _font(size_px: int, name: str) -> ImageFont.FreeTypeFont:
    # Pillow's own layout, so that the installed shaping library cannot change a picture.
    return ImageFont.truetype(str(_path(name)), size_px, layout_engine=ImageFont.Layout.BASIC)


@functools.lru_cache(maxsize=4)
def _path(name: str) -> Path:
    for folder in FOLDERS:
        if (path := Path(folder) / name).is_file():
            return path
    told = _fontconfig(FAMILIES[name])
    if told is not None and told.name == name:
        return told
    raise NotInstalled(
        f"the typeface {name} is not on this machine",
        remedy="install it: apt-get install fonts-dejavu-core (Debian, Ubuntu), dnf install dejavu-sans-fonts (Fedora)",
    )


def _fontconfig(family: str) -> Path | None:
    """Where fontconfig has it, if there is fontconfig."""
    command = shutil.which("fc-match")
    if command is None:
        return None
    told = subprocess.run(  # noqa: S603 - fontconfig's own tool, with a constant argument
        [command, "--format=%{file}", family], capture_output=True, text=True, check=False, timeout=20
    )
    return Path(told.stdout) if told.returncode == 0 and told.stdout else None
