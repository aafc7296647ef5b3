"""What it costs to bring pixels to Triton: by shared memory, and with the request, side by side in one run.

    .venv/bin/python -m bench.bench_pixels [--rounds 7] [--json FILE]

A real Triton serves a model that looks at every pixel once and answers; so what is measured is the way there and back,
which is the mesh's own share of every look. Rounds are interleaved and their order alternates. The ratio is that of the
medians: above 1, shared memory is faster. Beside it, the same for the real reader, where the model's own time counts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.measuring import write_rows
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS
from services.perception.triton import TritonModels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from services.perception.ports import Pixels

SIZES = ((320, 240), (741, 500), (1280, 960), (2000, 2000), (4000, 3000))
"""Pictures, width and height in pixels."""

AT_ONCE = 8
"""Concurrent calls in the second column."""

CONFIG = """
name: "touch"
backend: "python"
max_batch_size: 0
input [ { name: "IMAGE" data_type: TYPE_UINT8 dims: [ -1, -1, 3 ] } ]
output [
  { name: "POLYGONS" data_type: TYPE_FP32 dims: [ -1, 4, 2 ] },
  { name: "TEXTS" data_type: TYPE_STRING dims: [ -1 ] },
  { name: "SCORES" data_type: TYPE_FP32 dims: [ -1 ] }
]
instance_group [ { kind: KIND_CPU count: 1 } ]
"""

MODEL = '''
import numpy as np
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    """A reader that reads the sum of all pixels."""

    def execute(self, requests):
        return [self._respond(request) for request in requests]

    def _respond(self, request):
        image = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()
        total = np.array([str(int(image.sum())).encode()], np.object_)
        return pb_utils.InferenceResponse([
            pb_utils.Tensor("POLYGONS", np.zeros((1, 4, 2), np.float32)),
            pb_utils.Tensor("TEXTS", total),
            pb_utils.Tensor("SCORES", np.ones(1, np.float32)),
        ])
'''


def repository(folder: Path) -> Path:
    """A model repository with the reader, and a model that touches every pixel."""
    version = folder / "touch" / "1"
    version.mkdir(parents=True)
    (folder / "touch" / "config.pbtxt").write_text(CONFIG)
    (version / "model.py").write_text(MODEL)
    (folder / "read_text").symlink_to(Path("model_repository/read_text").absolute())
    return folder


@asynccontextmanager
async def both(address: str) -> AsyncIterator[dict[str, TritonModels]]:
    """Perception's adapter with shared memory and without."""
    ways = {"shared": TritonModels(address, timeout_s=120), "sent": TritonModels(address, timeout_s=120, share=False)}
    try:
        yield ways
    finally:
        for way in ways.values():
            await way.close()


async def medians_ms(
    ways: dict[str, TritonModels], call: Callable[[TritonModels], Awaitable[Any]], rounds: int, at_once: int
) -> dict[str, float]:
    """Median time of a call each way, milliseconds; rounds interleaved, the first of each thrown away."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name in sorted(ways, reverse=bool(number % 2)):
            began = time.perf_counter()
            await asyncio.gather(*(call(ways[name]) for _ in range(at_once)))
            taken[name].append((time.perf_counter() - began) * 1e3 / at_once)
    return {name: statistics.median(times[1:]) for name, times in taken.items()}


async def measured(address: str, rounds: int) -> list[dict[str, Any]]:
    """One row a model, size and concurrency."""
    rows = []
    async with both(address) as ways:
        for model, sizes in (("touch", SIZES), ("read_text", SIZES[1:3])):
            for width, height in sizes:
                pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
                await _agree(ways, model, pixels)
                for at_once in (1, AT_ONCE) if model == "touch" else (1,):

                    async def call(way: TritonModels, model: str = model, pixels: Pixels = pixels) -> None:
                        await way.read_text(model, pixels)

                    times = await medians_ms(ways, call, rounds, at_once)
                    size = f"{width}x{height}"
                    rows.append({"model": model, "size": size, "at_once": at_once, **times})
    return rows


async def _agree(ways: dict[str, TritonModels], model: str, pixels: Pixels) -> None:
    """Fail unless the model sees the same both ways."""
    seen = [(await way.read_text(model, pixels)).words for way in ways.values()]
    if seen[0] != seen[1]:
        message = f"{model} sees {seen[0]} by shared memory and {seen[1]} by gRPC"
        raise RuntimeError(message)


def shown(rows: list[dict[str, Any]]) -> Table:
    """The rows as a table."""
    table = Table("model", "picture", "at once", "with the request, ms", "shared memory, ms", "ratio")
    for row in rows:
        figures = (f"{row['sent']:.2f}", f"{row['shared']:.2f}", f"{row['sent'] / row['shared']:.2f}")
        table.add_row(row["model"], row["size"], str(row["at_once"]), *figures)
    return table


def main() -> None:
    """Measure, show, and keep the figures where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each way")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    triton = [component for component in COMPONENTS if component.name == "triton"]
    with tempfile.TemporaryDirectory() as folder:
        models = repository(Path(folder, "models"))
        environ = {**os.environ, "GROUNDWIRE_TRITON_MODELS": str(models)}
        with Mesh.start(Path(folder, "home"), components=triton, ports=free_ports(triton), environ=environ) as mesh:
            rows = asyncio.run(measured(mesh.addresses["triton"], given.rounds))
    Console().print(shown(rows))
    if given.json:
        write_rows(given.json, "pixels", rows)


if __name__ == "__main__":
    main()
