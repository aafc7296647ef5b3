"""POPE: "Is there a … in the image?", half of them about things that are not there.

FOLDER/coco_pope_{random,popular,adversarial}.json: {"question_id", "image", "text", "label": "yes" | "no"} a line
pictures: FOLDER/{val2014,images}, or beside FOLDER
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.evaluation.examples import Example, Gold, Question
from groundwire.evaluation.sets import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a question; a split is random, popular or adversarial."""
    pictures = files.picture_folder(folder, "val2014", "images", "../val2014", "../images")
    for path in sorted(folder.glob(f"*pope_{split or '*'}.json*")):
        part = path.name.split("pope_")[1].split(".")[0]
        for row in files.rows(path):
            kind = {"yes": "exists", "no": "absent"}[row["label"].strip().lower()]
            image = pictures / row["image"]
            yield Example(f"{part}.{row['question_id']}", image, Question(row["text"]), (Gold(kind),), part)
