"""Cost of the promises: the same calls with each of them and without, side by side.

    .venv/bin/python -m bench.bench_promises [--rounds 5] [--calls 4] [--json FILE]

Four meshes take turns: one as it comes, one whose processes keep no spans (OTEL_TRACES_SAMPLER), one under mutual TLS,
one that paints over faces, plates and personal lettering before anything is kept. Two kinds of work: reading a picture
that was never seen, where a model runs; and a question about a picture that is held, where none does and a promise
costs the largest share. Checks are compared by stakes: casual checks what costs nothing, standard looks again.
Recording cannot be switched off, so its cost is the time that answers themselves give for that step.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measuring import Result, Series, goal, side_by_side, throughputs
from bench.meshes import Pictures, a_mesh, client_of, guarded_mesh, labelled, parser
from groundwire.cli import example

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.measuring import Call
    from groundwire import Answer, AsyncClient, Credentials
    from groundwire.calls import StakesWord
    from groundwire.mesh.local import Mesh

QUESTION = "What brand is written on the motorcycle?"
GOAL_TRACING = 0.03

NEW, KNOWN = "new picture", "known picture"
LOADS = {NEW: (1, 4), KNOWN: (1, 8)}
FACTOR = {NEW: 1, KNOWN: 8}
"""Calls of a round for each that was asked for: those without a model are short."""

AS_IT_IS, UNTRACED, GUARDED, REDACTING, CHECKED = "as it comes", "no tracing", "mutual TLS", "redaction", "checked"

REDACTION = '[default]\nkinds = ["face", "plate", "email", "phone", "card", "iban"]\ntier = "fast"\n'


@dataclass(frozen=True, slots=True)
class Promise:
    """What is compared: the mesh that keeps it with the one that does not, in a kind of work."""

    name: str
    kept: str
    without: str
    work: str


PROMISES = (
    Promise("tracing", AS_IT_IS, UNTRACED, NEW),
    Promise("tracing", AS_IT_IS, UNTRACED, KNOWN),
    Promise("mutual TLS", GUARDED, AS_IT_IS, NEW),
    Promise("mutual TLS", GUARDED, AS_IT_IS, KNOWN),
    Promise("redaction", REDACTING, AS_IT_IS, NEW),
    Promise("redaction", REDACTING, AS_IT_IS, KNOWN),
    Promise("checks", CHECKED, AS_IT_IS, KNOWN),
)


def started(stack: ExitStack) -> dict[str, tuple[Mesh, Credentials | None]]:
    """The meshes by name, and what a caller shows each."""
    policy = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "redaction.toml"
    policy.write_text(REDACTION)
    environments = {
        AS_IT_IS: {},
        UNTRACED: {"OTEL_TRACES_SAMPLER": "always_off"},
        REDACTING: {"GROUNDWIRE_PERCEPTION_REDACTION_FILE": str(policy)},
    }
    meshes: dict[str, tuple[Mesh, Credentials | None]] = {}
    for name, environment in environments.items():
        print(f"starting a mesh: {name}", file=sys.stderr)
        meshes[name] = (stack.enter_context(a_mesh(environment)), None)
    print(f"starting a mesh: {GUARDED}", file=sys.stderr)
    meshes[GUARDED] = stack.enter_context(guarded_mesh())
    return meshes


async def measured(
    meshes: Mapping[str, tuple[Mesh, Credentials | None]], *, rounds: int, calls: int
) -> tuple[Mapping[str, Sequence[Series]], list[Answer]]:
    """Each kind of work on all meshes in turn; then answers that say what recording takes."""
    series = {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        clients = {
            name: await stack.enter_async_context(client_of(mesh, credentials))
            for name, (mesh, credentials) in meshes.items()
        }
        pictures = Pictures(folder, labelled)
        pictures.prepare(len(meshes) * (1 + rounds * calls * sum(LOADS[NEW])))
        for number, client in enumerate(clients.values()):
            await client.read(pictures.path(number), stakes="casual")
        fresh = {name: reading(client, pictures, len(meshes)) for name, client in clients.items()}
        known = {name: await asking(client, "casual") for name, client in clients.items()}
        known[CHECKED] = await asking(clients[AS_IT_IS], "standard")
        for work, systems in ((NEW, fresh), (KNOWN, known)):
            series[work] = await side_by_side(
                systems,
                LOADS[work],
                rounds=rounds,
                calls=lambda load, work=work: FACTOR[work] * calls * load,  # type: ignore[misc]  # bound now
                told=lambda line, work=work: print(f"{work}, {line}", file=sys.stderr),  # type: ignore[misc]
            )
        held = (await clients[AS_IT_IS].ask(pictures.path(0), QUESTION, stakes="casual")).image
        answers = [await clients[AS_IT_IS].ask(held, QUESTION, stakes="casual") for _ in range(FACTOR[KNOWN] * calls)]
    return series, answers


def reading(client: AsyncClient, pictures: Pictures, first: int) -> Call:
    """Read the picture of this number, which no mesh has seen."""

    async def call(number: int) -> None:
        await client.read(pictures.path(first + number), stakes="casual")

    return call


async def asking(client: AsyncClient, stakes: StakesWord) -> Call:
    """The same question about the same held picture, which has been asked before."""
    held = (await client.ask(example.photo(), QUESTION, stakes=stakes)).image

    async def call(_: int) -> None:
        await client.ask(held, QUESTION, stakes=stakes)

    return call


def result(series: Mapping[str, Sequence[Series]], answers: Sequence[Answer]) -> Result:
    """What each promise takes of the throughput, and what it adds to a call."""
    by = {(work, one.system, one.load): one for work, each in series.items() for one in each}
    costs = {(promise, load): cost(by, promise, load) for promise in PROMISES for load in LOADS[promise.work]}
    seconds = [{t.step: t.duration.ToNanoseconds() / 1e9 for t in answer.proto.timings} for answer in answers]
    recording = [one["record"] / sum(one.values()) for one in seconds]
    rows = tuple(rows_of(by, costs))
    share = statistics.median(recording)
    took_ms = 1e3 * statistics.median(one["record"] for one in seconds)
    return Result(
        name="promises",
        claim="what each promise costs",
        columns=("promise", "work", "at a time", "calls/s with", "without", "cost", "p50 ms with", "without"),
        rows=(*rows, ("recording", KNOWN, "1", "", "", f"{share:.1%} of the steps' time", f"{took_ms:.1f}", "0")),
        verdicts=tuple(
            goal(f"tracing, share of throughput, {p.work}, {load} at a time", share, GOAL_TRACING, at_least=False)
            for (p, load), share in costs.items()
            if p.name == "tracing"
        ),
        facts={
            f"{work}, {system}, {load:g}": [each.per_second for each in one.rounds]
            for (work, system, load), one in by.items()
        },
        lines=throughputs(series[KNOWN]),
        axes=("calls at a time, known picture", "calls a second"),
    )


def cost(by: Mapping[tuple[str, str, float], Series], promise: Promise, load: int) -> float:
    """Share of the throughput: the median over rounds that ran one after the other."""
    kept, without = (by[promise.work, name, load].rounds for name in (promise.kept, promise.without))
    return 1 - statistics.median(a.per_second / b.per_second for a, b in zip(kept, without, strict=True))


def rows_of(
    by: Mapping[tuple[str, str, float], Series], costs: Mapping[tuple[Promise, int], float]
) -> Iterator[tuple[str, ...]]:
    """The table."""
    for (promise, load), share in costs.items():
        kept, without = (by[promise.work, name, load] for name in (promise.kept, promise.without))
        rates = (f"{one.per_second:.2f}" for one in (kept, without))
        times = (f"{one.percentile_ms(50):.1f}" for one in (kept, without))
        yield (promise.name, promise.work, str(load), *rates, f"{share:+.1%}", *times)


def main() -> None:
    """Start the meshes, measure, print, write."""
    options = parser("promises", __doc__)
    options.set_defaults(rounds=5)
    options.add_argument("--calls", type=int, default=4, help="calls a round and call in flight, of new pictures")
    given = options.parse_args()
    with ExitStack() as stack:
        found = result(*asyncio.run(measured(started(stack), rounds=given.rounds, calls=given.calls)))
    found.show()
    found.write(given.json)


if __name__ == "__main__":
    main()
