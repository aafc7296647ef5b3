"""From an evidence score to the probability that the claim is true, by what was fitted on labelled answers.

A fit holds for claims of one kind whose evidence comes from the very models that it was fitted on: name, version and
SHA-256 of the weights. Three things are never guessed and leave the confidence unset: a kind that was not fitted, a
model or weights that the fits do not know, and a claim that a check failed (labelled claims are those that the mesh
stands by, so nothing was fitted for the others).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from services.common.claims import Absent, CheckOutcome, CitationRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from services.common.claims import Check, ClaimDraft, Statement
    from services.common.regions import Region, Source


@dataclass(frozen=True, slots=True, order=True)
class Model:
    """A model by what makes it the same one again. `weights_digest` is SHA-256, 64 hexadecimal digits."""

    name: str
    version: str
    weights_digest: str


class Curve(Protocol):
    """From a score to a probability: never falling, from [0, 1] to [0, 1]."""

    def probability(self, score: float) -> float:
        """Of a score in [0, 1]."""
        ...


@dataclass(frozen=True, slots=True)
class Isotonic:
    """Straight lines between knots, level beyond the outermost: what isotonic regression fits.

    Attributes:
        scores: Of the knots, strictly rising.
        probabilities: At them, never falling; as many.

    Raises:
        ValueError: They are not so.
    """

    scores: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.scores or len(self.scores) != len(self.probabilities):
            raise ValueError("there must be knots, and as many probabilities as scores")
        if not all(0 <= value <= 1 for value in (*self.scores, *self.probabilities)):
            raise ValueError("scores and probabilities lie in [0, 1]")
        if any(a >= b for a, b in pairwise(self.scores)) or any(a > b for a, b in pairwise(self.probabilities)):
            raise ValueError("scores must rise from knot to knot, and probabilities must not fall")

    def probability(self, score: float) -> float:
        """Of a score, by linear interpolation."""
        above = bisect_left(self.scores, score)
        if above == 0:
            return self.probabilities[0]
        if above == len(self.scores):
            return self.probabilities[-1]
        left, right = self.scores[above - 1], self.scores[above]
        low, high = self.probabilities[above - 1], self.probabilities[above]
        return min(high, low + (high - low) * ((score - left) / (right - left)))


@dataclass(frozen=True, slots=True)
class Beta:
    """Beta calibration: 1 / (1 + exp(-(a ln s - b ln(1 - s) + c))).

    Kull, Silva Filho and Flach 2017, "Beta calibration: a well-founded and easily implemented improvement on logistic
    calibration for binary classifiers", AISTATS, equation 4.

    Attributes:
        a: Of ln s, at least 0.
        b: Of -ln(1 - s), at least 0.
        c: The constant.
        margin: How near to 0 and 1 a score may come; it is clipped there.

    Raises:
        ValueError: A coefficient is negative or not finite, or the margin is not in (0, 0.5).
    """

    a: float
    b: float
    c: float
    margin: float

    def __post_init__(self) -> None:
        if not (0 <= self.a < math.inf and 0 <= self.b < math.inf and math.isfinite(self.c)):
            raise ValueError("a and b must be at least 0, and all three finite")
        if not 0 < self.margin < 0.5:  # noqa: PLR2004 - half of [0, 1]
            raise ValueError("the margin lies between 0 and 0.5")

    def probability(self, score: float) -> float:
        """Of a score, by the formula."""
        s = min(max(score, self.margin), 1.0 - self.margin)
        logit = self.a * math.log(s) - self.b * math.log1p(-s) + self.c
        if logit >= 0:
            return 1.0 / (1.0 + math.exp(-logit))
        odds = math.exp(max(logit, -700.0))  # Farther down exp is 0 or denormal.
        return odds / (1.0 + odds)


@dataclass(frozen=True, slots=True)
class Fit:
    """A curve and the claims that it is for.

    Attributes:
        kind: Of claim: the predicate's name in the contract.
        models: Whose evidence it was fitted on.
        pooled: Whether claims of several groups of models were fitted together, because one alone has too few.
        curve: The curve.
    """

    kind: str
    models: frozenset[Model]
    pooled: bool
    curve: Curve

    def knows(self, kind: str, models: frozenset[Model]) -> bool:
        """Whether claims of this kind, with evidence of these models, are among what was fitted."""
        return kind == self.kind and (models <= self.models if self.pooled else models == self.models)


@dataclass(frozen=True, slots=True)
class Fitted:
    """The `Calibration` port: by fits on labelled answers.

    Attributes:
        digest: SHA-256 of the file that they come from, hexadecimal.
        fits: The fits; those of one group of models come before pooled ones.
    """

    digest: str
    fits: tuple[Fit, ...]

    def confidence(
        self,
        draft: ClaimDraft,
        checks: Sequence[Check],
        evidence_score: float,
        regions: Mapping[str, Region],
    ) -> float | None:
        """The probability that the claim is true; None where nothing was fitted for such claims.

        Args:
            draft: The claim.
            checks: Its checks.
            evidence_score: In [0, 1].
            regions: The answer's regions by id.
        """
        if any(check.outcome is CheckOutcome.FAILED for check in checks):
            return None
        kind, models = kind_of(draft.statement), models_of(sources(draft, regions))
        fit = next((fit for fit in self.fits if fit.knows(kind, models)), None) if models else None
        return None if fit is None else fit.curve.probability(evidence_score)


def kind_of(statement: Statement) -> str:
    """The statement's name in the contract's `Predicate.kind`."""
    return type(statement).__name__.lower()


def models_of(found_by: Iterable[Source]) -> frozenset[Model]:
    """The models behind sources."""
    return frozenset(Model(source.model, source.version, source.weights_digest) for source in found_by)


def sources(draft: ClaimDraft, regions: Mapping[str, Region]) -> tuple[Source, ...]:
    """Who stands behind a claim: who found the regions that support it, and who searched for what is absent."""
    supports = (regions.get(one.region_id) for one in draft.citations if one.role is CitationRole.SUPPORTS)
    found = tuple(region.source for region in supports if region is not None)
    searched = draft.statement.searches if isinstance(draft.statement, Absent) else ()
    return found + tuple(search.source for search in searched)
