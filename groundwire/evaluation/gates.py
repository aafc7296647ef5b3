"""Figures that a release must reach: `--fail-under METRIC=VALUE`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundwire.errors import InvalidRequest
from groundwire.evaluation.measures import BY_NAME
from groundwire.evaluation.runs import estimate_row
from groundwire.evaluation.summary import AP_NAMES

if TYPE_CHECKING:
    from groundwire.evaluation.runs import Run


@dataclass(frozen=True, slots=True)
class Gate:
    """One figure and its bound: a least value where high is good, a greatest one where low is.

    Attributes:
        metric: Name of the measure.
        bound: What it must reach.
    """

    metric: str
    bound: float

    @classmethod
    def parse(cls, text: str) -> Gate:
        """From METRIC=VALUE.

        Raises:
            InvalidRequest: It is not that, or no such metric is known.
        """
        name, _, value = text.partition("=")
        try:
            bound = float(value)
        except ValueError:
            raise InvalidRequest(f"{text!r} is no METRIC=VALUE", remedy="such as accuracy=0.9") from None
        if name not in BY_NAME and name not in AP_NAMES:
            known = ", ".join([*BY_NAME, *AP_NAMES])
            raise InvalidRequest(f"there is no metric {name!r}", remedy=f"one of {known}")
        return cls(name, bound)

    def failure(self, run: Run) -> str:
        """Why the run does not pass; empty where it does. A figure that the run does not have does not pass."""
        row = estimate_row(run.figures, self.metric)
        if row is None or row["value"] is None:
            return f"{self.metric}: this run has no such figure"
        value = float(row["value"])
        high_is_good = self.metric in AP_NAMES or BY_NAME[self.metric].high_is_good is not False
        passes = value >= self.bound if high_is_good else value <= self.bound
        word = "below" if high_is_good else "above"
        return "" if passes else f"{self.metric} is {value:.4f}, {word} {self.bound:g}"
