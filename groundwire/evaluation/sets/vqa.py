"""VQA v2: open questions, ten people's answers each.

FOLDER/*_OpenEnded_*_SPLIT_questions.json   FOLDER/*_SPLIT_annotations.json
pictures: FOLDER/SPLIT/COCO_SPLIT_000000000042.jpg, or FOLDER/images
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.evaluation.examples import Example, Gold, Question
from groundwire.evaluation.sets import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a question."""
    asked = files.read_json(files.one_of(folder, *_named("*OpenEnded*", split, "questions.json")))
    told = files.read_json(files.one_of(folder, *_named("*", split, "annotations.json")))
    part = asked.get("data_subtype", split)
    pictures = files.picture_folder(folder, part, "images")
    questions = {row["question_id"]: row["question"] for row in asked["questions"]}
    for row in told["annotations"]:
        image = pictures / f"COCO_{part}_{row['image_id']:012d}.jpg"
        answers = tuple(answer["answer"] for answer in row["answers"])
        question = Question(questions[row["question_id"]])
        yield Example(str(row["question_id"]), image, question, (Gold("answer", values=answers),), row["answer_type"])


def _named(before: str, split: str, after: str) -> tuple[str, ...]:
    """Pattern of a file's name; a star beside a star would mean folders."""
    return (f"{before}{split}*{after}",) if split else (f"{before}{after}",)
