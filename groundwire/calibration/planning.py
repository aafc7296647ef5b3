"""Which fits there are labels enough for.

Claims of one kind whose evidence comes from the same models are fitted by themselves where they are enough. The rest of
a kind is fitted together with all of that kind, where those are enough; else nothing is fitted for it, and the
confidence of such claims stays unset.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from groundwire.calibration.labels import LabelledClaim, Model
    from groundwire.evaluation.metrics.boxes import F64, Bools

LEAST: Final = 30
"""Fewest claims for a fit. No published figure: below it, intervals of the error are wider than the error."""

LEAST_EACH: Final = 5
"""Fewest pictures with a true claim, and fewest with a wrong one: what is never wrong cannot be calibrated."""


@dataclass(frozen=True, slots=True)
class Population:
    """Claims to fit, and those among them that the fit is for.

    Attributes:
        kind: Of claim.
        models: Whose evidence.
        pooled: Whether several groups of models were put together.
        claims: All that is fitted on.
        meant: Whether the fit is what each of them would get, bool [N]; a pooled fit is not for groups with their own.
    """

    kind: str
    models: frozenset[Model]
    pooled: bool
    claims: tuple[LabelledClaim, ...]
    meant: Bools

    @property
    def scores(self) -> F64:
        """Raw, f64 [N]."""
        return np.array([claim.score for claim in self.claims], dtype=np.float64)

    @property
    def correct(self) -> Bools:
        """Whether each is true, bool [N]."""
        return np.array([claim.correct for claim in self.claims], dtype=np.bool_)

    @property
    def pictures(self) -> tuple[str, ...]:
        """Of each claim, N of them."""
        return tuple(claim.picture for claim in self.claims)

    @property
    def title(self) -> str:
        """For people."""
        names = sorted(f"{model.name} {model.weights_digest[:8]}" for model in self.models)
        return f"{self.kind}, {' + '.join(names)}{', pooled' if self.pooled else ''}"


@dataclass(frozen=True, slots=True)
class Shortage:
    """Claims of a kind for which nothing is fitted."""

    kind: str
    claims: int
    wrong: int


def plan(claims: Iterable[LabelledClaim], least: int = LEAST) -> tuple[tuple[Population, ...], tuple[Shortage, ...]]:
    """The fits to make, and what is left without.

    Args:
        claims: All.
        least: Fewest claims for a fit.
    """
    kinds: defaultdict[str, list[LabelledClaim]] = defaultdict(list)
    for claim in claims:
        kinds[claim.kind].append(claim)
    populations: list[Population] = []
    shortages: list[Shortage] = []
    for kind, found in sorted(kinds.items()):
        own, rest = _own(kind, found, least)
        populations += own
        if rest and _are_enough(found, least):
            models = frozenset(model for claim in found for model in claim.models)
            meant = np.array([claim in rest for claim in found], dtype=np.bool_)
            populations.append(Population(kind, models, pooled=True, claims=tuple(found), meant=meant))
        elif rest:
            shortages.append(Shortage(kind, len(rest), sum(not claim.correct for claim in rest)))
    return tuple(populations), tuple(shortages)


def _own(kind: str, found: Sequence[LabelledClaim], least: int) -> tuple[list[Population], set[LabelledClaim]]:
    """Groups of models with enough of their own, and the claims of the others."""
    groups: defaultdict[frozenset[Model], list[LabelledClaim]] = defaultdict(list)
    for claim in found:
        groups[claim.models].append(claim)
    own = [
        Population(kind, models, pooled=False, claims=tuple(group), meant=np.ones(len(group), dtype=np.bool_))
        for models, group in sorted(groups.items(), key=lambda item: sorted(item[0]))
        if _are_enough(group, least)
    ]
    served = {one.models for one in own}
    return own, {claim for claim in found if claim.models not in served}


def _are_enough(claims: Sequence[LabelledClaim], least: int) -> bool:
    pictures = [{claim.picture for claim in claims if claim.correct is truth} for truth in (True, False)]
    return len(claims) >= least and all(len(each) >= LEAST_EACH for each in pictures)
