"""ICDAR 2015 incidental scene text: every word with its four corners; `###` is a word that nobody could read.

FOLDER/{images,ch4_*_images}/img_1.jpg   FOLDER/{gt,ch4_*_gt}/gt_img_1.txt: x1,y1,…,x4,y4,word a line
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.evaluation.examples import Example, Gold, Reading
from groundwire.evaluation.sets import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNREADABLE: Final = "###"

CORNERS = 8
"""Numbers before the word."""


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a picture: all its words."""
    pictures = files.one_of(folder, f"ch4_{split}*images", "images")
    for path in sorted(files.one_of(folder, f"ch4_{split}*gt", "gt").glob("gt_*.txt")):
        words, silent = [], []
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            *numbers, word = line.split(",", CORNERS)
            corners = [float(number) for number in numbers]
            box = files.around(list(zip(corners[::2], corners[1::2], strict=True)))
            if word == UNREADABLE:
                silent.append(box)
            else:
                words.append(Gold("reading", values=(word,), boxes=(box,)))
        name = path.stem.removeprefix("gt_")
        image = files.one_of(pictures, f"{name}.*")
        yield Example(name, image, Reading(), tuple(words), split, tuple(silent), tuple(g.values[0] for g in words))
