"""Reads the files of a set, and says which one is missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from groundwire.evaluation.errors import SetNotReadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from groundwire.evaluation.examples import Box


def one_of(folder: Path, *patterns: str) -> Path:
    """The first file, in the order of the patterns.

    Raises:
        SetNotReadable: There is none.
    """
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            return path
    raise SetNotReadable(
        f"{folder} holds none of {', '.join(patterns)}", remedy="see docs/evaluation.md for the files that it needs"
    )


def read_json(path: Path) -> Any:
    """A JSON file.

    Raises:
        SetNotReadable: It is none.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise SetNotReadable(f"{path} is no JSON: {error}", remedy="fetch the file again") from error


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file, or of a JSON file that holds a list.

    Raises:
        SetNotReadable: A line is no JSON object; it is named.
    """
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("["):
        yield from read_json(path)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise SetNotReadable(f"{path}, line {number}: {error}", remedy="one JSON object a line") from error
        if not isinstance(row, dict):
            raise SetNotReadable(f"{path}, line {number} is no JSON object", remedy="one JSON object a line")
        yield row


def picture_folder(folder: Path, *candidates: str) -> Path:
    """The first of these folders that there is; the set's own folder if none is."""
    return next((folder / name for name in candidates if (folder / name).is_dir()), folder)


def from_xywh(box: Sequence[float]) -> Box:
    """COCO's corner and size, as corners."""
    x, y, width, height = (float(value) for value in box)
    return x, y, x + width, y + height


def around(points: Sequence[Sequence[float]]) -> Box:
    """The smallest box around a polygon."""
    xs, ys = [float(point[0]) for point in points], [float(point[1]) for point in points]
    return min(xs), min(ys), max(xs), max(ys)
