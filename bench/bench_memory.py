"""Memory: each component at rest, at its peak, and for each call in flight.

    .venv/bin/python -m bench.bench_memory [--calls 48] [--json FILE]

PSS: pages that processes share count once in all. At rest is after a warm-up; the peak is of samples every 100 ms
while so many calls are in flight, each with a picture that was never seen before. What a call in flight takes is what
the peak is above the memory that is left when it is over; what a picture leaves is bounded by the caches' settings.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.measuring import Line, Result, closed_loop
from bench.meshes import Pictures, a_mesh, client_of, parser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from groundwire import AsyncClient
    from groundwire.mesh.local import Mesh

SAMPLE_S = 0.1
LOADS = (1, 4, 16)
SETTLE_S = 1.0
WARM_UP = 4
MIB = 1 << 20


def processes(mesh: Mesh) -> Mapping[str, psutil.Process]:
    """The process that each component was started as."""
    return {part.name: psutil.Process(part.process.pid) for part in mesh.status()}


def memory(parts: Mapping[str, psutil.Process]) -> Mapping[str, float]:
    """PSS of each component with everything that it started, MiB."""
    found = {}
    for name, process in parts.items():
        total = 0.0
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += each.memory_full_info().pss / MIB
        found[name] = total
    return found


async def peaks(parts: Mapping[str, psutil.Process], stopped: asyncio.Event) -> Mapping[str, float]:
    """The most that was seen of each until told to stop."""
    most: dict[str, float] = {}
    while not stopped.is_set():
        for name, used in (await asyncio.to_thread(memory, parts)).items():
            most[name] = max(used, most.get(name, 0.0))
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), SAMPLE_S)
    return most


@dataclass(frozen=True, slots=True)
class Load:
    """Of one number of calls in flight: the peak, and what was left when all had ended, MiB by component."""

    at_once: int
    peak: Mapping[str, float]
    after: Mapping[str, float]


async def loaded(client: AsyncClient, parts: Mapping[str, psutil.Process], at_once: int, paths: Sequence[Path]) -> Load:
    """Read each picture, so many at a time, and watch."""

    async def call(number: int) -> None:
        await client.read(paths[number], stakes="casual")

    stopped = asyncio.Event()
    watching = asyncio.create_task(peaks(parts, stopped))
    await closed_loop(call, concurrency=at_once, calls=len(paths))
    stopped.set()
    peak = await watching
    await asyncio.sleep(SETTLE_S)
    return Load(at_once, peak, memory(parts))


async def measured(mesh: Mesh, calls: int) -> tuple[Mapping[str, float], list[Load]]:
    """At rest, then at each number of calls in flight."""
    loads, parts = [], processes(mesh)
    with tempfile.TemporaryDirectory() as folder:
        pictures = Pictures(Path(folder))
        pictures.prepare(calls * len(LOADS) + WARM_UP)
        paths = [pictures.path(number) for number in range(calls * len(LOADS) + WARM_UP)]
        async with client_of(mesh) as client:
            for path in paths[:WARM_UP]:
                await client.read(path, stakes="casual")
            rest = memory(parts)
            for turn, at_once in enumerate(LOADS):
                print(f"{calls} calls, {at_once} at a time", file=sys.stderr, flush=True)
                first = WARM_UP + turn * calls
                loads.append(await loaded(client, parts, at_once, paths[first : first + calls]))
    return rest, loads


def result(rest: Mapping[str, float], loads: Sequence[Load], calls: int) -> Result:
    """As it is shown and written."""
    last = loads[-1]
    rows = [
        (
            name,
            f"{rest[name]:.0f}",
            *(f"{load.peak[name]:.0f}" for load in loads),
            f"{last.after[name]:.0f}",
            f"{max(0.0, last.peak[name] - last.after[name]) / last.at_once:.1f}",
            f"{(last.after[name] - rest[name]) / (calls * len(loads)):.2f}",
        )
        for name in rest
    ]
    peaks_at = tuple(f"peak, {load.at_once} in flight" for load in loads)
    return Result(
        name="memory",
        claim="memory of each component, MiB of PSS",
        columns=("component", "at rest", *peaks_at, "after", "a call in flight", "a picture leaves"),
        rows=tuple(rows),
        facts={"rest": rest, "loads": [asdict(load) for load in loads], "calls": calls},
        lines=tuple(Line(name, tuple((load.at_once, load.peak[name]) for load in loads)) for name in rest),
        axes=("calls at a time", "MiB at the peak"),
    )


def main() -> None:
    """Start a mesh, measure, print, write."""
    options = parser("memory", __doc__)
    options.add_argument("--calls", type=int, default=48, help="at each number of calls in flight")
    given = options.parse_args()
    with a_mesh() as mesh:
        rest, loads = asyncio.run(measured(mesh, given.calls))
    found = result(rest, loads, given.calls)
    found.show()
    found.write(given.json)


if __name__ == "__main__":
    main()
