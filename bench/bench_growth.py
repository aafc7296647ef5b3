"""Growth: how a call's time grows with the picture, with what is found, with what is claimed, and with the log.

    .venv/bin/python -m bench.bench_growth [--rounds 5] [--records 100000] [--json FILE]

The reader is a stand-in on a real Triton that costs next to nothing (bench/growing), so what is seen is the mesh's own
work: a network of milliseconds a region would hide it. Each curve has its exponent: the slope of time over size, both
in logarithms, with the interval that holds 95 % of the slopes of resampled rounds; and the slope of its last step
alone, which a constant part hides least. No worse than linear is at most 1. The log's calls are asked of a service on a
PostgreSQL of its own, at each number of records. Replicas share one machine here: that more of them gain nothing is
its limit, that they cost nothing is what is looked for. Their time is wall clock over calls, sixteen at a time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from bench import growing_log, replicas
from bench.measuring import Line, Result, closed_loop, exponent, goal
from bench.meshes import a_mesh, client_at, client_of, parser

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from groundwire import AsyncClient
    from groundwire.mesh.local import Mesh

    Point = tuple[str, float]
    Seconds = Mapping[Point, Sequence[float]]

MODELS = Path("bench/growing").absolute()
MEGAPIXELS = (0.25, 1.0, 4.0, 16.0)
REGIONS = (10, 100, 1000)
CLAIMS = (1, 4, 16, 32)
REPLICAS = (1, 2, 4)
AT_ONCE = 16
GOAL = 1.1
"""Linear, and a tenth for what the machine does beside."""

RESAMPLES = 500
CELL, BLOCK = 24, 12
"""Pixels from one block to the next, and of a block's side."""

SEEDS = iter(range(1, 1 << 30))


def blocks(count: int, side: int, seed: int) -> Image.Image:
    """White, with so many blocks, each of another colour; each seed gives another picture."""
    rgb = np.full((side, side, 3), 255, np.uint8)
    across = side // CELL
    for number in range(count):
        row, column = CELL * (number // across) + CELL // 4, CELL * (number % across) + CELL // 4
        rgb[row : row + BLOCK, column : column + BLOCK] = word(number, seed)
    return Image.fromarray(rgb)


def word(number: int, seed: int) -> tuple[int, int, int]:
    """The colour of a block: dark, so that it is told from white in any enlargement."""
    return 10 + number % 100, 10 + number // 100, seed % 200


async def by_pixels(client: AsyncClient, megapixels: float) -> None:
    """Read twenty words on paper of that size."""
    await client.read(blocks(20, round((megapixels * 1e6) ** 0.5), next(SEEDS)), stakes="casual")


async def by_regions(client: AsyncClient, count: float) -> None:
    """Read so many words on paper of one size, at a glance."""
    await client.read(blocks(round(count), 1024, next(SEEDS)), stakes="casual")


async def by_regions_of_both(client: AsyncClient, count: float) -> None:
    """Read so many words on paper of one size, with the careful look as well."""
    await client.read(blocks(round(count), 1024, next(SEEDS)), stakes="critical")


async def by_claims(client: AsyncClient, phrases: float) -> None:
    """Find so many words on a page that is known."""
    colours = [word(number, 0) for number in range(round(phrases))]
    wanted = [f'"{red << 16 | green << 8 | blue}"' for red, green, blue in colours]
    await client.ground(blocks(40, 512, 0), wanted, stakes="casual")


CURVES: dict[str, tuple[Sequence[float], Callable[[AsyncClient, float], Awaitable[None]]]] = {
    "megapixels": (MEGAPIXELS, by_pixels),
    "regions": (REGIONS, by_regions),
    "regions, both tiers": (REGIONS, by_regions_of_both),
    "claims": (CLAIMS, by_claims),
}


async def measured(client: AsyncClient, rounds: int) -> Seconds:
    """Every point of every curve, round after round; one round before, which does not count."""
    seconds: dict[Point, list[float]] = {}
    for turn in range(rounds + 1):
        for name, (sizes, call) in CURVES.items():
            for size in sizes:
                began = time.perf_counter()
                await call(client, size)
                took = time.perf_counter() - began
                print(f"round {turn}/{rounds}: {size:g} {name}: {1e3 * took:.0f} ms", file=sys.stderr, flush=True)
                if turn:
                    seconds.setdefault((name, size), []).append(took)
    return seconds


@dataclass(frozen=True, slots=True)
class Curve:
    """Medians over size, and how steep they are.

    Attributes:
        points: (size, seconds), by size.
        slope: Of all points, in logarithms.
        low: Below it lie 2.5 % of the slopes of resampled rounds.
        high: Above it, as many.
        last: Slope of the last step.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    slope: float
    low: float
    high: float
    last: float


def curves(seconds: Seconds) -> list[Curve]:
    """Every curve, in the order of measuring."""
    return [_curve(name, seconds) for name in dict.fromkeys(name for name, _ in seconds)]


def _curve(name: str, seconds: Seconds) -> Curve:
    rounds = {size: np.array(each) for (of, size), each in sorted(seconds.items()) if of == name}
    draw = np.random.default_rng(7)
    slopes = [
        exponent([(size, float(np.median(draw.choice(each, len(each))))) for size, each in rounds.items()])
        for _ in range(RESAMPLES)
    ]
    points = tuple((size, float(np.median(each))) for size, each in rounds.items())
    low, high = np.percentile(slopes, (2.5, 97.5))
    return Curve(name, points, exponent(points), float(low), float(high), exponent(points[-2:]))


def result(seconds: Seconds) -> Result:
    """As it is shown and written."""
    found = curves(seconds)
    return Result(
        name="growth",
        claim="how a call's time grows",
        columns=("with", "ms at size", "exponent", "95 % of resamples", "last step"),
        rows=tuple(
            (
                curve.name,
                ", ".join(f"{1e3 * took:.3g} at {size:g}" for size, took in curve.points),
                f"{curve.slope:.2f}",
                f"{curve.low:.2f} to {curve.high:.2f}",
                f"{curve.last:.2f}",
            )
            for curve in found
        ),
        verdicts=tuple(
            goal(f"{curve.name}: the larger of the two slopes", max(curve.slope, curve.last), GOAL, at_least=False)
            for curve in found
        ),
        facts={"seconds": {f"{name} {size:g}": each for (name, size), each in seconds.items()}},
        lines=tuple(Line(curve.name, curve.points) for curve in found),
        axes=("how much", "seconds"),
    )


async def by_replicas(places: Sequence[Mapping[str, str]], rounds: int) -> list[float]:
    """Seconds a call, of calls that are spread over replicas, many at a time."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client_at(each)) for each in places]

        async def call(number: int) -> None:
            await clients[number % len(clients)].read(blocks(20, 512, next(SEEDS)), stakes="casual")

        await closed_loop(call, concurrency=AT_ONCE, calls=AT_ONCE)
        turns = [await closed_loop(call, concurrency=AT_ONCE, calls=4 * AT_ONCE) for _ in range(rounds)]
    print(f"{len(places)} replicas: {1e3 / turns[-1].per_second:.1f} ms a call", file=sys.stderr, flush=True)
    return [1 / turn.per_second for turn in turns]


def of_replicas(mesh: Mesh, rounds: int, environ: Mapping[str, str]) -> Seconds:
    """One, two and four of every service, on one Triton and one PostgreSQL."""
    seconds: dict[Point, Sequence[float]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        places = [mesh.addresses]
        for count in REPLICAS:
            more = count - len(places)
            places += [stack.enter_context(replicas.another(mesh, folder, environ)) for _ in range(more)]
            seconds["replicas", float(count)] = asyncio.run(by_replicas(places, rounds))
    return seconds


def of_the_mesh(rounds: int) -> Seconds:
    """The curves of a mesh with the stand-in for a reader."""
    bindings = json.dumps({"read_text": {"fast": "blocks"}})
    environ = {"GROUNDWIRE_TRITON_MODELS": str(MODELS), "GROUNDWIRE_PERCEPTION_BINDINGS": bindings}
    with a_mesh(environ) as mesh:

        async def asked() -> Seconds:
            async with client_of(mesh) as client:
                return await measured(client, rounds)

        return {**asyncio.run(asked()), **of_replicas(mesh, rounds, environ)}


def main() -> None:
    """Start a mesh, measure, print, write."""
    options = parser("growth", __doc__)
    options.set_defaults(rounds=5)
    options.add_argument("--records", type=int, default=100_000, help="most records of the log; 0: none is filled")
    given = options.parse_args()
    seconds: dict[Point, Sequence[float]] = dict(of_the_mesh(given.rounds))
    if given.records:
        seconds |= asyncio.run(growing_log.measured(given.records))
    found = result(seconds)
    found.show()
    found.write(given.json)


if __name__ == "__main__":
    main()
