"""Labelled sets in their published layouts, read from a local folder. None downloads anything.

A loader is a generator of examples; what it needs of a layout is in its docstring.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundwire.evaluation.errors import SetNotReadable
from groundwire.evaluation.sets import (
    coco,
    davis,
    flickr30k,
    grefcoco,
    icdar2015,
    jsonl,
    pope,
    ref_l4,
    refcoco,
    sroie,
    truth,
    vqa,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from groundwire.evaluation.examples import Example

    Loader = Callable[[Path, str], Iterator[Example]]


@dataclass(frozen=True, slots=True)
class Layout:
    """A kind of set.

    Attributes:
        load: Reads a folder; its second argument is the split, empty for all of them.
        about: What is asked, one line.
    """

    load: Loader
    about: str


LAYOUTS: Mapping[str, Layout] = {
    "groundwire": Layout(jsonl.load, "this project's own: *.jsonl of pictures, questions and gold claims"),
    "refcoco": Layout(refcoco.load, "RefCOCO, RefCOCO+ and RefCOCOg: one phrase, one box"),
    "grefcoco": Layout(grefcoco.load, "gRefCOCO: one phrase, any number of boxes, none included"),
    "ref-l4": Layout(ref_l4.load, "Ref-L4: long phrases, one box"),
    "flickr30k": Layout(flickr30k.load, "Flickr30k Entities: the phrases of captions"),
    "coco": Layout(coco.load, "COCO detection: every class, there or not"),
    "pope": Layout(pope.load, "POPE: is there a …?"),
    "vqa": Layout(vqa.load, "VQA v2: questions with ten answers each"),
    "sroie": Layout(sroie.load, "SROIE: company, date, address and total of receipts"),
    "icdar2015": Layout(icdar2015.load, "ICDAR 2015 incidental scene text: all words"),
    "davis": Layout(davis.load, "DAVIS 2017 with language: a phrase in the frames of a sequence"),
    "receipts": Layout(truth.receipts, "receipts/truth.json: total, date and company"),
    "scene-text": Layout(truth.scene_text, "scene_text/truth.json: words that are there, and words that are not"),
    "scene-words": Layout(truth.scene_words, "scene_text/truth.json: all words"),
    "objects": Layout(truth.objects, "objects/truth.json: classes that are there, and classes that are not"),
}


def load(name: str, folder: Path, *, split: str = "", limit: int = 0, seed: int = 0) -> Sequence[Example]:
    """The examples of a set, in its order.

    Args:
        name: Of the layout.
        folder: Where it lies.
        split: Part of it, as the set names it; empty for all.
        limit: Most examples, drawn at random; 0 for all.
        seed: Which draw.

    Raises:
        SetNotReadable: There is no such layout or folder, a file is missing or malformed, or nothing was found.
    """
    if name not in LAYOUTS:
        raise SetNotReadable(f"there is no set {name!r}", remedy=f"one of {', '.join(LAYOUTS)}")
    if not folder.is_dir():
        raise SetNotReadable(f"there is no folder {str(folder)!r}", remedy="give the folder that the set lies in")
    try:
        found = list(LAYOUTS[name].load(folder, split))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, UnicodeDecodeError, OSError) as error:
        raise SetNotReadable(
            f"{folder} is not in the layout of {name}: {type(error).__name__}: {error}",
            remedy="see docs/evaluation.md for the files that it needs",
        ) from error
    if not found:
        part = f" in its split {split!r}" if split else ""
        raise SetNotReadable(f"{folder} holds no example of {name}{part}", remedy="see docs/evaluation.md")
    chosen = _drawn(found, limit, seed)
    _check_pictures(chosen)
    return chosen


def _drawn(examples: list[Example], limit: int, seed: int) -> Sequence[Example]:
    """As many as are wanted, in the set's order."""
    if not limit or limit >= len(examples):
        return examples
    picked = random.Random(seed).sample(range(len(examples)), limit)  # noqa: S311 - a draw of examples, no secret
    return [examples[index] for index in sorted(picked)]


def _check_pictures(examples: Sequence[Example]) -> None:
    missing = sorted({example.image for example in examples if not example.image.is_file()})
    if missing:
        raise SetNotReadable(
            f"{len(missing)} pictures are missing, the first is {missing[0]}",
            remedy="put the set's pictures where its layout has them: docs/evaluation.md",
        )
