"""What it gains that callers share a pass of the network: the same detector alone and together, side by side.

    .venv/bin/python -m bench.bench_together [--rounds 3] [--calls 32] [--json FILE]

A real Triton serves the same checkpoints twice, one request at a time and as the configuration for GPUs has it
(docs/adr/0017), both on the CPU; perception's own adapter asks, each call about a picture that was never seen. The
checkpoints are tiny and random, so that a pass costs mostly what every pass costs, whatever is in it: that is what is
shared. What a GPU gains beside, this cannot show. Needs the models' environment: make models.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measuring import Result, side_by_side, throughputs
from bench.meshes import parser
from services.perception.triton import TritonModels
from tests.mesh.triton_models_lab import PHRASES, picture
from tests.mesh.triton_models_server import Bound, bind, run_there, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.measuring import Call, Series
    from services.perception.ports import Pixels

MODELS = ("owlv2", "d_fine")
LOADS = (1, 8)
SIZE = (640, 480)


@contextmanager
def a_triton() -> Iterator[str]:
    """The address of one with each checkpoint twice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_there("tiny_checkpoints.py", folder / "checkpoints")
        for model in MODELS:
            for ending, together in (("alone", False), ("together", True)):
                bound = Bound("detect", folder / "checkpoints" / model, {"threads": "2"}, together=together)
                bind(folder / "repository", f"{model}-{ending}", bound)
        with serving(folder / "repository", folder) as models:
            yield models.address


def fresh(base: Pixels, number: int) -> Pixels:
    """The picture with a number in its corner: another one for each."""
    image = base.copy()
    image[0, :4, 0] = list(number.to_bytes(4, "little"))
    return image


async def measured(address: str, rounds: int, calls: int) -> list[Series]:
    """Warm every one, then take turns."""
    models, base = TritonModels(address, timeout_s=60), picture(*SIZE, 0)

    def call_of(name: str) -> Call:
        async def call(number: int) -> None:
            await models.detect(name, fresh(base, number), PHRASES)

        return call

    systems = {
        f"{model}-{ending}": call_of(f"{model}-{ending}") for model in MODELS for ending in ("alone", "together")
    }
    try:
        for call in systems.values():
            await call(1 << 20)
        return await side_by_side(
            systems, LOADS, rounds=rounds, calls=lambda _: calls, told=lambda line: print(line, file=sys.stderr)
        )
    finally:
        await models.close()


def result(series: Sequence[Series]) -> Result:
    """Together over alone, by model and load."""
    of = {(one.system, one.load): one for one in series}
    rows = []
    for model in MODELS:
        for load in LOADS:
            alone, together = of[f"{model}-alone", load], of[f"{model}-together", load]
            rows.append(
                (
                    model,
                    str(load),
                    f"{alone.per_second:.1f}",
                    f"{together.per_second:.1f}",
                    f"{together.per_second / alone.per_second:.2f}",
                    f"{alone.percentile_ms(99):.0f}",
                    f"{together.percentile_ms(99):.0f}",
                )
            )
    return Result(
        name="together",
        claim="requests alone and together",
        columns=(
            "model",
            "at a time",
            "alone, calls/s",
            "together, calls/s",
            "ratio",
            "alone, p99 ms",
            "together, p99 ms",
        ),
        rows=tuple(rows),
        lines=throughputs(series),
        axes=("calls at a time", "calls a second"),
    )


def main() -> None:
    """Serve, measure, print, write."""
    options = parser("together", __doc__)
    options.add_argument("--calls", type=int, default=32, help="calls a round")
    given = options.parse_args()
    with a_triton() as address:
        found = result(asyncio.run(measured(address, given.rounds, given.calls)))
    found.show()
    found.write(given.json)


if __name__ == "__main__":
    main()
