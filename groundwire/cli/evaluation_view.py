"""Runs and comparisons for a person at a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from groundwire.evaluation.measures import BY_NAME
from groundwire.words import milliseconds, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from groundwire.evaluation.comparison import Comparison, Difference
    from groundwire.evaluation.outcomes import Outcome
    from groundwire.evaluation.robustness import Robustness
    from groundwire.evaluation.runs import Run

SIGNIFICANT = 0.05


def run_view(run: Run) -> RenderableType:
    """Figures, parts of the set, times and cost."""
    parts: list[RenderableType] = [_metrics(run.figures["metrics"], run.figures["detection"])]
    if run.figures["strata"]:
        parts.append(_strata(run.figures["strata"]))
    if run.figures["latency"]:
        parts.append(_latency(run.figures["latency"]))
    if run.cost:
        parts.append(Text(_cost(run.cost), style="dim"))
    return Group(*parts)


def _metrics(metrics: Mapping[str, Mapping[str, Any]], detection: Mapping[str, float]) -> Table:
    table = _table("figure", "value", "95 % interval", "cases", "")
    for name, row in metrics.items():
        table.add_row(name, _number(row["value"]), _interval(row), str(row["cases"]), BY_NAME[name].about)
    for name, value in detection.items():
        table.add_row(name, _number(value), "", "", "COCO's average precision")
    return table


def _strata(strata: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Table:
    names = ("accuracy", "answered", "supported-wrong", "claim-precision-supported", "citation-precision")
    table = _table("part", "questions", *names)
    for part, metrics in strata.items():
        values = [_number(metrics[name]["value"]) if name in metrics else "" for name in names]
        table.add_row(plain(part), str(metrics["accuracy"]["cases"]), *values)
    return table


def _latency(latency: Mapping[str, Mapping[str, float]]) -> Table:
    table = _table("step", "p50", "p95", "p99")
    for step, row in latency.items():
        table.add_row(plain(step), *(milliseconds(row[share]) for share in ("p50", "p95", "p99")))
    return table


def _cost(cost: Mapping[str, float]) -> str:
    each = f"{cost['cpu_s_per_call']:.2f} CPU-seconds a call"
    if "usd_per_1000_calls" not in cost:
        return each
    return f"{each}; ${cost['usd_per_1000_calls']:.3f} for 1,000 calls at ${cost['usd_per_cpu_hour']:g} a CPU-hour"


def comparison_view(result: Comparison, flips: int) -> RenderableType:
    """The test, the figures, the flips."""
    verdict = "significant" if result.p < SIGNIFICANT else "not significant"
    said = (
        f"{result.pairs} pairs: {len(result.won)} won, {len(result.lost)} lost; McNemar p = {result.p:.4f}, {verdict}"
    )
    table = _table("figure", "before", "after", "change", "95 % interval", "")
    for one in result.differences:
        interval = f"{one.change.low:+.3f} to {one.change.high:+.3f}" if math.isfinite(one.change.low) else ""
        table.add_row(
            one.name, _number(one.before), _number(one.after), f"{one.change.value:+.3f}", interval, _judgement(one)
        )
    return Group(
        Text(said, style="bold"), table, *_flips("lost", result.lost, flips), *_flips("won", result.won, flips)
    )


def _judgement(one: Difference) -> Text:
    if not one.is_significant:
        return Text("")
    if one.high_is_good is None:
        return Text("changed")
    better = (one.change.value > 0) == one.high_is_good
    return Text("better", style="bold green") if better else Text("worse", style="bold red")


def _flips(word: str, pairs: Sequence[tuple[Outcome, Outcome]], most: int) -> list[RenderableType]:
    if not pairs or not most:
        return []
    table = _table(word, "asked", "truth", "before", "after")
    for before, after in pairs[:most]:
        said = [plain(one.said or one.error, 60) for one in (before, after)]
        table.add_row(plain(after.id), plain(after.asked, 60), plain(after.gold, 40), *said)
    return [table]


def robustness_view(result: Robustness) -> RenderableType:
    """One table a figure, and one of other words."""
    parts: list[RenderableType] = []
    severities = sorted({cell.severity for cell in result.cells})
    for name, clean in result.clean.items():
        table = _table(name, "clean", *(f"severity {one}" for one in severities))
        for corruption in dict.fromkeys(cell.corruption for cell in result.cells):
            at = {cell.severity: cell.figures.get(name) for cell in result.cells if cell.corruption == corruption}
            values = [at.get(one) for one in severities]
            table.add_row(corruption, _number(clean), *("" if v is None else _number(v) for v in values))
        parts.append(table)
    if result.paraphrases:
        table = _table("asked as", "questions", "accuracy", "as asked first", "not understood")
        for row in result.paraphrases:
            shares = (_number(row.accuracy), _number(row.original), _number(row.misunderstood))
            table.add_row(plain(row.template), str(row.cases), *shares)
        parts.append(table)
    return Group(*parts)


def _number(value: float) -> str:
    return f"{value:.3f}"


def _interval(row: Mapping[str, Any]) -> str:
    return "" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}"


def _table(*columns: str) -> Table:
    table = Table(box=box.ROUNDED, header_style="bold", border_style="dim", show_lines=False)
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    return table
