"""Reuse: the second question about a picture, a hundred questions about one, and one about each of a hundred.

    .venv/bin/python -m bench.bench_reuse [--rounds 3] [--questions 100] [--json FILE] [--plot FILE]

Questions are casual: nothing is checked a second time, so what a second question saves is what looking costs.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measuring import Result, goal
from bench.meshes import Pictures, a_mesh, client_of, parser

if TYPE_CHECKING:
    from groundwire import AsyncClient
    from groundwire.mesh.local import Mesh

FIRST, SECOND = "What brand is written on the motorcycle?", "What is written there?"
GOAL_RATIO = 20.0


async def timed(client: AsyncClient, picture: Path, question: str) -> float:
    """Seconds that one question takes."""
    began = time.perf_counter()
    await client.ask(picture, question, stakes="casual")
    return time.perf_counter() - began


async def measured(mesh: Mesh, *, rounds: int, questions: int) -> Result:
    """Pairs of questions about fresh pictures; then both kinds of a hundred, in turns."""
    pairs, one, many = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        pictures = Pictures(Path(folder))
        pictures.prepare(rounds * (questions + 2) + 1)
        async with client_of(mesh) as client:
            await timed(client, pictures.path(0), FIRST)
            for turn in range(rounds):
                base = 1 + turn * (questions + 2)
                pairs.append([await timed(client, pictures.path(base), asked) for asked in (FIRST, SECOND)])
                first = pictures.path(base + 1)
                one.append(sum([await timed(client, first, SECOND) for _ in range(questions)]))
                many.append(sum([await timed(client, pictures.path(base + 2 + n), SECOND) for n in range(questions)]))
    ratio = statistics.median(first / second for first, second in pairs)
    spread = statistics.median(b / a for a, b in zip(one, many, strict=True))
    rows = (
        ("first question", f"{1e3 * statistics.median(p[0] for p in pairs):.1f}", "1"),
        ("second question", f"{1e3 * statistics.median(p[1] for p in pairs):.1f}", f"{1 / ratio:.4f}"),
        (f"{questions} questions on one picture, each", f"{1e3 * statistics.median(one) / questions:.1f}", "1"),
        (
            f"one question on each of {questions}, each",
            f"{1e3 * statistics.median(many) / questions:.1f}",
            f"{spread:.1f}",
        ),
    )
    return Result(
        name="reuse",
        claim="what is known of a picture is not looked for again",
        columns=("asked", "ms", "ratio"),
        rows=rows,
        verdicts=(goal("first over second", ratio, GOAL_RATIO, at_least=True),),
        facts={"pairs_s": pairs, "one_picture_s": one, "many_pictures_s": many},
    )


def main() -> None:
    """Start a mesh, measure, print, write."""
    options = parser("reuse", __doc__)
    options.add_argument("--questions", type=int, default=100)
    given = options.parse_args()
    with a_mesh() as mesh:
        found = asyncio.run(measured(mesh, rounds=given.rounds, questions=given.questions))
    found.show()
    found.write(given.json, given.plot)


if __name__ == "__main__":
    main()
