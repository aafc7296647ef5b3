"""The picture and the question for those who have none at hand."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Final

from groundwire.errors import PictureFile

QUESTION: Final = "What brand is written on the motorcycle?"

_DISTRIBUTION: Final = "scikit-image"
_FILE: Final = "skimage/data/motorcycle_left.png"


def photo() -> Path:
    """The left view of Middlebury's motorcycle, 741x500, CC0: a file of scikit-image's wheel, which is not imported.

    Raises:
        PictureFile: The wheel is not installed here, or has no such file.
    """
    try:
        path = Path(str(metadata.distribution(_DISTRIBUTION).locate_file(_FILE)))
    except metadata.PackageNotFoundError:
        path = Path(_FILE)
    if not path.is_file():
        raise PictureFile(
            "the example photo is not installed",
            remedy="name a picture and a question, or: pip install --no-deps scikit-image==0.26.0",
            reason="NO_EXAMPLE",
        )
    return path
