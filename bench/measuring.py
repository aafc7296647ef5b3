"""What every bench shares: closed loops, rounds that take turns, tables and JSON.

Systems are measured side by side in one run, round after round, each round in another order, so that whatever else
the machine does meets all of them. What is reported are medians over rounds, and ratios.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shlex
import statistics
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    Call = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Round:
    """One system, one concurrency, one turn.

    Attributes:
        seconds: Of each call.
        wall_s: Of the whole round.
    """

    seconds: tuple[float, ...]
    wall_s: float

    @property
    def per_second(self) -> float:
        """Calls a second."""
        return len(self.seconds) / self.wall_s


@dataclass(frozen=True, slots=True)
class Series:
    """All rounds of one system at one load; figures are medians over rounds.

    Attributes:
        system: What was called.
        load: Such as the concurrency.
        rounds: In the order of running.
    """

    system: str
    load: float
    rounds: tuple[Round, ...]

    @property
    def per_second(self) -> float:
        """Calls a second."""
        return statistics.median(one.per_second for one in self.rounds)

    def percentile_ms(self, share: float) -> float:
        """Of the calls of each round, milliseconds."""
        return 1e3 * statistics.median(float(np.percentile(one.seconds, share)) for one in self.rounds)


async def closed_loop(call: Call, *, concurrency: int, calls: int) -> Round:
    """So many calls, so many at a time: each worker makes its next one when the last has ended."""
    numbers = iter(range(calls))
    seconds: list[float] = []

    async def worker() -> None:
        for number in numbers:
            began = time.perf_counter()
            await call(number)
            seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return Round(tuple(seconds), time.perf_counter() - began)


async def timed_loop(call: Call, *, concurrency: int, seconds: float) -> Round:
    """As `closed_loop`, but each worker begins calls for so long, and ends the one it has begun."""
    taken: list[float] = []
    began = time.perf_counter()

    async def worker(number: int) -> None:
        while (now := time.perf_counter()) < began + seconds:
            await call(number)
            taken.append(time.perf_counter() - now)

    await asyncio.gather(*(worker(number) for number in range(concurrency)))
    return Round(tuple(taken), time.perf_counter() - began)


async def side_by_side(
    systems: Mapping[str, Call],
    loads: Sequence[int],
    *,
    rounds: int,
    calls: Callable[[int], int],
    told: Callable[[str], None] = lambda _: None,
) -> list[Series]:
    """Every system at every concurrency, taking turns.

    Args:
        systems: Call by name; a call gets a number that no other call of the run gets.
        loads: Concurrencies.
        rounds: Turns of each.
        calls: How many calls a round has at a concurrency.
        told: Called with a line before each round.
    """
    found: dict[tuple[str, int], list[Round]] = {}
    numbers = iter(range(1 << 40))
    for turn in range(rounds):
        for load in loads:
            names = list(systems)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                told(f"round {turn + 1}/{rounds}, {load} at a time: {name}")
                numbered = _numbered(systems[name], numbers)
                found.setdefault((name, load), []).append(
                    await closed_loop(numbered, concurrency=load, calls=calls(load))
                )
    return [Series(name, load, tuple(each)) for (name, load), each in found.items()]


def _numbered(call: Call, numbers: Any) -> Call:
    return lambda _: call(next(numbers))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a plot: x and y."""

    name: str
    points: tuple[tuple[float, float], ...]


def throughputs(series: Sequence[Series], of: str = "") -> tuple[Line, ...]:
    """Calls a second over load, a line for each system; `of` stands before its name."""
    names = dict.fromkeys(one.system for one in series)
    return tuple(
        Line(of + name, tuple((one.load, one.per_second) for one in series if one.system == name)) for name in names
    )


@dataclass(frozen=True, slots=True)
class Result:
    """What a bench found, as it goes to a terminal, a file and docs/performance.md.

    Attributes:
        name: Of the bench.
        claim: What the figures decide, one sentence.
        columns: Of the table.
        rows: Cells, as they are shown.
        verdicts: Goal by goal: "goal: value, reached" or "missed".
        facts: Everything that was measured, for the file.
        lines: For the plot.
        axes: What runs to the right, what runs upward.
    """

    name: str
    claim: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    verdicts: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    axes: tuple[str, str] = ("", "")

    def show(self) -> None:
        """On standard output."""
        table = Table(*self.columns, title=self.claim)
        for row in self.rows:
            table.add_row(*row)
        Console(width=None if Console().is_terminal else 140).print(table, *self.verdicts, sep="\n")

    def write(self, json_file: Path) -> None:
        """The figures; `bench.performance` says what the file holds, and draws the lines."""
        body = asdict(self)
        shape = {"bench": body.pop("name"), "command": command(), "machine": machine(), **body}
        _written(json_file, json.dumps(shape, indent=1) + "\n")


def write_rows(file: Path, bench: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """Rows whose keys are their columns, and what else was found, in the shape of `Result.write`."""
    shape = {"bench": bench, "command": command(), "machine": machine(), "rows": rows, **more}
    _written(file, json.dumps(shape, indent=1) + "\n")


def _written(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def command() -> str:
    """How this process was started, as one would type it."""
    return shlex.join(["python", "-m", f"bench.{Path(sys.argv[0]).stem}", *sys.argv[1:]])


LOAD_AT_START: Final = os.getloadavg()[0]
"""What else ran when the process began, runnable processes over the minute before: the bench itself is not among it."""


def machine() -> dict[str, Any]:
    """What it ran on, without a name."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / (1 << 30)),
        "load_at_start": round(LOAD_AT_START, 1),
        "python": platform.python_version(),
    }


def _cpu() -> str:
    """As Linux names it; what Python knows where there is no such name."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def goal(said: str, value: float, bound: float, *, at_least: bool) -> str:
    """A goal and whether it was reached."""
    reached = value >= bound if at_least else value <= bound
    sign = "≥" if at_least else "≤"
    return f"{said}: {value:.3g} (goal {sign} {bound:g}), {'reached' if reached else 'missed'}"


def percentile(seconds: Sequence[float], share: float) -> float:
    """Of durations, seconds; 0 of none."""
    return float(np.percentile(seconds, share)) if seconds else 0.0


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """Slope of y over x, both in logarithms, by least squares: 1 is linear growth."""
    x, y = (np.log([point[axis] for point in points]) for axis in (0, 1))
    return float(np.polyfit(x, y, 1)[0])
