"""Flickr30k Entities: the noun phrases of captions, each with every box of the thing that it names.

    FOLDER/Sentences/ID.txt   FOLDER/Annotations/ID.xml   FOLDER/{flickr30k-images,images}/ID.jpg
    FOLDER/{train,val,test}.txt with ids, for the splits

A phrase is `[/EN#283585/people Two young guys]`. Phrases without a box (scenes, abstract things) are left out, as the
set's own evaluation does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET  # expat bounds the growth of entities since 2.4.1, and fetches nothing

from groundwire.evaluation.errors import SetNotReadable
from groundwire.evaluation.examples import Example, Gold, Phrases
from groundwire.evaluation.sets import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundwire.evaluation.examples import Box

PHRASE: Final = re.compile(r"\[/EN#(?P<id>\d+)/(?P<kinds>\S+) (?P<words>[^\]]+)\]")

MOST_PHRASES: Final = 32
"""As many as one call may ask for."""


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a caption."""
    pictures = files.picture_folder(folder, "flickr30k-images", "images")
    for name in _ids(folder, split):
        boxes = _boxes(folder / "Annotations" / f"{name}.xml")
        captions = (folder / "Sentences" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        for number, caption in enumerate(captions):
            named = {m["words"]: boxes[m["id"]] for m in PHRASE.finditer(caption) if m["id"] in boxes}
            if named:
                phrases = tuple(named)[:MOST_PHRASES]
                golds = tuple(Gold("located", phrase, boxes=named[phrase]) for phrase in phrases)
                yield Example(f"{name}.{number}", pictures / f"{name}.jpg", Phrases(phrases), golds, split)


def _ids(folder: Path, split: str) -> list[str]:
    if split:
        return (folder / f"{split}.txt").read_text(encoding="utf-8").split()
    return sorted(path.stem for path in (folder / "Sentences").glob("*.txt"))


def _boxes(path: Path) -> dict[str, tuple[Box, ...]]:
    """Boxes by the id of what they show; a box may show several things."""
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - see the import
    except ET.ParseError as error:
        raise SetNotReadable(f"{path} is no XML: {error}", remedy="fetch the file again") from error
    found: dict[str, list[Box]] = {}
    for thing in root.iter("object"):
        corners = thing.find("bndbox")
        if corners is not None:
            x_min, y_min, x_max, y_max = (float(corners.findtext(n, "")) for n in ("xmin", "ymin", "xmax", "ymax"))
            for name in thing.iter("name"):
                found.setdefault(name.text or "", []).append((x_min, y_min, x_max, y_max))
    return {name: tuple(boxes) for name, boxes in found.items()}
