"""DAVIS 2017 with language (Khoreva et al. 2018): a phrase for an object, and its mask in every frame.

    FOLDER/JPEGImages/480p/SEQUENCE/00000.jpg   FOLDER/Annotations/480p/SEQUENCE/00000.png (palette: object numbers)
    FOLDER/davis_text_annotations/Davis17_annot1.txt: SEQUENCE OBJECT "a brown bear" a line
    FOLDER/ImageSets/2017/SPLIT.txt

Every tenth frame is asked about: neighbours hardly differ. Where the object is out of view, the truth is an absence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from groundwire.evaluation.examples import Example, Gold, Phrases
from groundwire.evaluation.sets import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundwire.evaluation.examples import Box

STRIDE: Final = 10
"""Frames from one question to the next."""

LINE: Final = re.compile(r'(?P<sequence>\S+)\s+(?P<number>\d+)\s+"(?P<phrase>[^"]+)"')


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a phrase and frame."""
    texts = files.one_of(folder, "davis_text_annotations/*annot1*.txt", "*annot1*.txt")
    wanted = (folder / f"ImageSets/2017/{split}.txt").read_text(encoding="utf-8").split() if split else None
    for line in texts.read_text(encoding="utf-8", errors="replace").splitlines():
        said = LINE.match(line)
        if said is not None and (wanted is None or said["sequence"] in wanted):
            yield from _frames(folder, said["sequence"], int(said["number"]), said["phrase"], split)


def _frames(folder: Path, sequence: str, number: int, phrase: str, split: str) -> Iterator[Example]:
    masks = sorted((folder / "Annotations/480p" / sequence).glob("*.png"))
    for mask in masks[::STRIDE]:
        box = _box(mask, number)
        gold = Gold("absent", phrase) if box is None else Gold("located", phrase, boxes=(box,))
        image = folder / "JPEGImages/480p" / sequence / f"{mask.stem}.jpg"
        yield Example(f"{sequence}.{number}.{mask.stem}", image, Phrases((phrase,)), (gold,), split)


def _box(mask: Path, number: int) -> Box | None:
    """Around the pixels of one object; None where it has none."""
    with Image.open(mask) as picture:
        rows, columns = np.nonzero(np.asarray(picture) == number)
    if not len(rows):
        return None
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)
