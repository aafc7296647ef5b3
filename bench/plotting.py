"""The plots of docs/performance.md, from the lines that a bench's file holds."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SIZE_IN: Final = (8.0, 4.2)
STYLE: Final[dict[Any, Any]] = {"svg.fonttype": "none", "svg.hashsalt": "groundwire", "font.size": 10.0}
"""Letters stay letters, and the same figures make the same file."""
MOST_TICKS: Final = 8
MOST_TOLD: Final = 10
"""Lines whose values are written beside them; those of more would lie upon one another."""
STYLES: Final = ("solid", "dashed", "dotted", "dashdot")
ROUND_FROM: Final = 1000
"""Values from here on are told without a fraction."""


def draw(lines: Sequence[Mapping[str, Any]], axes: Sequence[str], path: Path) -> None:
    """Lines, each with a name and points (x, y), over logarithmic axes, as SVG.

    Of names such as "tiny: raw" and "heavy: raw", what follows the colon has a colour and what precedes it a dash.
    """
    looks = _looks([line["name"] for line in lines])
    with mpl.rc_context(STYLE):
        figure = Figure(SIZE_IN, layout="constrained")
        plot = figure.subplots()
        for line in lines:
            color, style = looks[line["name"]]
            points = zip(*sorted(line["points"]), strict=True)
            plot.plot(*points, color=color, linestyle=style, marker="o", label=line["name"])
            for x, y in line["points"] if len(lines) <= MOST_TOLD else ():
                told = f"{y:,.0f}" if y >= ROUND_FROM else f"{y:.3g}"
                plot.annotate(told, (x, y), (0, 6), textcoords="offset points", fontsize=8, color=color)
        plot.set(xscale="log", yscale="log", xlabel=axes[0], ylabel=axes[1])
        across = sorted({x for line in lines for x, _ in line["points"]})
        if len(across) <= MOST_TICKS:
            plot.set_xticks(across)
            plot.xaxis.set_minor_locator(NullLocator())
        for axis in (plot.xaxis, plot.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
            axis.set_minor_formatter(NullFormatter())
        plot.grid(visible=True, which="both", alpha=0.25)
        figure.legend(loc="outside right upper", frameon=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


def _looks(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Colour and style of each line."""
    parts = {name: name.rpartition(": ") for name in names}
    colors = {which: f"C{number}" for number, which in enumerate(dict.fromkeys(last for _, _, last in parts.values()))}
    styles = dict(zip(dict.fromkeys(group for group, _, _ in parts.values()), itertools.cycle(STYLES), strict=False))
    return {name: (colors[last], styles[group]) for name, (group, _, last) in parts.items()}
