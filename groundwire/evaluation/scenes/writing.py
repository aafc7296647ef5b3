"""Scenes as a labelled set in this project's own layout."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from groundwire.errors import InvalidRequest
from groundwire.evaluation.scenes import bins, document, panel, shelf, table
from groundwire.evaluation.scenes.camera import photographed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from groundwire.evaluation.examples import Gold
    from groundwire.evaluation.scenes.drawing import Scene

KINDS: Final[Mapping[str, Callable[[np.random.Generator], Scene]]] = {
    "shelf": shelf.draw,
    "panel": panel.draw,
    "table": table.draw,
    "bins": bins.draw,
    "document": document.draw,
}


@dataclass(frozen=True, slots=True)
class Written:
    """How much there is now.

    Attributes:
        pictures: Files.
        questions: In all.
    """

    pictures: int
    questions: int


def scene(kind: str, seed: int, number: int = 0) -> Scene:
    """One scene; the same arguments give the same pixels.

    Raises:
        InvalidRequest: There is no such kind.
    """
    if kind not in KINDS:
        raise InvalidRequest(f"there is no kind of scene {kind!r}", remedy=f"one of {', '.join(KINDS)}")
    rng = np.random.default_rng([seed, list(KINDS).index(kind), number])
    return photographed(KINDS[kind](rng), rng)


def write_scenes(folder: Path, *, seed: int, count: int, kinds: Sequence[str] = ()) -> Written:
    """Pictures and `scenes.jsonl` in a folder, so many of each kind."""
    drawn = [(f"{kind}-{number:03d}", scene(kind, seed, number)) for kind in kinds or KINDS for number in range(count)]
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, one in drawn:
        one.picture.save(folder / f"{name}.png")
        rows += _rows(name, one)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "scenes.jsonl").write_text(text, encoding="utf-8")
    return Written(len(drawn), len(rows))


def _rows(name: str, one: Scene) -> list[dict[str, Any]]:
    lettering = [thing.text for thing in one.things if thing.text]
    return [
        {
            "id": f"{name}.{number}",
            "image": f"{name}.png",
            "question": asked.question,
            "stratum": asked.stratum,
            "gold": [_gold(gold) for gold in asked.golds],
            "lettering": lettering,
        }
        for number, asked in enumerate(one.asked)
    ]


def _gold(gold: Gold) -> dict[str, Any]:
    said: dict[str, Any] = {"label": gold.label}
    if gold.values:
        said["values"] = list(gold.values)
    row: dict[str, Any] = {gold.kind: said}
    if gold.boxes:
        row["boxes_xyxy"] = [list(box) for box in gold.boxes]
    return row
