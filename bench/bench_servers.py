"""Against what a team would pick instead: the same ONNX network under each of them, and under our Triton.

    .venv/bin/python -m bench.bench_servers [--rounds 3] [--seconds 5] [--only NAME…] [--json FILE]

A heavy network hides what serving costs, a tiny one shows nothing else, so both are served. Every server has an
environment of its own (bench/peers.py), the same code around the network, the same number of workers with one thread
each, the same pictures (300 KB of bytes), and the same process that asks. Ours is asked by perception's own adapter.
One that cannot be installed or started is reported as such. "raw" is the network in a process with no server and no
picture on the way: the limit.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.measuring import Result, Series, goal, throughputs, timed_loop
from bench.meshes import parser
from bench.peers import ONE_THREAD, PEERS, PICTURE_BYTES, RAW, SERVERS, WORKERS, Unavailable, python_of, serving
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS, Kind
from services.perception.triton import TritonModels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bench.measuring import Call, Round
    from bench.peer_clients import Ask

OURS = "groundwire"
LOADS = (1, 16)
SIDE = 320
MODEL = "onnx_network"
TIMEOUT_S = 120.0


@asynccontextmanager
async def our_triton(model: Path) -> AsyncIterator[Ask]:
    """The Triton of the mesh, with the network as a python-backend model, asked as perception asks."""
    triton = [component for component in COMPONENTS if component.kind is Kind.TRITON]
    environ = {
        **os.environ,
        **ONE_THREAD,
        "GROUNDWIRE_TRITON_MODELS": str(SERVERS / "triton"),
        "BENCH_MODEL": str(model),
        "BENCH_SERVERS": str(SERVERS),
    }
    with tempfile.TemporaryDirectory() as home:
        mesh = await asyncio.to_thread(
            lambda: Mesh.start(Path(home), components=triton, ports=free_ports(triton), environ=environ)
        )
        models = TritonModels(mesh.addresses["triton"], timeout_s=TIMEOUT_S)

        async def ask(body: bytes) -> bytes:
            found = await models.read_text(MODEL, np.frombuffer(body, np.uint8).reshape(SIDE, SIDE, 3))
            return bytes.fromhex(found.words[0])

        try:
            yield ask
        finally:
            await models.close()
            await asyncio.to_thread(mesh.stop)


def heavy() -> Path:
    """The network that finds lettering, of the mesh's own reader (10 MB)."""
    python = Path(os.environ.get("GROUNDWIRE_TRITON_ENV", ".venv-triton")) / "bin/python"
    code = "import rapidocr; print(rapidocr.__path__[0])"
    told = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return Path(told.stdout.strip()) / "models" / "PP-OCRv6_det_small.onnx"


def tiny(folder: Path) -> Path:
    """A network of one layer."""
    path = folder / "tiny.onnx"
    subprocess.run([python_of("onnx"), SERVERS / "tiny.py", path], check=True)  # noqa: S603 - ours
    return path


@dataclass(frozen=True, slots=True)
class Found:
    """Of one network: how each server did, and why the others did not come up."""

    network: str
    series: tuple[Series, ...]
    missing: tuple[tuple[str, str], ...]


async def measured(network: str, model: Path, *, rounds: int, seconds: float, only: Sequence[str]) -> Found:
    """Every server that comes up, taking turns."""
    missing = []
    async with AsyncExitStack() as stack:
        asks: dict[str, Ask] = {RAW.name: await stack.enter_async_context(serving(RAW, model))}
        for peer in PEERS:
            if not only or peer.name in only:
                told(f"{network}: starting {peer.name}")
                try:
                    asks[peer.name] = await stack.enter_async_context(serving(peer, model))
                except Unavailable as error:
                    missing.append((peer.name, str(error)))
        if not only or OURS in only:
            asks[OURS] = await stack.enter_async_context(our_triton(model))
        for number in range(4 * WORKERS):  # Every worker has run before the clock does.
            _agree({name: await ask(_picture(number)) for name, ask in asks.items()})
        calls = {name: _call(ask) for name, ask in asks.items()}
        return Found(network, await _turns(network, calls, rounds, seconds), tuple(missing))


async def _turns(network: str, calls: dict[str, Call], rounds: int, seconds: float) -> tuple[Series, ...]:
    """Rounds of equal time, each in another order; with one call at a time, half as long."""
    found: dict[tuple[str, int], list[Round]] = {}
    names = list(calls)
    for turn in range(rounds):
        for load in LOADS:
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                one = await timed_loop(calls[name], concurrency=load, seconds=seconds if load > 1 else seconds / 2)
                told(f"{network}: round {turn + 1}/{rounds}, {load} at a time, {name}: {one.per_second:.1f} calls/s")
                found.setdefault((name, load), []).append(one)
    return tuple(Series(name, load, tuple(each)) for (name, load), each in found.items())


def told(line: str) -> None:
    """Progress."""
    print(line, file=sys.stderr, flush=True)


def _agree(answers: dict[str, bytes]) -> None:
    """All must give what the network gives."""
    wanted = np.frombuffer(answers[RAW.name], "<f4")
    for name, said in answers.items():
        if not np.allclose(np.frombuffer(said, "<f4"), wanted, rtol=1e-5, atol=0):
            raise RuntimeError(f"{name} answers {said!r}, the network itself {answers[RAW.name]!r}")


def _picture(number: int) -> bytes:
    return np.full(PICTURE_BYTES, number % 251, dtype=np.uint8).tobytes()


def _call(ask: Ask) -> Call:
    pictures = [_picture(number) for number in range(8)]

    async def call(number: int) -> None:
        await ask(pictures[number % len(pictures)])

    return call


def rows_of(found: Found) -> list[tuple[str, ...]]:
    """Sorted by throughput at each load, against the network alone; then who did not come up."""
    base = {one.load: one for one in found.series if one.system == RAW.name}
    rows: list[tuple[str, ...]] = [
        (
            found.network,
            f"{one.load:g}",
            one.system,
            f"{one.per_second:.1f}",
            f"{one.per_second / base[one.load].per_second:.3f}",
            f"{one.percentile_ms(50):.2f}",
            f"{one.percentile_ms(99):.2f}",
        )
        for one in sorted(found.series, key=lambda s: (s.load, -s.per_second))
    ]
    return rows + [(found.network, "", name, why, "", "", "") for name, why in found.missing]


def verdicts_of(found: Found) -> list[str]:
    """Ahead of every one of them in throughput and p99 at the largest load."""
    at = {one.system: one for one in found.series if one.load == LOADS[-1]}
    ours, others = at.get(OURS), [one for name, one in at.items() if name not in (RAW.name, OURS)]
    if ours is None or not others:
        return []
    best = max(others, key=lambda one: one.per_second)
    quickest = min(others, key=lambda one: one.percentile_ms(99))
    rate, p99 = ours.per_second / best.per_second, ours.percentile_ms(99) / quickest.percentile_ms(99)
    return [
        goal(f"{found.network}: throughput over the best other ({best.system})", rate, 1.0, at_least=True),
        goal(f"{found.network}: p99 over the best other ({quickest.system})", p99, 1.0, at_least=False),
    ]


def result(every: Sequence[Found]) -> Result:
    """As it is shown and written."""
    facts: dict[str, Any] = {
        found.network: {
            f"{one.system} {one.load:g}": {
                "per_second": [turn.per_second for turn in one.rounds],
                "p99_ms": [1e3 * float(np.percentile(turn.seconds, 99)) for turn in one.rounds],
            }
            for one in found.series
        }
        for found in every
    }
    return Result(
        name="servers",
        claim="the same ONNX network under each server",
        columns=("network", "at a time", "server", "calls/s", "of raw", "p50 ms", "p99 ms"),
        rows=tuple(row for found in every for row in rows_of(found)),
        verdicts=tuple(verdict for found in every for verdict in verdicts_of(found)),
        facts=facts,
        lines=tuple(line for found in every for line in throughputs(found.series, f"{found.network}: ")),
        axes=("calls at a time", "calls a second"),
    )


def main() -> None:
    """Serve both networks under everything, print, write."""
    options = parser("servers", __doc__)
    options.add_argument("--seconds", type=float, default=5.0, help="of a round at 16 at a time; half of it at 1")
    options.add_argument("--only", nargs="*", default=[], help=f"names of servers; ours is {OURS}")
    options.add_argument("--network", nargs="*", choices=("tiny", "heavy"), default=("tiny", "heavy"))
    given = options.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what it started ends with it
    every = []
    with tempfile.TemporaryDirectory() as folder:
        networks = {"tiny": lambda: tiny(Path(folder)), "heavy": heavy}
        for network in given.network:
            model = networks[network]()
            some = measured(network, model, rounds=given.rounds, seconds=given.seconds, only=given.only)
            every.append(asyncio.run(some))
    found = result(every)
    found.show()
    found.write(given.json)


if __name__ == "__main__":
    main()
