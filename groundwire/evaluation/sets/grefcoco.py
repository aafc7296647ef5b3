"""gRefCOCO: phrases for one thing, for several, or for none.

FOLDER/grefs(unc).json   FOLDER/instances.json   pictures as for RefCOCO
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire.evaluation.examples import Example, Gold, Phrases
from groundwire.evaluation.sets import files
from groundwire.evaluation.sets.refcoco import PICTURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundwire.evaluation.examples import Box

NO_TARGET = -1
"""The annotation id of nothing."""


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a sentence."""
    instances = files.read_json(folder / "instances.json")
    boxes = {row["id"]: files.from_xywh(row["bbox"]) for row in instances["annotations"]}
    names = {row["id"]: row["file_name"] for row in instances["images"]}
    pictures = files.picture_folder(folder, *PICTURES)
    for ref in files.read_json(files.one_of(folder, "grefs*.json")):
        if split in ("", ref["split"]):
            found = _boxes(ref, boxes)
            for sentence in ref["sentences"]:
                gold = Gold("located" if found else "absent", sentence["sent"], boxes=found)
                image = pictures / names[ref["image_id"]]
                yield Example(str(sentence["sent_id"]), image, Phrases((sentence["sent"],)), (gold,), ref["split"])


def _boxes(ref: dict[str, Any], boxes: dict[int, Box]) -> tuple[Box, ...]:
    ids = ref["ann_id"] if isinstance(ref["ann_id"], list) else [ref["ann_id"]]
    return () if ref.get("no_target") else tuple(boxes[one] for one in ids if one != NO_TARGET)
