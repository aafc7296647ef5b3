"""Is the mesh warm when it says that it is ready? The first answers after start-up, side by side.

    .venv/bin/python bench/bench_start.py [--starts 3] [--json FILE]

Each start is a whole mesh on free ports with a home of its own. Asked is the photo of `make run`, four times. Step
times are those that the answer itself carries; the ratio is the first call over the median of the later ones.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from groundwire import Client
from groundwire.cli import example
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS

CALLS = 4


def one_start() -> list[dict[str, float]]:
    """Seconds by step of each call, in the order of calling, after one start."""
    with (
        tempfile.TemporaryDirectory() as home,
        Mesh.start(Path(home), ports=free_ports(COMPONENTS)) as mesh,
        Client(mesh.addresses["fusion"], timeout_s=120) as client,
    ):
        answers = [client.ask(example.photo(), example.QUESTION) for _ in range(CALLS)]
    return [{t.step: t.duration.ToTimedelta().total_seconds() for t in a.proto.timings} for a in answers]


def main() -> None:
    """Measure, print, and write the figures where they are wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    starts = [one_start() for _ in range(options.starts)]
    table = Table("start", *(f"call {n}, s" for n in range(1, CALLS + 1)), "first / later")
    ratios = []
    for number, calls in enumerate(starts, start=1):
        totals = [sum(steps.values()) for steps in calls]
        ratios.append(totals[0] / statistics.median(totals[1:]))
        table.add_row(str(number), *(f"{total:.2f}" for total in totals), f"{ratios[-1]:.2f}")
    Console().print(table, f"median ratio {statistics.median(ratios):.2f}")
    if options.json:
        options.json.write_text(json.dumps({"starts": starts, "ratios": ratios}, indent=1))


if __name__ == "__main__":
    main()
