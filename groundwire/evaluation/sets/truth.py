"""Sets that keep their truth in one `truth.json`: receipts, street photos with words, everyday photos with objects.

receipts: [{"image", "fields": {"company", "date", "address", "total"}, "lines": [{"box_xyxy", "text"}]}]
scene_text: [{"image", "words": [{"polygon", "text" (null: unreadable)}]}]
objects: [{"image", "objects": [{"label", "box_xyxy"}]}]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from groundwire.evaluation.examples import Example, Gold, Phrases, Question, Reading
from groundwire.evaluation.sets import files, sroie
from groundwire.evaluation.texts import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundwire.evaluation.examples import Box

LEAST_LETTERS: Final = 4
"""Shorter words are part of too many others to be asked for."""

ABSENT_EACH: Final = 3
"""Classes that are not there, asked for in each photo."""


def receipts(folder: Path, _split: str) -> Iterator[Example]:
    """Total, date and company of each receipt."""
    for row in files.read_json(folder / "truth.json"):
        lines = [(_box(line["box_xyxy"]), line["text"]) for line in row["lines"]]
        image = folder / row["image"]
        yield from sroie.examples(image.stem, image, row["fields"], lines, "total", "date", "company")


def scene_text(folder: Path, _split: str) -> Iterator[Example]:
    """Is there this word? One that is there, and one of the next photo that is not."""
    table = files.read_json(folder / "truth.json")
    for number, row in enumerate(table):
        image, written = folder / row["image"], {normalised(word["text"] or "") for word in row["words"]}
        others = [w for w in _askable(table[(number + 1) % len(table)]) if normalised(w["text"]) not in written]
        silent = tuple(files.around(word["polygon"]) for word in row["words"] if not word["text"])
        lettering = tuple(word["text"] for word in row["words"] if word["text"])
        for word in _askable(row)[:1]:
            places = [w for w in row["words"] if normalised(w["text"] or "") == normalised(word["text"])]
            gold = Gold("exists", word["text"], boxes=tuple(files.around(place["polygon"]) for place in places))
            ask = Question(f'Is there the word "{word["text"]}"?')
            yield Example(f"{image.stem}.there", image, ask, (gold,), "word there", silent, lettering)
        for word in others[:1]:
            ask = Question(f'Is there the word "{word["text"]}"?')
            gold = Gold("absent", word["text"])
            yield Example(f"{image.stem}.absent", image, ask, (gold,), "word absent", silent, lettering)


def _askable(row: dict[str, Any]) -> list[dict[str, Any]]:
    words = [word for word in row["words"] if word["text"]]
    fit = [word for word in words if word["text"].isalpha() and len(word["text"]) >= LEAST_LETTERS]
    return sorted(fit, key=lambda word: len(word["text"]), reverse=True)


def scene_words(folder: Path, _split: str) -> Iterator[Example]:
    """All words of each photo."""
    for row in files.read_json(folder / "truth.json"):
        readable = [word for word in row["words"] if word["text"]]
        silent = tuple(files.around(word["polygon"]) for word in row["words"] if not word["text"])
        golds = tuple(Gold("reading", values=(w["text"],), boxes=(files.around(w["polygon"]),)) for w in readable)
        image = folder / row["image"]
        yield Example(image.stem, image, Reading(), golds, "", silent, tuple(word["text"] for word in readable))


def objects(folder: Path, _split: str) -> Iterator[Example]:
    """Every class that is there, and a few that are not, as phrases; which few follows from the photo's place."""
    table = files.read_json(folder / "truth.json")
    classes = sorted({thing["label"] for row in table for thing in row["objects"]})
    for number, row in enumerate(table):
        boxes: dict[str, list[Box]] = {}
        for thing in row["objects"]:
            boxes.setdefault(thing["label"], []).append(_box(thing["box_xyxy"]))
        turned = classes[number % len(classes) :] + classes[: number % len(classes)]
        missing = [label for label in turned if label not in boxes][:ABSENT_EACH]
        golds = [Gold("located", label, boxes=tuple(found)) for label, found in boxes.items()]
        golds += [Gold("absent", label) for label in missing]
        image = folder / row["image"]
        yield Example(image.stem, image, Phrases((*boxes, *missing)), tuple(golds))


def _box(corners: list[float]) -> Box:
    x_min, y_min, x_max, y_max = (float(value) for value in corners)
    return x_min, y_min, x_max, y_max
