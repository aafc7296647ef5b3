"""Against the limit: `read` through the mesh against readers alone in one process, with the same threads.

    .venv/bin/python -m bench.bench_against_raw [--rounds 3] [--calls 16] [--json FILE]

Each call reads a picture that was never read before, so no cache answers. Between the two stand the layers, so that
the table tells where the time goes: Triton called directly, perception (decode, store, read), the whole mesh (admitted,
read, claimed of, checked and recorded, at casual stakes). Every picture is one that the reader is sure of at first
sight: an answer that looked twice would be another piece of work, and ends the bench.

Two readers stand alone, in Triton's environment, with as many threads as the model has, and decode the same JPEG by
OpenCV: RapidOCR as it comes, and the model's own file, which sets the same networks otherwise (`session.py` there).
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import numpy as np
from PIL import Image
from tritonclient.grpc import InferInput, aio

from bench.measuring import Result, Series, goal, side_by_side, throughputs
from bench.meshes import DEADLINE_S, Pictures, a_mesh, client_of, labelled, parser
from groundwire.v1 import perception_service_pb2, perception_service_pb2_grpc, region_pb2

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from bench.measuring import Call
    from groundwire.mesh.local import Mesh

LOADS = (1, 4, 16)
MODEL = Path("model_repository/read_text")
GOAL_THROUGHPUT = 0.95
GOAL_ADDED_MS = 12.0
RAW = "RapidOCR"
OURS = "our reader"


@asynccontextmanager
async def alone(kind: str) -> AsyncIterator[Call]:
    """A reader alone, one of `raw_reader.py`. Calls wait for one another, as they do before Triton's one instance."""
    said = re.search(r'"intra_op_threads" value: \{ string_value: "(\d+)"', (MODEL / "config.pbtxt").read_text())
    python = Path(os.environ.get("GROUNDWIRE_TRITON_ENV", ".venv-triton")) / "bin/python"
    process = await asyncio.create_subprocess_exec(
        str(python), "bench/raw_reader.py", str(MODEL), said[1] if said else "2", kind, stdin=-1, stdout=-1
    )
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are piped
    await process.stdout.readline()
    turn = asyncio.Lock()

    async def call(picture: str) -> None:
        async with turn:
            process.stdin.write(f"{picture}\n".encode())  # type: ignore[union-attr]  # piped
            if not await process.stdout.readline():  # type: ignore[union-attr]
                raise RuntimeError(f"the reader alone, {kind}, ended")

    try:
        yield call  # type: ignore[misc]  # by path; `systems` gives it numbers
    finally:
        process.stdin.close()
        await process.wait()


@asynccontextmanager
async def systems(mesh: Mesh, pictures: Pictures) -> AsyncIterator[dict[str, Call]]:
    """The readers alone, and ours behind one layer after the other."""
    async with AsyncExitStack() as stack:
        raw = await stack.enter_async_context(alone("rapidocr"))
        ours = await stack.enter_async_context(alone("ours"))
        triton = aio.InferenceServerClient(mesh.addresses["triton"])
        stack.push_async_callback(triton.close)
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(mesh.addresses["perception"]))
        perception = perception_service_pb2_grpc.PerceptionServiceStub(channel)
        client = await stack.enter_async_context(client_of(mesh))

        async def by_raw(number: int) -> None:
            await raw(str(pictures.path(number)))  # type: ignore[arg-type]

        async def by_ours(number: int) -> None:
            await ours(str(pictures.path(number)))  # type: ignore[arg-type]

        async def by_triton(number: int) -> None:
            pixels = await asyncio.to_thread(_decoded, pictures.path(number))
            tensor = InferInput("IMAGE", list(pixels.shape), "UINT8")
            tensor.set_data_from_numpy(pixels)
            await triton.infer("read_text", [tensor])

        async def by_perception(number: int) -> None:
            content = pictures.path(number).read_bytes()
            put = await perception.PutImage(_pieces(content), timeout=DEADLINE_S)
            look = perception_service_pb2.PerceiveRequest(
                image_digest=put.image.digest, capability=region_pb2.CAPABILITY_READ_TEXT
            )
            await perception.Perceive(look, timeout=DEADLINE_S)

        async def by_mesh(number: int) -> None:
            answer = await client.read(pictures.path(number), stakes="casual")
            if answer.proto.escalations or not answer.claims:
                raise RuntimeError(f"picture {number} is not one that is read at first sight: {answer.proto}")

        yield {RAW: by_raw, OURS: by_ours, "triton": by_triton, "perception": by_perception, "mesh": by_mesh}


def _decoded(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def _pieces(content: bytes) -> Iterator[perception_service_pb2.PutImageRequest]:
    for start in range(0, len(content), 1 << 20):
        yield perception_service_pb2.PutImageRequest(chunk=content[start : start + (1 << 20)])


def result(series: list[Series]) -> Result:
    """Ratios to the readers alone."""
    of = {(one.system, one.load): one for one in series}
    rows = []
    for one in sorted(series, key=lambda s: (s.load, -s.per_second)):
        raw, ours = of[RAW, one.load], of[OURS, one.load]
        rows.append(
            (
                str(int(one.load)),
                one.system,
                f"{one.per_second:.2f}",
                f"{one.per_second / raw.per_second:.3f}",
                f"{one.per_second / ours.per_second:.3f}",
                f"{one.percentile_ms(50):.0f}",
                f"{one.percentile_ms(99):.0f}",
                f"{one.percentile_ms(50) - raw.percentile_ms(50):+.1f}",
                f"{one.percentile_ms(50) - ours.percentile_ms(50):+.1f}",
            )
        )
    return Result(
        name="against_raw",
        claim="read through the mesh against readers alone",
        columns=(
            "at a time",
            "system",
            "calls/s",
            f"of {RAW}",
            f"of {OURS}",
            "p50 ms",
            "p99 ms",
            f"p50 over {RAW}",
            f"p50 over {OURS}",
        ),
        rows=tuple(rows),
        verdicts=tuple(verdict for base in (RAW, OURS) for verdict in verdicts(of, base)),
        facts={
            f"{one.system} {one.load:g}": {
                "per_second": one.per_second,
                "p50_ms": one.percentile_ms(50),
                "p99_ms": one.percentile_ms(99),
                "rounds_per_second": [each.per_second for each in one.rounds],
            }
            for one in series
        },
        lines=throughputs(series),
        axes=("calls at a time", "calls a second"),
    )


def verdicts(of: Mapping[tuple[str, float], Series], base: str) -> Iterator[str]:
    """Whether the goals are reached beside a reader alone: throughput at the highest load, latency at the lowest."""
    loads = [load for _, load in of]
    most, least = max(loads), min(loads)
    yield goal(
        f"throughput at {most:g} at a time, of {base}",
        of["mesh", most].per_second / of[base, most].per_second,
        GOAL_THROUGHPUT,
        at_least=True,
    )
    yield goal(
        f"added p50 at {least:g} at a time, over {base}, ms",
        of["mesh", least].percentile_ms(50) - of[base, least].percentile_ms(50),
        GOAL_ADDED_MS,
        at_least=False,
    )


async def measured(mesh: Mesh, *, loads: Sequence[int], rounds: int, calls: int) -> Result:
    """Warm everything, then take turns."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = Pictures(Path(folder), labelled)
        async with systems(mesh, pictures) as called:
            warming = len(called)
            total = warming + len(called) * rounds * sum(max(calls, 2 * load) for load in loads)
            pictures.prepare(total)
            for number, call in enumerate(called.values(), start=total - warming):
                await call(number)
            series = await side_by_side(
                called,
                loads,
                rounds=rounds,
                calls=lambda load: max(calls, 2 * load),
                told=lambda line: print(line, file=sys.stderr),
            )
    return result(series)


def main() -> None:
    """Start a mesh, measure, print, write."""
    options = parser("against_raw", __doc__)
    options.add_argument("--calls", type=int, default=16, help="calls a round, at least twice the concurrency")
    options.add_argument("--loads", type=int, nargs="+", default=LOADS, help="calls in flight")
    given = options.parse_args()
    with a_mesh() as mesh:
        found = asyncio.run(measured(mesh, loads=given.loads, rounds=given.rounds, calls=given.calls))
    found.show()
    found.write(given.json)


if __name__ == "__main__":
    main()
