"""Runs one target under atheris (libFuzzer): `python -m fuzz image_admission -runs=100000`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import atheris

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = Path(__file__).parent / "corpus"


def one_input(target: Callable[[bytes], None], expected: tuple[type[Exception], ...]) -> Callable[[bytes], None]:
    """The target, with the errors that it promises taken for answers."""

    def run(data: bytes) -> None:
        try:
            target(data)
        except expected:
            return

    return run


def main() -> None:
    """Fuzz up to libFuzzer's limits, from the target's corpus."""
    with atheris.instrument_imports(include=["services", "groundwire", "PIL"]):
        from fuzz.targets import EXPECTED, TARGETS  # noqa: PLC0415 - instrumented as they are imported
    name, *options = sys.argv[1:] or ["--list"]
    if name not in TARGETS:
        sys.exit("targets: " + " ".join(TARGETS))
    corpus = CORPUS / name
    known = [str(corpus)] if corpus.is_dir() else []
    # libFuzzer writes what it finds new into the first folder: the committed corpus is only read.
    with tempfile.TemporaryDirectory() as finds:
        atheris.Setup([sys.argv[0], *options, finds, *known], one_input(TARGETS[name], EXPECTED))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
