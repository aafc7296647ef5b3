"""SROIE (ICDAR 2019): four fields of scanned receipts.

FOLDER/{img,images}/ID.jpg   FOLDER/{box,bbox}/ID.{txt,csv}: x1,y1,…,x4,y4,text a line
FOLDER/{key,entities}/ID.{json,txt}: {"company", "date", "address", "total"}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from groundwire.evaluation.examples import Example, Gold, Question
from groundwire.evaluation.sets import files
from groundwire.evaluation.texts import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from groundwire.evaluation.examples import Box

QUESTIONS: Final[Mapping[str, str]] = {
    "total": "What is the total?",
    "date": "What is the date?",
    "company": "Which company is it from?",
    "address": "What is the address?",
}

CORNERS = 8
"""Numbers before the text of a line: four corners."""


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a receipt and field. The folder is the split: train, test."""
    root = folder / split if split else folder
    pictures = files.picture_folder(root, "img", "images")
    keys = files.picture_folder(root, "key", "entities")
    boxes = files.picture_folder(root, "box", "bbox")
    for path in sorted([*keys.glob("*.json"), *keys.glob("*.txt")]):
        lines = _lines(files.one_of(boxes, f"{path.stem}.txt", f"{path.stem}.csv"))
        yield from examples(path.stem, pictures / f"{path.stem}.jpg", files.read_json(path), lines)


def examples(
    name: str, image: Path, fields: Mapping[str, Any], lines: Sequence[tuple[Box, str]], *wanted: str
) -> Iterator[Example]:
    """The questions of one receipt: those wanted, or all that it has an answer to."""
    lettering = tuple(text for _, text in lines)
    for field in wanted or QUESTIONS:
        value = str(fields.get(field, "")).strip()
        if value:
            places = tuple(box for box, text in lines if normalised(value) in normalised(text))
            gold = Gold("field", field, (value,), places)
            yield Example(f"{name}.{field}", image, Question(QUESTIONS[field]), (gold,), field, lettering=lettering)


def _lines(path: Path) -> list[tuple[Box, str]]:
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        parts = line.split(",", CORNERS)
        if len(parts) == CORNERS + 1:
            numbers = [float(part) for part in parts[:CORNERS]]
            found.append((files.around(list(zip(numbers[::2], numbers[1::2], strict=True))), parts[CORNERS]))
    return found
