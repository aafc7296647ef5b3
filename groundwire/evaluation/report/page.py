"""Fills the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from groundwire import words
from groundwire.evaluation.measures import BY_NAME
from groundwire.evaluation.report import cards, charts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

    from groundwire.evaluation.report.cards import Card
    from groundwire.evaluation.robustness import Robustness
    from groundwire.evaluation.runs import Run

HEADLINES = ("accuracy", "supported-wrong", "answered", "n-acc", "parse-failures", "hallucinated-claims")


def run_page(run: Run, shown: Sequence[Card]) -> str:
    """A run's report.

    Args:
        run: The figures.
        shown: Questions with their pictures, in the order to show.
    """
    metrics: Mapping[str, Mapping[str, Any]] = run.figures["metrics"]
    tally = {name: sum(cards.mark(one) == name for one in run.outcomes) for name in cards.MARKS}
    return (
        _environment()
        .get_template("run.html")
        .render(
            head=run.head,
            headlines=[(name, metrics[name]) for name in HEADLINES if name in metrics],
            metrics=metrics,
            about={name: measure.about for name, measure in BY_NAME.items()},
            high_is_good={name: measure.high_is_good for name, measure in BY_NAME.items()},
            strata=run.figures["strata"],
            detection=run.figures["detection"],
            latency=run.figures["latency"],
            cost=run.cost,
            curves=[c for c in (charts.risk_coverage(run.outcomes), charts.reliability(run.outcomes)) if c is not None],
            tally=tally,
            total=len(run.outcomes),
            cards=shown,
        )
    )


def robustness_page(result: Robustness) -> str:
    """The report of a robustness run."""
    tables = []
    for name, clean in result.clean.items():
        by_corruption: dict[str, dict[int, float]] = {}
        for cell in result.cells:
            if name in cell.figures:
                by_corruption.setdefault(cell.corruption, {})[cell.severity] = cell.figures[name]
        worse = -1 if BY_NAME[name].high_is_good is False else 1
        tables.append((name, BY_NAME[name].about, clean, charts.drops(by_corruption, clean, worse)))
    return (
        _environment()
        .get_template("robustness.html")
        .render(head=result.head, tables=tables, paraphrases=result.paraphrases, examples=result.examples)
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - only reports need it

    environment = Environment(
        loader=PackageLoader("groundwire.evaluation.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = words.plain  # What a picture says may try to be markup, or turn the reading order.
    environment.filters["ms"] = words.milliseconds
    environment.filters["percent"] = lambda value: f"{100 * value:.1f} %"
    return environment
