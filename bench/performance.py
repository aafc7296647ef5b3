"""Write docs/performance.md from what the benches wrote.

    .venv/bin/python -m bench.performance [--results bench/results]

Every figure on that page comes from a file; none is typed in. A bench whose file is missing has no section. A file is
JSON:

    {"bench": NAME, "command": …, "machine": {…}, "rows": […], "columns": […],
     "verdicts": […], "lines": […], "axes": […]}

where `rows` are lists of cells under `columns`, or objects whose keys are the columns; `verdicts` say goal by goal what
was reached; `lines` are {"name": …, "points": [[x, y], …]}, drawn over `axes`. The last three may be left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.deciding import BENCHES, PLOTS, RESULTS
from bench.plotting import draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bench.deciding import Bench

PAGE: Final = Path("docs/performance.md")

HEAD: Final = """# Performance

Written by `make bench`: every figure comes from a file in [bench/results](../bench/results), none is typed in. Systems
of one table were measured side by side in one run, taking turns. Read the ratios: absolute figures are those of the
machine that is named beside them.
"""


class NoResult(Exception):
    """There is nothing that a page could be written from, or a file is not what a bench writes."""


def page(results: Path, told: Callable[[str], None] = lambda _: None) -> str:
    """The page over the files that are there.

    Args:
        results: Folder of the files.
        told: Is told of each file that is left out because no bench of now wrote it.

    Raises:
        NoResult: There is none to write of.
    """
    sections = [section(bench, found) for bench, found in measured(results, told)]
    if not sections:
        raise NoResult(f"{results} holds no result: run a bench first, with --json {results}/NAME.json")
    return "\n".join([HEAD, *sections])


def measured(results: Path, told: Callable[[str], None] = lambda _: None) -> Iterator[tuple[Bench, Mapping[str, Any]]]:
    """The benches whose files are there, and what these hold; see `page`."""
    for bench in BENCHES:
        path = results / f"{bench.name}.json"
        if path.exists():
            try:
                yield bench, read(path)
            except NoResult as error:
                told(f"left out: {error}")


def read(path: Path) -> Mapping[str, Any]:
    """What a bench wrote.

    Raises:
        NoResult: It is not what a bench writes.
    """
    try:
        found = json.loads(path.read_text())
        missing = {"command", "machine", "rows"} - found.keys()
        if not missing and found["rows"] and isinstance(found["rows"][0], list):
            missing = {"columns"} - found.keys()
    except (ValueError, AttributeError) as error:
        raise NoResult(f"{path} is not what a bench writes: {error}") from error
    if missing:
        raise NoResult(f"{path} is not what a bench writes: it lacks {', '.join(sorted(missing))}")
    return found  # type: ignore[no-any-return]  # an object, as its keys show


def section(bench: Bench, found: Mapping[str, Any]) -> str:
    """One bench: what it asks, how it was run, its table, its goals, its machine."""
    columns, rows = table(found)
    lines = [f"## {bench.question}", "", f"`{found['command']}`", ""]
    lines += [_row(columns), _row(["---"] * len(columns)), *map(_row, rows), ""]
    lines += [f"Goal: {bench.goal}", ""] if bench.goal else []
    lines += [f"- {said(verdict)}" for verdict in found.get("verdicts", ())]
    lines += [""] if found.get("verdicts") else []
    if found.get("lines"):
        plot = os.path.relpath(PLOTS / f"{bench.name}.svg", PAGE.parent)
        lines += [f"![{' over '.join(reversed(found['axes']))}]({plot})", ""]
    return "\n".join([*lines, f"Measured on {said(found['machine'])}."]) + "\n"


def table(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Columns and cells. Rows that are objects name the columns by their keys, in the order of their first use."""
    rows: Sequence[Any] = found["rows"]
    if all(isinstance(row, list) for row in rows):
        return list(found["columns"]), [[said(cell) for cell in row] for row in rows]
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return columns, [[said(row.get(key, "")) for key in columns] for row in rows]


def said(value: Any) -> str:
    """A value as it stands on the page: three digits of a fraction, an object as its pairs."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {said(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(said, value))
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"  # noqa: PLR2004 - three digits
    return "" if value is None else str(value)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in cells) + " |"


def write(results: Path) -> None:
    """Write the page and its plots, and say so.

    Raises:
        NoResult: As `page`.
    """
    text = page(results, told=lambda line: print(line, file=sys.stderr))
    PAGE.write_text(text)
    for bench, found in measured(results):
        if found.get("lines"):
            draw(found["lines"], found["axes"], PLOTS / f"{bench.name}.svg")
    print(f"{PAGE}: {text.count(chr(10) + '## ')} of {len(BENCHES)} benches")


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    try:
        write(options.results)
    except NoResult as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
