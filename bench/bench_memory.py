"""Memory: each process at rest, at its peak, and for each call in flight.

    .venv/bin/python -m bench.bench_memory [--calls 64] [--json FILE] [--plot FILE]

PSS: pages that processes share count once in all. At rest is after a warm-up; the peak is of samples every 100 ms
while so many calls are in flight, each with a picture that was never seen before.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.measuring import Result, closed_loop
from bench.meshes import Pictures, a_mesh, client_of, parser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from groundwire.mesh.local import Mesh

SAMPLE_S = 0.1
LOADS = (1, 4, 16)
MIB = 1 << 20


def memory(mesh: Mesh) -> Mapping[str, float]:
    """PSS of each component with everything that it started, MiB."""
    found = {}
    for component in mesh.status():
        total = 0.0
        with suppress(psutil.Error):
            family = [psutil.Process(component.process.pid)]
            family += family[0].children(recursive=True)
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    total += process.memory_full_info().pss / MIB
        found[component.name] = total
    return found


async def peaks(mesh: Mesh, stopped: asyncio.Event) -> Mapping[str, float]:
    """The most that was seen of each until told to stop."""
    most: dict[str, float] = {}
    while not stopped.is_set():
        for name, used in (await asyncio.to_thread(memory, mesh)).items():
            most[name] = max(used, most.get(name, 0.0))
        with suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), SAMPLE_S)
    return most


async def measured(mesh: Mesh, calls: int) -> Result:
    """At rest, then at each concurrency."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = Pictures(Path(folder))
        pictures.prepare(calls * len(LOADS) + 1)
        async with client_of(mesh) as client:
            await client.read(pictures.path(0), stakes="casual")
            rest = memory(mesh)
            most: dict[int, Mapping[str, float]] = {}
            for turn, load in enumerate(LOADS):
                first = 1 + turn * calls

                async def call(number: int, first: int = first) -> None:
                    await client.read(pictures.path(first + number), stakes="casual")

                stopped = asyncio.Event()
                watching = asyncio.create_task(peaks(mesh, stopped))
                await closed_loop(call, concurrency=load, calls=calls)
                stopped.set()
                most[load] = await watching
            after = memory(mesh)
    each = {name: (most[LOADS[-1]][name] - most[LOADS[0]][name]) / (LOADS[-1] - LOADS[0]) for name in rest}
    rows = [
        (name, f"{rest[name]:.0f}", *(f"{most[load][name]:.0f}" for load in LOADS), f"{after[name]:.0f}", f"{more:.1f}")
        for name, more in each.items()
    ]
    return Result(
        name="memory",
        claim="memory of each component, MiB of PSS",
        columns=("component", "at rest", *(f"peak, {load} in flight" for load in LOADS), "after", "each call more"),
        rows=tuple(rows),
        facts={"rest": rest, "peak": {str(load): found for load, found in most.items()}, "after": after},
    )


def main() -> None:
    """Start a mesh, measure, print, write."""
    options = parser("memory", __doc__)
    options.add_argument("--calls", type=int, default=64)
    given = options.parse_args()
    with a_mesh() as mesh:
        found = asyncio.run(measured(mesh, given.calls))
    found.show()
    found.write(given.json, given.plot)


if __name__ == "__main__":
    main()
