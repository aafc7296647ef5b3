"""Growth: how a call's time grows with the picture, with what is found, and with what is claimed.

    .venv/bin/python -m bench.bench_growth [--rounds 3] [--json FILE] [--plot FILE]

Each curve has its exponent: the slope of time over size, both in logarithms. No worse than linear is at most 1. Records
stored grow in `bench_log`; replicas need more than one machine.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from typing import TYPE_CHECKING

from bench.measuring import Line, Result, exponent, goal
from bench.meshes import a_mesh, client_of, page, parser

if TYPE_CHECKING:
    from groundwire import AsyncClient
    from groundwire.mesh.local import Mesh

MEGAPIXELS = (0.25, 1.0, 4.0, 12.0)
REGIONS = (5, 20, 80)
CLAIMS = (1, 4, 16, 32)
GOAL = 1.1
"""Linear, and a tenth for what the machine does beside."""

SEEDS = iter(range(1, 1 << 30))


async def by_pixels(client: AsyncClient, megapixels: float) -> float:
    """Read ten lines on paper of that size."""
    side = round((megapixels * 1e6) ** 0.5)
    return await _timed(client.read(page(10, (side, side), next(SEEDS)), stakes="casual"))


async def by_regions(client: AsyncClient, lines: float) -> float:
    """Read so many lines on paper of one size."""
    return await _timed(client.read(page(int(lines), (1100, 720), next(SEEDS)), stakes="casual"))


async def by_claims(client: AsyncClient, phrases: float) -> float:
    """Find so many words on a page that is known."""
    sheet = page(40, (1100, 720), 0)
    wanted = [f'"{1000 + number * 7}"' for number in range(int(phrases))]
    return await _timed(client.ground(sheet, wanted, stakes="casual"))


async def _timed(call: object) -> float:
    began = time.perf_counter()
    await call  # type: ignore[misc]  # any awaitable
    return time.perf_counter() - began


CURVES = {
    "megapixels": (MEGAPIXELS, by_pixels),
    "regions": (REGIONS, by_regions),
    "claims": (CLAIMS, by_claims),
}


async def measured(mesh: Mesh, rounds: int) -> Result:
    """Every point of every curve, round after round."""
    seconds: dict[tuple[str, float], list[float]] = {}
    async with client_of(mesh) as client:
        await by_claims(client, 1)
        for turn in range(rounds):
            for name, (sizes, call) in CURVES.items():
                for size in sizes:
                    print(f"round {turn + 1}/{rounds}: {size:g} {name}", file=sys.stderr)
                    seconds.setdefault((name, size), []).append(await call(client, size))
    points = {
        name: tuple((float(size), statistics.median(seconds[name, size])) for size in sizes)
        for name, (sizes, _) in CURVES.items()
    }
    slopes = {name: exponent(curve) for name, curve in points.items()}
    rows = [(name, f"{size:g}", f"{1e3 * took:.0f}") for name, curve in points.items() for size, took in curve]
    return Result(
        name="growth",
        claim="how a call's time grows",
        columns=("with", "how much", "ms"),
        rows=tuple(rows),
        verdicts=tuple(goal(f"exponent over {n}", slope, GOAL, at_least=False) for n, slope in slopes.items()),
        facts={"seconds": {f"{name} {size:g}": each for (name, size), each in seconds.items()}, "exponents": slopes},
        lines=tuple(Line(name, curve) for name, curve in points.items()),
        axes=("how much", "seconds"),
    )


def main() -> None:
    """Start a mesh, measure, print, write."""
    given = parser("growth", __doc__).parse_args()
    with a_mesh() as mesh:
        found = asyncio.run(measured(mesh, given.rounds))
    found.show()
    found.write(given.json, given.plot)


if __name__ == "__main__":
    main()
