"""What the benches under load share: pictures made as they are needed, percentiles, and one JSON shape."""

from __future__ import annotations

import itertools
import json
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.measuring import machine
from bench.meshes import Pictures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass
class Fresh:
    """Pictures that nobody has seen, one after the other."""

    pictures: Pictures
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def take(self) -> bytes:
        """Another one, encoded."""
        path = self.pictures.made(next(self.numbers))
        content = path.read_bytes()
        path.unlink()
        return content


@contextmanager
def fresh_pictures() -> Iterator[Fresh]:
    """In a folder of their own, which goes with the context."""
    with tempfile.TemporaryDirectory() as folder:
        yield Fresh(Pictures(Path(folder)))


def percentile(seconds: Sequence[float], share: float) -> float:
    """Of durations, seconds; 0 of none."""
    return float(np.percentile(seconds, share)) if seconds else 0.0


def write(path: Path | None, bench: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """The rows, with the command that measured them and where; nothing without a path."""
    if path is None:
        return
    command = f"python -m bench.{bench} {' '.join(sys.argv[1:])}".strip()
    body = {"bench": bench, "command": command, "machine": machine(), "rows": list(rows)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=1) + "\n")
