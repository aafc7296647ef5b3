"""The arithmetic of the benches: what they conclude from what they measured."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from bench.measuring import Line, Result, Round, Series, closed_loop, exponent, goal, side_by_side, timed_loop
from bench.plotting import draw

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_closed_loop_keeps_so_many_calls_in_flight() -> None:
    running, most, seen = 0, 0, []

    async def call(number: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        seen.append(number)
        await asyncio.sleep(0)
        running -= 1

    made = await closed_loop(call, concurrency=3, calls=10)
    assert (most, sorted(seen), len(made.seconds)) == (3, list(range(10)), 10)


async def test_a_timed_loop_ends_what_it_has_begun() -> None:
    begun = ended = 0

    async def call(_: int) -> None:
        nonlocal begun, ended
        begun += 1
        await asyncio.sleep(0)
        ended += 1

    made = await timed_loop(call, concurrency=3, seconds=0.02)
    assert begun == ended == len(made.seconds) >= 3


async def test_systems_take_turns_in_changing_order_and_no_number_is_given_twice() -> None:
    order: list[str] = []
    numbers: list[int] = []

    def system(name: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a coroutine function
        async def call(number: int) -> None:
            order.append(name)
            numbers.append(number)

        return call

    systems = {name: system(name) for name in ("a", "b")}
    series = await side_by_side(systems, [1], rounds=2, calls=lambda _: 2)
    assert order == ["a", "a", "b", "b", "b", "b", "a", "a"]
    assert len(set(numbers)) == len(numbers) == 8
    assert [(one.system, len(one.rounds)) for one in series] == [("a", 2), ("b", 2)]


def test_figures_are_medians_over_rounds() -> None:
    rounds = tuple(Round((seconds,) * 4, 4 * seconds) for seconds in (0.1, 0.2, 1.0))
    one = Series("a", 1, rounds)
    assert one.per_second == pytest.approx(5)
    assert one.percentile_ms(99) == pytest.approx(200)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_is_that_power(power: float) -> None:
    assert exponent([(x, 3 * x**power) for x in (1, 10, 100)]) == pytest.approx(power)


def test_goals_say_whether_they_are_reached() -> None:
    assert goal("throughput", 0.96, 0.95, at_least=True).endswith("reached")
    assert goal("throughput", 0.94, 0.95, at_least=True).endswith("missed")
    assert goal("p50", 13, 12, at_least=False) == "p50: 13 (goal ≤ 12), missed"


def test_a_result_is_written_and_its_lines_are_drawn_the_same_each_time(tmp_path: Path) -> None:
    lines = (Line("raw", ((1, 10), (16, 12))), Line("mesh", ((1, 9), (16, 11))))
    Result("x", "claim", ("a",), (("1",),), lines=lines, axes=("across", "up")).write(tmp_path / "figures" / "x.json")
    written = json.loads((tmp_path / "figures" / "x.json").read_text())
    assert (written["bench"], written["rows"], written["machine"]["cores"] > 0) == ("x", [["1"]], True)

    drawn = []
    for name in ("x.svg", "again.svg"):
        draw(written["lines"], written["axes"], tmp_path / name)
        drawn.append((tmp_path / name).read_text())
    assert drawn[0] == drawn[1]
    texts = {"".join(each.itertext()) for each in ET.fromstring(drawn[0]).iter("{http://www.w3.org/2000/svg}text")}  # noqa: S314 - written by ourselves
    assert {"raw", "mesh", "across", "up", "1", "16"} <= texts


def test_a_system_has_one_colour_whatever_it_was_measured_with(tmp_path: Path) -> None:
    lines = [{"name": f"{network}: raw", "points": [(1, 10), (16, y)]} for network, y in (("tiny", 30), ("heavy", 20))]
    draw(lines, ("across", "up"), tmp_path / "x.svg")
    drawn = (tmp_path / "x.svg").read_text()
    first, second = "#1f77b4", "#ff7f0e"  # of matplotlib's colours
    assert first in drawn
    assert second not in drawn
    assert "stroke-dasharray" in drawn
