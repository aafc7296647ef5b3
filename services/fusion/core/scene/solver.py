"""Which regions a plan means: the assignment of regions to targets under which its conditions hold best.

The conditions are, for each target, the fit that its candidate comes with, each of its attributes and its rank; and
each relation. Every one has a strength in [0, 1]. **The score** of an assignment with n conditions is

    the n-th root of the product of the strengths that hold  x  the product of those that do not,

so that it lies in [0, 1], rises with every strength, and reaches `HOLDS_FROM` exactly where every condition holds: a
condition that fails is not outvoted by those that hold. A condition that can be told of no candidate is left out, and
named as untold; one that cannot be told of some counts for these as on the verge.

Two targets never mean the same region. Related ones never mean the same place either (`SAME_PLACE_IOU`), under
whichever names it was found, unless the relation is one of `SHARED_PLACES`, or one target is lettering and the other
is not.

The search is exact for every input, over the `MOST_CANDIDATES` fittest candidates of each target; see `search`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from services.fusion.core.scene.problem import OTHER, posed, same_place, score
from services.fusion.core.scene.search import Search

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.geometry import Size
    from services.common.plans import Relation, Target
    from services.common.regions import Region
    from services.fusion.core.scene.problem import Condition, Problem

__all__ = ["OTHER", "Assignment", "Solution", "readings", "solve"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """One reading of the plan.

    Attributes:
        regions: The region of each target, by target id. Where a relation is between two things of one target, the
            other one is under its id with `OTHER` added.
        score: In [0, 1]; every condition holds from `relations.HOLDS_FROM`.
        relation_strengths: How well each relation holds; relations that cannot be told of these regions are not in it.
        fits: How well each condition on one target holds: by target id, then by attribute, "rank", or "" for the
            candidate's own fit.
    """

    regions: Mapping[str, Region]
    score: float
    relation_strengths: Mapping[Relation, float]
    fits: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Solution:
    """What a plan means.

    Attributes:
        best: The assignment with the greatest score; None where there is none.
        runner_up: The best one in which the asked target is another thing; None where there is none.
        margin: By how much the best one's score is greater; its own score without a runner-up.
        untold: Conditions that could not be told, of the best assignment or of any: relations, and for single targets
            the attribute or "rank". A claim that rests on one of them must not be made.
    """

    best: Assignment | None
    runner_up: Assignment | None
    margin: float
    untold: tuple[Relation | str, ...]


def solve(
    targets: Sequence[Target],
    candidates: Mapping[str, Sequence[tuple[Region, float]]],
    relations: Sequence[Relation],
    image_size: Size,
) -> Solution:
    """The best assignment of regions to targets, and how clearly it is the best.

    Args:
        targets: The first is the asked one. Each must have candidates for there to be an assignment.
        candidates: By target id: regions, and how well each is the target's noun, in [0, 1]. Attributes and ranks are
            weighed here and must not be in it.
        relations: What must hold between the targets.
        image_size: Of the image that all regions are in, pixels.
    """
    if not targets:
        return Solution(None, None, 0.0, tuple(relations))
    problem = posed(targets, candidates, relations, image_size)
    asked = problem.domains[0]
    search = Search(problem)
    choice = search.best(np.ones(len(asked), dtype=np.bool_))
    if choice is None:
        return Solution(None, None, 0.0, problem.untold)
    best = _assignment(problem, choice)
    elsewhere = np.array([not same_place(region, asked[choice[0]]) for region in asked], dtype=np.bool_)
    other = search.best(elsewhere)
    runner_up = None if other is None else _assignment(problem, other)
    margin = best.score - (0.0 if runner_up is None else runner_up.score)
    return Solution(best, runner_up, max(0.0, margin), (*problem.untold, *_untold_of(problem, choice)))


def readings(
    targets: Sequence[Target],
    candidates: Mapping[str, Sequence[tuple[Region, float]]],
    relations: Sequence[Relation],
    image_size: Size,
) -> tuple[Assignment, ...]:
    """The best assignment with each candidate as the asked target, best first: all that the question may mean.

    The arguments are those of `solve`. Candidates that clash with every candidate of another target have none.
    """
    if not targets:
        return ()
    problem = posed(targets, candidates, relations, image_size)
    search = Search(problem)
    choices = (search.best(only) for only in np.eye(len(problem.domains[0]), dtype=np.bool_))
    found = [_assignment(problem, choice) for choice in choices if choice is not None]
    return tuple(sorted(found, key=lambda each: (-each.score, each.regions[targets[0].id].id)))


def _assignment(problem: Problem, choice: tuple[int, ...]) -> Assignment:
    strengths = [(condition, _strength(condition, choice)) for condition in problem.conditions]
    told = [(condition, value) for condition, value in strengths if not math.isnan(value)]
    fits: dict[str, dict[str, float]] = {name: {} for name in problem.names}
    for condition, value in told:
        if isinstance(condition.about, str):
            fits[problem.names[condition.over[0]]][condition.about] = value
    return Assignment(
        regions={name: problem.domains[n][choice[n]] for n, name in enumerate(problem.names)},
        score=score(value for _, value in strengths),
        relation_strengths={c.about: value for c, value in told if not isinstance(c.about, str)},
        fits=fits,
    )


def _untold_of(problem: Problem, choice: tuple[int, ...]) -> tuple[Relation | str, ...]:
    return tuple(each.about for each in problem.conditions if math.isnan(_strength(each, choice)))


def _strength(condition: Condition, choice: tuple[int, ...]) -> float:
    return float(condition.strengths[tuple(choice[number] for number in condition.over)])
