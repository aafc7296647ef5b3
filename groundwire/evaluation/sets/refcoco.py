"""RefCOCO, RefCOCO+ and RefCOCOg, as the `refer` repository publishes them.

FOLDER/refs(unc).p | refs(google).p | refs(umd).p, or the same list as refs*.json
FOLDER/instances.json
pictures: FOLDER/{images,train2014}, or ../images/{mscoco/images/train2014,train2014} beside FOLDER
"""

from __future__ import annotations

import io
import pickle  # read with no globals at all: `_Plain`
from typing import TYPE_CHECKING, Any, NoReturn

from groundwire.evaluation.errors import SetNotReadable
from groundwire.evaluation.examples import Example, Gold, Phrases
from groundwire.evaluation.sets import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PICTURES = (
    "images",
    "train2014",
    "../images/mscoco/images/train2014",
    "../images/train2014",
    "../train2014",
)


class _Plain(pickle.Unpickler):
    """Lists, dicts, strings and numbers; nothing that names code is looked up, so nothing can be run."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"the file asks for {module}.{name}")


def unpickled(content: bytes) -> Any:
    """What a pickle of plain data holds.

    Raises:
        SetNotReadable: It is no pickle, or wants more than plain data.
    """
    try:
        return _Plain(io.BytesIO(content)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, IndexError, KeyError, AttributeError, TypeError) as error:
        raise SetNotReadable(
            f"the pickle is not plain data: {error}", remedy="fetch it again from its publisher"
        ) from error


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a sentence."""
    path = files.one_of(folder, "refs(*).p", "refs*.json")
    refs = unpickled(path.read_bytes()) if path.suffix == ".p" else files.read_json(path)
    instances = files.read_json(folder / "instances.json")
    boxes = {row["id"]: files.from_xywh(row["bbox"]) for row in instances["annotations"]}
    names = {row["id"]: row["file_name"] for row in instances["images"]}
    pictures = files.picture_folder(folder, *PICTURES)
    for ref in refs:
        if split in ("", ref["split"]):
            for sentence in ref["sentences"]:
                gold = Gold("located", sentence["sent"], boxes=(boxes[ref["ann_id"]],))
                image = pictures / names[ref["image_id"]]
                yield Example(str(sentence["sent_id"]), image, Phrases((sentence["sent"],)), (gold,), ref["split"])
