"""COCO detection: each class is asked for, whether it is there or not.

    FOLDER/annotations/instances_SPLIT.json (or FOLDER/instances*.json)   pictures: FOLDER/SPLIT, FOLDER/images

Crowds are places of which the truth is silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire.evaluation.examples import Example, Gold, Phrases
from groundwire.evaluation.sets import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_PHRASES = 32
"""As many as one call may ask for: the classes come in groups of so many."""


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a picture and group of classes."""
    path = files.one_of(folder, f"annotations/instances_{split or '*'}.json", f"instances{split}*.json")
    part = path.stem.removeprefix("instances").strip("_")
    pictures = files.picture_folder(folder, part, "images") if part else files.picture_folder(folder, "images")
    data = files.read_json(path)
    labels = {row["id"]: row["name"] for row in data["categories"]}
    by_image: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in data["images"]}
    for row in data["annotations"]:
        by_image[row["image_id"]].append(row)
    for image in data["images"]:
        yield from _examples(image, by_image[image["id"]], labels, pictures, part)


def _examples(
    image: dict[str, Any], things: list[dict[str, Any]], labels: dict[int, str], pictures: Path, part: str
) -> Iterator[Example]:
    crowds = tuple(files.from_xywh(row["bbox"]) for row in things if row.get("iscrowd"))
    kept = [row for row in things if not row.get("iscrowd")]
    for start in range(0, len(labels), MOST_PHRASES):
        group = list(labels.items())[start : start + MOST_PHRASES]
        golds = []
        for number, label in group:
            boxes = tuple(files.from_xywh(row["bbox"]) for row in kept if row["category_id"] == number)
            golds.append(Gold("located" if boxes else "absent", label, boxes=boxes))
        phrases = tuple(label for _, label in group)
        path = pictures / image["file_name"]
        yield Example(f"{image['id']}.{start}", path, Phrases(phrases), tuple(golds), part, ignore=crowds)
