"""Reuse: the second question about a picture, a hundred questions about one, and one about each of a hundred.

    .venv/bin/python -m bench.bench_reuse [--rounds 2] [--questions 100] [--json FILE]

The first question asks what is written, the second whether one of the words is there; the picture is sent anew with
each, or named by its digest. At casual stakes nothing is checked a second time, so what a second question saves is what
one look costs; at standard stakes it saves the looks of the checks too.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measuring import Line, Result, goal
from bench.meshes import WORDS, Pictures, a_mesh, client_of, labelled, parser

if TYPE_CHECKING:
    from groundwire import AsyncClient
    from groundwire.calls import StakesWord
    from groundwire.images import ImageLike
    from groundwire.mesh.local import Mesh

GOAL_RATIO = 20.0
STAKES: tuple[StakesWord, ...] = ("casual", "standard")
PAIRS = 3
"""Pairs of questions a round."""

FIRST = "What is written there?"


def second(number: int) -> str:
    """A question about another thing in the labelled picture of this number."""
    return f'Is there the word "{WORDS[number % len(WORDS)]}"?'


@dataclass(slots=True)
class Times:
    """Seconds, by stakes: of first questions, of second ones with the file and with the digest; then of series."""

    first: dict[str, list[float]] = field(default_factory=lambda: {each: [] for each in STAKES})
    by_file: dict[str, list[float]] = field(default_factory=lambda: {each: [] for each in STAKES})
    by_digest: dict[str, list[float]] = field(default_factory=lambda: {each: [] for each in STAKES})
    on_one: list[float] = field(default_factory=list)
    on_many: list[float] = field(default_factory=list)


class Asker:
    """Asks about labelled pictures, each number once."""

    def __init__(self, client: AsyncClient, folder: Path, count: int) -> None:
        self._client = client
        self._pictures = Pictures(folder, labelled)
        self._pictures.prepare(count)
        self._numbers = iter(range(count))

    def new(self) -> tuple[int, Path]:
        """A picture that the mesh has not seen."""
        number = next(self._numbers)
        return number, self._pictures.path(number)

    async def timed(self, image: ImageLike, question: str, stakes: StakesWord = "casual") -> float:
        """Seconds that one question takes."""
        began = time.perf_counter()
        answer = await self._client.ask(image, question, stakes=stakes)
        took_s = time.perf_counter() - began
        if not answer.claims:
            raise RuntimeError(f"nothing is claimed to {question!r}: {answer.proto}")
        return took_s

    async def digest_of(self, path: Path) -> ImageLike:
        """What the mesh calls a picture."""
        return (await self._client.ask(path, FIRST, stakes="casual")).image


async def measured(mesh: Mesh, *, rounds: int, questions: int) -> Times:
    """Pairs of questions about fresh pictures; then both kinds of a series, in turns."""
    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        async with client_of(mesh) as client:
            asker = Asker(client, Path(folder), 1 + rounds * (PAIRS * len(STAKES) + 1 + questions))
            await asker.timed(asker.new()[1], FIRST)
            for turn in range(rounds):
                print(f"round {turn + 1}/{rounds}: pairs of questions", file=sys.stderr)
                for stakes in STAKES:
                    for _ in range(PAIRS):
                        await _pair(asker, times, stakes)
                print(
                    f"round {turn + 1}/{rounds}: {questions} questions on one picture, and on as many", file=sys.stderr
                )
                number, path = asker.new()
                times.on_one.append(sum([await asker.timed(path, second(number)) for _ in range(questions)]))
                many = [asker.new() for _ in range(questions)]
                times.on_many.append(sum([await asker.timed(each, second(n)) for n, each in many]))
    return times


async def _pair(asker: Asker, times: Times, stakes: StakesWord) -> None:
    number, path = asker.new()
    times.first[stakes].append(await asker.timed(path, FIRST, stakes))
    times.by_file[stakes].append(await asker.timed(path, second(number), stakes))
    digest = await asker.digest_of(path)
    times.by_digest[stakes].append(await asker.timed(digest, second(number), stakes))


def result(times: Times, questions: int) -> Result:
    """Medians, and ratios to the first question."""
    rows, verdicts = [], []
    for stakes in STAKES:
        first = times.first[stakes]
        rows.append((f"first question, {stakes}", _ms(first), "1"))
        for how, seconds in (("picture sent again", times.by_file), ("by digest", times.by_digest)):
            ratio = statistics.median(a / b for a, b in zip(first, seconds[stakes], strict=True))
            rows.append((f"second question, {stakes}, {how}", _ms(seconds[stakes]), f"{ratio:.1f} times as fast"))
            verdicts.append(goal(f"first over second, {stakes}, {how}", ratio, GOAL_RATIO, at_least=True))
    one, many = ([total / questions for total in series] for series in (times.on_one, times.on_many))
    spread = statistics.median(b / a for a, b in zip(one, many, strict=True))
    rows += [
        (f"{questions} questions on one picture, each", _ms(one), f"{spread:.1f} times as fast"),
        (f"one question on each of {questions} pictures, each", _ms(many), "1"),
    ]
    return Result(
        name="reuse",
        claim="what is known of a picture is not looked for again",
        columns=("asked", "p50 ms", "ratio"),
        rows=tuple(rows),
        verdicts=tuple(verdicts),
        facts={
            "first_s": times.first,
            "second_by_file_s": times.by_file,
            "second_by_digest_s": times.by_digest,
            "one_picture_s": times.on_one,
            "many_pictures_s": times.on_many,
        },
        lines=tuple(
            Line(stakes, ((1, 1e3 * statistics.median(times.first[stakes])), (2, 1e3 * statistics.median(again))))
            for stakes, again in times.by_file.items()
        ),
        axes=("question", "milliseconds"),
    )


def _ms(seconds: list[float]) -> str:
    return f"{1e3 * statistics.median(seconds):.1f}"


def main() -> None:
    """Start a mesh, measure, print, write."""
    options = parser("reuse", __doc__)
    options.set_defaults(rounds=2)
    options.add_argument("--questions", type=int, default=100)
    given = options.parse_args()
    with a_mesh() as mesh:
        times = asyncio.run(measured(mesh, rounds=given.rounds, questions=given.questions))
    found = result(times, given.questions)
    found.show()
    found.write(given.json)


if __name__ == "__main__":
    main()
