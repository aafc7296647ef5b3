"""A long run at four fifths of what the mesh can do: latency, errors, and whether memory stays where it is.

    .venv/bin/python -m bench.bench_soak [--minutes 10] [--capacity-s 45] [--share 0.8] [--json FILE]

First the capacity is measured: questions a second of a closed loop. Then questions come at a steady share of it,
whether or not the last ones were answered, each about a picture that was never seen. Perception's caches are made
small, so that they are full before memory is watched. The peak RSS of the last minute is held against the second's; in
runs under five minutes, a fifth of the run stands for a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from bench.fresh import Fresh, fresh_pictures
from bench.measuring import goal, percentile, write_rows
from bench.meshes import a_mesh, client_of, end_cleanly
from groundwire import GroundwireError
from groundwire.cli.example import QUESTION

if TYPE_CHECKING:
    from groundwire import AsyncClient
    from groundwire.mesh.local import Mesh

SMALL_CACHES = {"GROUNDWIRE_PERCEPTION_CACHE_BYTES": str(16 << 20), "GROUNDWIRE_PERCEPTION_CONTEXT_BYTES": str(1 << 20)}
AT_ONCE = 4
"""Callers of the closed loop."""
MOST_OPEN = 32
"""Questions that are out at once; what would come beyond is counted as not sent."""
CALL_S = 60.0
SAMPLE_S = 1.0
MIB = 1 << 20
GOAL = 1.05


@dataclass
class Watched:
    """What was seen: RSS (time since the beginning, MiB by component), durations, errors by reason, and unsent."""

    memory: list[tuple[float, dict[str, float]]] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    unsent: int = 0

    def peak(self, name: str, begin_s: float, end_s: float) -> float:
        """The most that a component had between two moments, MiB; "" for all together."""
        some = [used for at, used in self.memory if begin_s <= at < end_s]
        return max((sum(used.values()) if not name else used.get(name, 0.0) for used in some), default=0.0)


def resident(mesh: Mesh) -> dict[str, float]:
    """RSS of each component with everything that it started, MiB."""
    found = {}
    for part in mesh.status():
        with suppress(psutil.Error):
            root = psutil.Process(part.process.pid)
            family = [root, *root.children(recursive=True)]
            found[part.name] = sum(each.memory_info().rss for each in family) / MIB
    return found


async def ask(client: AsyncClient, pictures: Fresh, watched: Watched) -> None:
    """One question about a new picture."""
    picture = await asyncio.to_thread(pictures.take)
    began = time.monotonic()
    try:
        await client.ask(picture, QUESTION, timeout_s=CALL_S)
        watched.took_s.append(time.monotonic() - began)
    except GroundwireError as error:
        watched.errors[error.reason] += 1


async def capacity(client: AsyncClient, pictures: Fresh, seconds: float) -> float:
    """Questions a second of a closed loop."""
    watched, began = Watched(), time.monotonic()

    async def caller() -> None:
        while time.monotonic() - began < seconds:
            await ask(client, pictures, watched)

    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    return len(watched.took_s) / (time.monotonic() - began)


async def sample(mesh: Mesh, watched: Watched, seconds: float) -> None:
    """Note every component's memory until the time is over."""
    began = time.monotonic()
    while (at := time.monotonic() - began) < seconds:
        watched.memory.append((at, await asyncio.to_thread(resident, mesh)))
        if len(watched.memory) % 60 == 0:
            used = sum(watched.memory[-1][1].values())
            print(f"{at:.0f} s: {len(watched.took_s)} answered, {used:.0f} MiB", flush=True)
        await asyncio.sleep(SAMPLE_S)


async def soak(mesh: Mesh, client: AsyncClient, pictures: Fresh, rate: float, seconds: float) -> Watched:
    """So many questions a second, for so long."""
    watched, began, tasks = Watched(), time.monotonic(), set[asyncio.Task[None]]()
    sampling = asyncio.create_task(sample(mesh, watched, seconds))
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        if len(tasks) >= MOST_OPEN:
            watched.unsent += 1
            continue
        task = asyncio.create_task(ask(client, pictures, watched))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    await sampling
    return watched


async def measured(mesh: Mesh, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Capacity, then the soak; the rows."""
    seconds = 60.0 * options.minutes
    with fresh_pictures() as pictures:
        async with client_of(mesh) as client:
            able = await capacity(client, pictures, options.capacity_s)
            print(f"capacity: {able:.3f} questions a second, {AT_ONCE} at a time", flush=True)
            watched = await soak(mesh, client, pictures, options.share * able, seconds)
    return rows(watched, able, options.share * able, seconds)


def rows(watched: Watched, able: float, rate: float, seconds: float) -> list[dict[str, Any]]:
    """One row of load, one a component, and one for all of them."""
    window = min(60.0, seconds / 5)
    load = {
        "what": "load",
        "capacity_per_s": able,
        "asked_per_s": rate,
        "seconds": seconds,
        "answered": len(watched.took_s),
        "errors": dict(watched.errors),
        "unsent": watched.unsent,
        "p50_s": percentile(watched.took_s, 50),
        "p99_s": percentile(watched.took_s, 99),
    }
    memory = []
    for name in ["", *(watched.memory[-1][1] if watched.memory else ())]:
        second, last = watched.peak(name, window, 2 * window), watched.peak(name, seconds - window, seconds)
        ratio = last / second if second else 0.0
        found = {"second_mib": second, "last_mib": last, "ratio": ratio, "goal": GOAL}
        memory.append({"what": name or "all components", "window_s": window, **found})
    return [load, *memory]


def main() -> None:
    """Start a mesh, soak it, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--capacity-s", type=float, default=45.0, help="How long capacity is measured, seconds.")
    parser.add_argument("--share", type=float, default=0.8, help="Share of the capacity that is asked for.")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    end_cleanly()
    with a_mesh(SMALL_CACHES) as mesh:
        found = asyncio.run(measured(mesh, options))
    load, *memory = found
    print({name: round(value, 3) if isinstance(value, float) else value for name, value in load.items()})
    for each in memory:
        print(f"{each['what']:16} {each['second_mib']:8.1f} MiB, then {each['last_mib']:8.1f}: {each['ratio']:.3f}")
    verdict = goal("peak RSS of the last minute against the second's, all", memory[0]["ratio"], GOAL, at_least=False)
    print(verdict)
    if options.json:
        write_rows(options.json, "soak", found, verdicts=[verdict])


if __name__ == "__main__":
    main()
