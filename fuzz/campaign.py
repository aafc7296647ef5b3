"""Searches every target for a while and closes with a table: `python -m fuzz.campaign 60 [TARGET …]`.

What is found lies as a file in `fuzz/found`, to be moved into the target's corpus once it is mended: the tests try
every file of the corpus each time.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Sequence

FOUND: Final = Path(__file__).parent / "found"

PATIENCE_S: Final = 120
"""How long a target may go on after its time is up: it ends the input that it is at, seconds."""

_EXECUTED: Final = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
_CORPUS: Final = re.compile(r"\bcov: (\d+) .*?\bcorp: (\d+)/")


@dataclass(frozen=True, slots=True)
class Searched:
    """What came of one target.

    Attributes:
        target: Its name.
        executions: Inputs that it was given.
        covered: Branches that they reached.
        corpus: Inputs that each reached something new.
        finding: The last lines of what went wrong; empty where nothing did.
    """

    target: str
    executions: int
    covered: int
    corpus: int
    finding: str


def searched(target: str, said: str, status: int) -> Searched:
    """What libFuzzer's own report says of a target's run."""
    executed, corpora = _EXECUTED.search(said), _CORPUS.findall(said)
    covered, corpus = map(int, corpora[-1]) if corpora else (0, 0)
    finding = "\n".join(said.splitlines()[-25:]) if status else ""
    return Searched(target, int(executed[1]) if executed else 0, covered, corpus, finding)


def search(target: str, seconds: int) -> Searched:
    """Search one target for so long."""
    command = [
        sys.executable,
        "-m",
        "fuzz",
        target,
        f"-max_total_time={seconds}",
        f"-artifact_prefix={FOUND}/{target}-",
    ]
    done = subprocess.run(  # noqa: S603 - our own arguments
        [*command, "-print_final_stats=1"],
        cwd=FOUND.parents[1],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=seconds + PATIENCE_S,
    )
    return searched(target, done.stderr, done.returncode)


def table(results: Sequence[Searched]) -> Table:
    """The closing table."""
    shown = Table("target", title="fuzz")
    for column in ("executions", "covered", "corpus", "findings"):
        shown.add_column(column, justify="right")
    for each in results:
        shown.add_row(
            each.target, f"{each.executions:,}", f"{each.covered:,}", f"{each.corpus:,}", str(int(bool(each.finding)))
        )
    shown.add_section()
    found = sum(bool(each.finding) for each in results)
    shown.add_row("all", f"{sum(each.executions for each in results):,}", "", "", str(found))
    return shown


def main() -> None:
    """Search each target in turn; exit 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seconds", type=int, help="how long each target is searched")
    parser.add_argument("targets", nargs="*", help=f"default: all ({', '.join(TARGETS)})")
    said = parser.parse_args()
    if unknown := set(said.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    FOUND.mkdir(exist_ok=True)
    console = Console()
    results = []
    for target in said.targets or TARGETS:
        console.print(f"{target}: {said.seconds} s …")
        results.append(search(target, said.seconds))
        if results[-1].finding:
            console.print(results[-1].finding, markup=False, highlight=False)
    console.print(table(results))
    sys.exit(any(each.finding for each in results))


if __name__ == "__main__":
    main()
