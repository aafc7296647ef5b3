"""Reliability before and after, as a picture: what was said against what came true, a panel a fit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from groundwire.evaluation.metrics import calibration
from groundwire.words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.calibration.validation import Sample, Validated
    from groundwire.evaluation.metrics.boxes import F64, Bools

MOST_BINS: Final = 10
LEAST_A_BIN: Final = 20
"""Bins hold as many claims each: evidence scores crowd near 1, and bins of equal width would show one point."""

COLUMNS: Final = 20
"""Of the histogram under each panel, of equal width."""

Z: Final = 1.959963984540054
"""The normal distribution's 97.5 % quantile."""


@dataclass(frozen=True, slots=True)
class Point:
    """A bin: mean said, share true with its Wilson interval, claims."""

    said: float
    true: float
    low: float
    high: float
    claims: int


@dataclass(frozen=True, slots=True)
class Series:
    """Claims before, or after.

    Attributes:
        points: Bins of equal mass.
        ece: As `groundwire eval` has it.
        columns: Share of the claims in each of `COLUMNS` columns.
        counts: How many that are.
    """

    points: tuple[Point, ...]
    ece: float
    columns: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One fit."""

    title: str
    subtitle: str
    before: Series
    after: Series


def diagram(validated: Sequence[Validated]) -> str:
    """The picture, SVG."""
    panels = [_panel(one) for one in validated]
    environment = Environment(
        loader=PackageLoader("groundwire.calibration", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    across = min(3, len(panels))
    return environment.get_template("diagram.svg.jinja").render(
        panels=panels, across=across, down=math.ceil(len(panels) / across)
    )


def series(said: F64, correct: Bools) -> Series:
    """One line of a panel.

    Args:
        said: Scores or probabilities, f64 [N].
        correct: Whether each claim is true, bool [N].
    """
    bins = max(1, min(MOST_BINS, len(said) // LEAST_A_BIN))
    found = calibration.reliability(said, correct, bins=bins, equal_mass=True)
    points = tuple(
        Point(float(mean), float(share), *wilson(float(share), int(count)), int(count))
        for mean, share, count in zip(found.confidence, found.accuracy, found.count, strict=True)
    )
    counts = np.histogram(said, bins=COLUMNS, range=(0.0, 1.0))[0]
    shares = tuple(float(share) for share in counts / max(1, len(said)))
    ece = calibration.expected_calibration_error(said, correct)
    return Series(points, ece, shares, tuple(int(count) for count in counts))


def wilson(share: float, claims: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion (Wilson 1927)."""
    scale = 1 + Z * Z / claims
    middle = (share + Z * Z / (2 * claims)) / scale
    half = Z * math.sqrt(share * (1 - share) / claims + Z * Z / (4 * claims * claims)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)


def _panel(one: Validated) -> Panel:
    sample: Sample = one.sample
    wrong = int((~sample.correct).sum())
    return Panel(
        plain(one.population.title),
        f"{len(sample.correct)} claims of {len(set(sample.pictures))} pictures, {wrong} wrong",
        series(sample.before, sample.correct),
        series(sample.after, sample.correct),
    )
