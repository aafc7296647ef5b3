"""Is the mesh warm when it says that it is ready? The first answers after start-up, side by side.

    .venv/bin/python -m bench.bench_start [--starts 3] [--json FILE]

Each start is a whole mesh on free ports with a home of its own. Asked is the photo of `make run`, four times. Step
times are those that the answer itself carries; the ratio is the first call over the median of the later ones.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measuring import write_rows
from groundwire import Client
from groundwire.cli import example
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS

CALLS = 4
RATIO = "first / later"


def one_start() -> list[dict[str, float]]:
    """Seconds by step of each call, in the order of calling, after one start."""
    with (
        tempfile.TemporaryDirectory() as home,
        Mesh.start(Path(home), ports=free_ports(COMPONENTS)) as mesh,
        Client(mesh.addresses["fusion"], timeout_s=120) as client,
    ):
        answers = [client.ask(example.photo(), example.QUESTION) for _ in range(CALLS)]
    return [{t.step: t.duration.ToTimedelta().total_seconds() for t in a.proto.timings} for a in answers]


def row_of(number: int, calls: list[dict[str, float]]) -> dict[str, Any]:
    """One start, as it is shown and written."""
    totals = [sum(steps.values()) for steps in calls]
    seconds = {f"call {call}, s": total for call, total in enumerate(totals, start=1)}
    return {"start": number, **seconds, RATIO: totals[0] / statistics.median(totals[1:])}


def main() -> None:
    """Measure, print, and write the figures where they are wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    starts = []
    for number in range(1, options.starts + 1):
        print(f"start {number}/{options.starts}", file=sys.stderr)
        starts.append(one_start())
    rows = [row_of(number, calls) for number, calls in enumerate(starts, start=1)]
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(f"{value:.2f}" if isinstance(value, float) else str(value) for value in row.values()))
    verdict = f"median ratio {statistics.median(row[RATIO] for row in rows):.2f}"
    Console().print(table, verdict)
    if options.json:
        write_rows(options.json, "start", rows, verdicts=[verdict], starts=starts)


if __name__ == "__main__":
    main()
