"""Cost of the promises: the same calls with tracing and without, with checks and without.

    .venv/bin/python -m bench.bench_promises [--rounds 5] [--calls 20] [--json FILE] [--plot FILE]

Two meshes run side by side and take turns: one as it is, one whose processes make no spans (OTEL_SDK_DISABLED).
Calls are second questions about a known picture, which no model slows: what a promise costs is largest there, and
would drown in a first look. Recording cannot be switched off, so its cost is the time that answers themselves give for
that step. Checks are compared by stakes: casual checks what costs nothing, standard looks again.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measuring import Result, Series, goal, side_by_side
from bench.meshes import Pictures, a_mesh, client_of, parser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.measuring import Call
    from groundwire import Answer, AsyncClient
    from groundwire.calls import StakesWord
    from groundwire.mesh.local import Mesh

QUESTION = "What brand is written on the motorcycle?"
GOAL_TRACING = 0.03
LOADS = (1, 8)


async def measured(traced: Mesh, untraced: Mesh, *, rounds: int, calls: int) -> Result:
    """Both meshes in turns; then the share of recording, from the answers."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = Pictures(Path(folder))
        pictures.prepare(1)
        picture = pictures.path(0)
        async with client_of(traced) as one, client_of(untraced) as other:
            for client in (one, other):
                await client.ask(picture, QUESTION)
            systems = {
                "as it is": asking(one, picture, "casual"),
                "no tracing": asking(other, picture, "casual"),
                "as it is, checked": asking(one, picture, "standard"),
            }
            series = await side_by_side(
                systems, LOADS, rounds=rounds, calls=lambda load: calls * load, told=lambda t: print(t, file=sys.stderr)
            )
            answers = [await one.ask(picture, QUESTION, stakes="casual") for _ in range(calls)]
    return result(series, answers)


def asking(client: AsyncClient, picture: Path, stakes: StakesWord) -> Call:
    """The same question at these stakes."""

    async def call(_: int) -> None:
        await client.ask(picture, QUESTION, stakes=stakes)

    return call


def result(series: list[Series], answers: list[Answer]) -> Result:
    """Shares of the call."""
    by: Mapping[tuple[str, float], Series] = {(one.system, one.load): one for one in series}
    cost = {load: 1 - by["as it is", load].per_second / by["no tracing", load].per_second for load in LOADS}
    seconds = [{t.step: t.duration.ToNanoseconds() / 1e9 for t in answer.proto.timings} for answer in answers]
    recording = statistics.median(one["record"] / sum(one.values()) for one in seconds)
    rows = [
        (f"{load:g}", name, f"{one.per_second:.1f}", f"{one.percentile_ms(50):.1f}", f"{one.percentile_ms(99):.1f}")
        for (name, load), one in sorted(by.items(), key=lambda item: item[0][1])
    ]
    return Result(
        name="promises",
        claim="what tracing, checking and recording cost a question about a known picture",
        columns=("at a time", "mesh", "calls/s", "p50 ms", "p99 ms"),
        rows=tuple(rows),
        verdicts=(
            *(goal(f"tracing, share of throughput at {n}", cost[n], GOAL_TRACING, at_least=False) for n in LOADS),
            f"recording, share of the steps' time: {recording:.3f}",
        ),
        facts={"tracing": {str(load): share for load, share in cost.items()}, "recording": recording},
    )


def main() -> None:
    """Start both meshes, measure, print, write."""
    options = parser("promises", __doc__)
    options.add_argument("--calls", type=int, default=20)
    given = options.parse_args()
    with a_mesh() as traced, a_mesh({"OTEL_SDK_DISABLED": "true"}) as untraced:
        found = asyncio.run(measured(traced, untraced, rounds=given.rounds, calls=given.calls))
    found.show()
    found.write(given.json, given.plot)


if __name__ == "__main__":
    main()
