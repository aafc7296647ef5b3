"""This project's own layout: what any team writes for its own pictures, and what `groundwire eval scenes` writes.

    FOLDER/*.jsonl, one object a line; pictures beside it:
    {"id": "1", "image": "shelf.png", "question": "How many red cups are there?", "gold": [{"count": {"value": 3}}]}
    {"id": "2", "image": "shelf.png", "phrases": ["red cup"], "gold": [{"located": {}, "boxes_xyxy": [[1, 2, 30, 40]]}]}
    {"id": "3", "image": "shelf.png", "question": "Is there a lamp?", "gold": [{"absent": {}}]}
    {"id": "4", "image": "page.png", "read": true, "gold": [{"reading": {"text": "EXIT"}, "boxes_xyxy": [[…]]}]}

A gold claim is a predicate of the contract by name, with its `label`, and its `value` or `text`; `values` gives several
that are right. `"absent"` is the gold rejection. Optional: "stratum", "ignore_xyxy", "lettering".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from groundwire.evaluation.errors import SetNotReadable
from groundwire.evaluation.examples import Ask, Example, Gold, Phrases, Question, Reading
from groundwire.evaluation.sets import files
from groundwire.v1 import claim_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from groundwire.evaluation.examples import Box

KINDS: Final = frozenset(field.name for field in claim_pb2.Predicate.DESCRIPTOR.oneofs_by_name["kind"].fields)

JOURNAL: Final = ".answers.jsonl"
"""How journals of runs end, which may lie in the same folder."""


def load(folder: Path, split: str) -> Iterator[Example]:
    """One example a line; a split is a file's name without its ending."""
    paths = sorted(folder.glob(f"{split or '*'}.jsonl"))
    for path in (path for path in paths if not path.name.endswith(JOURNAL)):
        for number, row in enumerate(files.rows(path), start=1):
            try:
                yield _example(row, path, number)
            except (KeyError, TypeError, ValueError) as error:
                raise SetNotReadable(
                    f"{path}, example {number}: {type(error).__name__}: {error}", remedy="see docs/evaluation.md"
                ) from error


def _example(row: dict[str, Any], path: Path, number: int) -> Example:
    ask = _ask(row)
    golds = tuple(_gold(gold) for gold in row["gold"])
    if isinstance(ask, Phrases) and len(ask.phrases) != len(golds):
        raise ValueError(f"{len(ask.phrases)} phrases, but {len(golds)} gold claims: give one a phrase")
    return Example(
        str(row.get("id", f"{path.stem}.{number}")),
        path.parent / row["image"],
        ask,
        golds,
        str(row.get("stratum", "")),
        _boxes(row.get("ignore_xyxy", [])),
        tuple(row["lettering"]) if "lettering" in row else None,
    )


def _ask(row: dict[str, Any]) -> Ask:
    if row.get("question"):
        return Question(str(row["question"]))
    if row.get("phrases"):
        return Phrases(tuple(str(phrase) for phrase in row["phrases"]))
    if row.get("read"):
        return Reading()
    raise ValueError("it asks nothing: give question, phrases or read")


def _gold(row: dict[str, Any]) -> Gold:
    kinds = [name for name in row if name in KINDS]
    if len(kinds) != 1:
        raise ValueError(f"a gold claim has one predicate of {', '.join(sorted(KINDS))}; this one has {sorted(row)}")
    said = row[kinds[0]]
    given = said.get("values", [said[name] for name in ("value", "text") if name in said])
    values = tuple(str(value) for value in given)
    return Gold(kinds[0], str(said.get("label", "")), values, _boxes(row.get("boxes_xyxy", [])))


def _boxes(rows: list[list[float]]) -> tuple[Box, ...]:
    return tuple((float(x_min), float(y_min), float(x_max), float(y_max)) for x_min, y_min, x_max, y_max in rows)
