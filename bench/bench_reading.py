"""What the mesh makes of real pictures with ground truth: receipts, and street photos with words.

    .venv/bin/python -m bench.bench_reading ../shared/data [--pictures 60] [--half odd] [--json FILE]

Asked of a receipt: its total, date and company. Asked of a street photo: a word that is there, and a word that is not
(one from another photo). Counted: answers that are right; answers that are supported; and, what must not be,
supported and wrong. A word that the truth marks as unreadable is never asked for. Whoever works on the rules looks at
the pictures of even number alone, and reports those of odd number.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.measuring import write_rows
from groundwire import Client
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS
from groundwire.v1 import claim_pb2
from services.fusion.core.lettering import normalised
from services.fusion.core.values import amount_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from groundwire import Answer

Case = tuple[str, Path, str, "Callable[[Answer], bool]"]

LEAST_LETTERS = 4
"""Shorter words are part of too many others to be asked for."""


HALVES = {"even": (0,), "odd": (1,), "both": (0, 1)}


def receipts(folder: Path, most: int, half: str) -> Iterator[Case]:
    """(kind, picture, question, whether an answer is right) of each receipt's fields."""
    for number, row in enumerate(json.loads((folder / "truth.json").read_text())[:most]):
        if number % 2 not in HALVES[half]:
            continue
        picture, fields = folder / row["image"], row["fields"]
        yield "total", picture, "What is the total?", _gives_amount(amount_value(fields["total"]))
        yield "date", picture, "What is the date?", _gives_text(fields["date"])
        yield "company", picture, "Which company is it from?", _gives_text(fields["company"])


def street(folder: Path, most: int, half: str) -> Iterator[Case]:
    """As `receipts`: a word that is in the photo, and one that is not."""
    rows = json.loads((folder / "truth.json").read_text())[:most]
    words = [_askable(row) for row in rows]
    for number, (row, own) in enumerate(zip(rows, words, strict=True)):
        if number % 2 not in HALVES[half]:
            continue
        picture = folder / row["image"]
        written = {normalised(word["text"] or "") for word in row["words"]}
        others = [word for word in words[(number + 1) % len(words)] if normalised(word) not in written]
        for kind, word, right in ("word there", own, "exists"), ("word absent", others, "absent"):
            if word:
                yield kind, picture, f'Is there the word "{word[0]}"?', _states(right)


def _askable(row: dict[str, Any]) -> list[str]:
    texts = [word["text"] for word in row["words"] if word["text"]]
    return sorted((text for text in texts if text.isalpha() and len(text) >= LEAST_LETTERS), key=len, reverse=True)


def _value(answer: Answer) -> str:
    return answer.claims[0].predicate.field.value if answer.claims else ""


def _gives_amount(truth: float | None) -> Callable[[Answer], bool]:
    return lambda answer: bool(_value(answer)) and amount_value(_value(answer)) == truth


def _gives_text(truth: str) -> Callable[[Answer], bool]:
    return lambda answer: bool(_value(answer)) and normalised(_value(answer)) == normalised(truth)


def _states(kind: str) -> Callable[[Answer], bool]:
    return lambda answer: bool(answer.claims) and answer.claims[0].predicate.WhichOneof("kind") == kind


def main() -> None:
    """Ask everything, print the table, write the figures where they are wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pictures", type=int, default=60, help="most pictures of each kind")
    parser.add_argument("--half", choices=HALVES, default="both", help="pictures of even or of odd number alone")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    cases = [
        *receipts(options.data / "receipts", options.pictures, options.half),
        *street(options.data / "scene_text", options.pictures, options.half),
    ]
    with tempfile.TemporaryDirectory() as home, Mesh.start(Path(home), ports=free_ports(COMPONENTS)) as mesh:
        tallies = _asked(mesh.addresses["fusion"], cases)
    table = Table("question", "asked", "right", "supported", "right and supported", "wrong and supported")
    columns = ("asked", "right", "supported", "right and supported", "wrong and supported")
    for kind, tally in tallies.items():
        table.add_row(kind, *(str(tally[column]) for column in columns))
    Console().print(table)
    if options.json:
        rows = [{"question": kind, **{column: tally[column] for column in columns}} for kind, tally in tallies.items()]
        write_rows(options.json, "reading", rows)


def _asked(address: str, cases: list[Case]) -> dict[str, Counter[str]]:
    tallies: dict[str, Counter[str]] = {}
    with Client(address, timeout_s=180) as client:
        for kind, picture, question, is_right in track(cases, console=Console(stderr=True)):
            answer = client.ask(picture, question)
            right = is_right(answer)
            supported = bool(answer.claims) and answer.claims[0].verdict == claim_pb2.VERDICT_SUPPORTED
            tally = tallies.setdefault(kind, Counter())
            tally.update({"asked": 1, "right": right, "supported": supported})
            tally.update({"right and supported": right and supported, "wrong and supported": supported and not right})
    return tallies


if __name__ == "__main__":
    main()
