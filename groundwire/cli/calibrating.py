"""What `groundwire calibrate` does once all that it needs is there: imported only by it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from groundwire.calibration import diagram as drawing
from groundwire.calibration import document, labels, planning, validation
from groundwire.calibration.errors import NoImprovement, TooFewLabels
from groundwire.mesh.state import default_home
from groundwire.words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import RenderableType

    from groundwire.calibration.fitting import Method
    from groundwire.calibration.labels import Labels
    from groundwire.calibration.planning import Shortage
    from groundwire.calibration.validation import Figure, Validated
    from groundwire.evaluation.metrics.bootstrap import Estimate


@dataclass(frozen=True, slots=True)
class Work:
    """The fits and what they come from."""

    labels: Labels
    validated: tuple[Validated, ...]
    shortages: tuple[Shortage, ...]
    least: int
    folds: int
    seed: int

    @classmethod
    def of(
        cls, paths: Sequence[Path], method: Method, *, kinds: Sequence[str], least: int, folds: int, seed: int
    ) -> Self:
        """Read, fit, validate.

        Raises:
            RunNotReadable: A file is nothing that `groundwire eval` wrote.
            AnswersMissing: A run's answers are nowhere.
            TooFewLabels: There is not enough for any fit.
        """
        found = labels.read(paths, default_home())
        wanted = [claim for claim in found.claims if not kinds or claim.kind in kinds]
        populations, shortages = planning.plan(wanted, least)
        if not populations:
            raise TooFewLabels(
                f"there is not enough for any fit: {_counted(shortages) or 'no labelled claim'}",
                remedy=f"label more: a fit needs {least} claims of a kind, {planning.LEAST_EACH} pictures with a true "
                f"one and {planning.LEAST_EACH} with a wrong one",
            )
        validated = tuple(validation.validate(one, method, folds=folds, seed=seed) for one in populations)
        return cls(found, validated, shortages, least, folds, seed)

    def refuse_what_is_worse(self) -> None:
        """Hold back what does harm.

        Raises:
            NoImprovement: A fit makes the ECE of unseen pictures worse.
        """
        if worse := [one.population.title for one in self.validated if one.is_worse]:
            raise NoImprovement(
                f"nothing is written: on pictures that it has not seen, ECE gets worse for {'; '.join(worse)}",
                remedy="label more, try the other --method, leave that kind out with --kind, or --force it",
            )

    def view(self) -> RenderableType:
        """The figures, for a person."""
        parts: list[RenderableType] = []
        for one in self.validated:
            total, wrong = len(one.sample.correct), int((~one.sample.correct).sum())
            pictures = len(set(one.sample.pictures))
            title = f"{one.population.title}: {total} claims of {pictures} pictures, {wrong} wrong"
            parts.append(_table(title, one.figures))
        if len(self.validated) > 1:
            together = validation.together(self.validated)
            parts.append(_table(f"together: {len(together.correct)} claims", together.figures(self.seed)))
        if self.shortages:
            parts.append(Text(f"left unset, too few: {_counted(self.shortages)}", style="dim"))
        if self.labels.nameless:
            left = f"left out, not all models behind them tell their weights' digest: {self.labels.nameless} claims"
            parts.append(Text(left, style="dim"))
        return Group(*parts)

    def diagram(self) -> str:
        """Reliability before and after, SVG."""
        return drawing.diagram(self.validated)

    def file(self, created: datetime) -> bytes:
        """The calibration's bytes."""
        return document.content(self.validated, self.labels, created=created, folds=self.folds, seed=self.seed)


def _counted(shortages: Sequence[Shortage]) -> str:
    return ", ".join(f"{plain(one.kind)} ({one.claims} claims, {one.wrong} wrong)" for one in shortages)


def _table(title: str, figures: Sequence[Figure]) -> Table:
    """Values with their 95 % intervals."""
    table = Table(title=plain(title), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in ("figure", "raw score", "calibrated, pictures unseen", "change"):
        table.add_column(name)
    for one in figures:
        table.add_row(one.name, *(_number(value) for value in (one.before, one.after, one.change)))
    return table


def _number(one: Estimate) -> str:
    if not math.isfinite(one.value):
        return "—"
    interval = f" ({one.low:.3f} to {one.high:.3f})" if math.isfinite(one.low) else ""
    return f"{one.value:.3f}{interval}"
