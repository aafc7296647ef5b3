"""How many words of street photos perception reads, on the fast tier and on the accurate one.

    .venv/bin/python -m bench.bench_reader ../shared/data/scene_text [--pictures 60] [--half odd] [--json FILE]

What is fitted on every second picture (--half even) is to be judged on the others.

A word of the truth counts as read where a region that lies on it holds the word, letter for letter but for case. What
the truth marks as unreadable does not count. Precision: of the words read in places where the truth has a word, those
that are it. Time is perception's own, a picture, both tiers on the same machine in turn.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from rich.console import Console
from rich.progress import track
from rich.table import Table

from bench.measuring import write_rows
from bench.meshes import a_mesh
from groundwire.v1 import perception_service_pb2 as pb
from groundwire.v1 import perception_service_pb2_grpc, region_pb2
from services.common.geometry import Box, coverage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PIECE = 1 << 20
ON_IT = 0.5
"""Share of the word's box that a region covers, at least, to be a reading of it: regions are often whole lines."""

HALVES = {"all": slice(None), "even": slice(0, None, 2), "odd": slice(1, None, 2)}

TIERS = {"fast": region_pb2.TIER_FAST, "accurate": region_pb2.TIER_ACCURATE}


@dataclass
class Tally:
    """What one tier read."""

    words: int = 0
    read: int = 0
    tried: int = 0
    seconds: list[float] = field(default_factory=list)


def pieces(path: Path) -> Iterator[pb.PutImageRequest]:
    """A picture on its way in."""
    content = path.read_bytes()
    for start in range(0, len(content), PIECE):
        yield pb.PutImageRequest(chunk=content[start : start + PIECE])


def plain(text: str) -> str:
    """The word's letters and digits, without case."""
    return "".join(character for character in text.casefold() if character.isalnum())


def words_of(entry: dict[str, Any]) -> list[tuple[Box, str]]:
    """The words that can be read, each with its box."""
    found = []
    for word in entry["words"]:
        if word["text"] is not None and plain(word["text"]):
            xs, ys = zip(*word["polygon"], strict=True)
            found.append((Box(min(xs), min(ys), max(xs), max(ys)), plain(word["text"])))
    return found


def count(tally: Tally, truth: Sequence[tuple[Box, str]], regions: Sequence[region_pb2.Region]) -> None:
    """Add one picture."""
    boxes = [(Box(r.box.x_min, r.box.y_min, r.box.x_max, r.box.y_max), r.text) for r in regions]
    for place, word in truth:
        here = [text for box, text in boxes if coverage(place, box) >= ON_IT]
        tally.words += 1
        tally.tried += bool(here)
        tally.read += any(word in map(plain, text.split()) for text in here)


def row_of(tier: str, tally: Tally) -> dict[str, Any]:
    """What one tier read, as it is shown and written."""
    recall, precision = tally.read / max(1, tally.words), tally.read / max(1, tally.tried)
    return {
        "tier": tier,
        "words": tally.words,
        "read": tally.read,
        "recall": recall,
        "precision": precision,
        "F1": 2 * recall * precision / max(1e-9, recall + precision),
        "median s a picture": statistics.median(tally.seconds),
    }


def main() -> None:
    """Read, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--half", choices=HALVES, default="all", help="every picture, or every second")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    truth = json.loads((options.folder / "truth.json").read_text())[HALVES[options.half]][: options.pictures]
    tallies = {name: Tally() for name in TIERS}
    with a_mesh() as mesh, grpc.insecure_channel(mesh.addresses["perception"]) as channel:
        stub = perception_service_pb2_grpc.PerceptionServiceStub(channel)
        for entry in track(truth, "reading", console=Console(stderr=True)):
            digest = stub.PutImage(pieces(options.folder / entry["image"])).image.digest
            for tier, number in TIERS.items():
                request = pb.PerceiveRequest(
                    image_digest=digest, capability=region_pb2.CAPABILITY_READ_TEXT, tier=number
                )
                began = time.perf_counter()
                regions = stub.Perceive(request, timeout=300).regions
                tallies[tier].seconds.append(time.perf_counter() - began)
                count(tallies[tier], words_of(entry), regions)
    rows = [row_of(tier, tally) for tier, tally in tallies.items()]
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
    Console().print(table)
    if options.json:
        write_rows(options.json, "reader", rows, pictures=len(truth))


if __name__ == "__main__":
    main()
