"""Pictures that nobody has seen, made as they are needed: for benches under load, where nothing may be reused."""

from __future__ import annotations

import itertools
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.meshes import Pictures

if TYPE_CHECKING:
    from collections.abc import Iterator


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
