"""Ref-L4: one long phrase, one box.

    FOLDER/ref-l4-val.json | .jsonl, ref-l4-test.json | .jsonl   (rows of the published Parquet files)
    pictures: FOLDER/images, by `file_name`

Parquet has no reader in the standard library: `pandas.read_parquet(…).to_json(…, orient="records", lines=True)`
makes the JSON Lines once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.evaluation.errors import SetNotReadable
from groundwire.evaluation.examples import Example, Gold, Phrases
from groundwire.evaluation.sets import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a caption; `bbox` is corner and size."""
    paths = sorted(folder.glob(f"ref-l4-{split or '*'}.json*"))
    if not paths and list(folder.glob("ref-l4-*.parquet")):
        raise SetNotReadable(
            f"{folder} holds Ref-L4 as Parquet", remedy="turn it into JSON Lines once: docs/evaluation.md says how"
        )
    pictures = files.picture_folder(folder, "images")
    for path in paths:
        part = path.name.removeprefix("ref-l4-").split(".")[0]
        for row in files.rows(path):
            gold = Gold("located", row["caption"], boxes=(files.from_xywh(row["bbox"]),))
            yield Example(str(row["id"]), pictures / row["file_name"], Phrases((row["caption"],)), (gold,), part)
