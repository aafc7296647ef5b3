"""A plan and its candidates as a constraint problem: variables, domains, and conditions with strengths as tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Final

import numpy as np

from services.common.geometry import iou, ious
from services.common.plans import RelationKind
from services.fusion.core.scene import attributes, ranks
from services.fusion.core.scene.relations import HOLDS_FROM, strength

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from services.common.geometry import Bools, Floats, Size
    from services.common.plans import Rank, Relation, Target
    from services.common.regions import Region

MOST_CANDIDATES: Final = 30
"""Candidates of a target that are weighed, fittest first. Further ones are left out."""

SAME_PLACE_IOU: Final = 0.8
"""Overlap from which two boxes are one thing that was found under two names."""

SHARED_PLACES: Final = frozenset({RelationKind.ON, RelationKind.INSIDE, RelationKind.OVERLAPPING})
"""Relations whose subject may fill the very place of the object: the letters on a sign."""

OTHER: Final = "'"
"""What is added to a target's id for the other of its things: "between the cups" means two of them."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must hold between the variables `over`, by their numbers.

    Attributes:
        about: The relation, or what is said of one target: an attribute, "rank", or "" for its own fit.
        over: Variables; their candidates are the axes of the table.
        strengths: How well it holds for every combination, in [0, 1]; NaN where it cannot be told.
    """

    about: Relation | str
    over: tuple[int, ...]
    strengths: Floats

    @property
    def untold(self) -> bool:
        """Whether it cannot be told of anything."""
        return self.strengths.size > 0 and bool(np.isnan(self.strengths).all())


@dataclass(frozen=True, slots=True)
class Problem:
    """Variables and what must hold of them.

    Attributes:
        names: Target ids; the first is the asked target's.
        domains: Candidates of each variable.
        conditions: All that can be told.
        untold: What can be told of nothing.
        clashes: Which candidates exclude each other, for pairs of variables, the lower number first.
    """

    names: tuple[str, ...]
    domains: tuple[tuple[Region, ...], ...]
    conditions: tuple[Condition, ...]
    untold: tuple[Relation | str, ...]
    clashes: Mapping[tuple[int, int], Bools]


def score(strengths: Iterable[float]) -> float:
    """The score of conditions with these strengths; see the module `solver`.

    >>> score([0.8, 0.5])
    0.632...
    >>> score([0.8, 0.4])
    0.357...
    """
    each = [HOLDS_FROM if math.isnan(value) else value for value in strengths]
    product_ = math.prod(value ** (1 / len(each)) if value >= HOLDS_FROM else value for value in each)
    # Roots are rounded: where all hold at the very limit, so does the score.
    return max(product_, HOLDS_FROM) if min(each, default=1.0) >= HOLDS_FROM else product_


def posed(
    targets: Sequence[Target],
    candidates: Mapping[str, Sequence[tuple[Region, float]]],
    relations: Sequence[Relation],
    image_size: Size,
) -> Problem:
    """The problem of a plan. Relations whose targets are not among `targets`, or are the same, are untold."""
    by_name = {target.id: target for target in targets}
    known = [relation for relation in relations if _is_about(relation, by_name.keys())]
    others = dict.fromkeys(r.object_id for r in known if _pairs(r))
    by_name |= {other + OTHER: by_name[other] for other in others}
    names = tuple(by_name)
    chosen = [_fittest(candidates.get(target.id, ())) for target in by_name.values()]
    domains = tuple(tuple(region for region, _ in each) for each in chosen)
    unary = [
        condition
        for number, (target, each) in enumerate(zip(by_name.values(), chosen, strict=True))
        for condition in _unary(number, target, each, image_size)
    ]
    conditions = [*unary, *(_relational(relation, names, domains, image_size) for relation in known)]
    told = tuple(condition for condition in conditions if not condition.untold)
    lost = [relation for relation in relations if relation not in known]
    untold = dict.fromkeys((*(each.about for each in conditions if each.untold), *lost))
    clashes = dict(_clashes(tuple(by_name.values()), names, domains, known))
    return Problem(names, domains, told, tuple(untold), clashes)


def variables(relation: Relation) -> tuple[str, ...]:
    """The names of the variables of a relation: subject, object and, for BETWEEN, the second object."""
    if _pairs(relation):
        return relation.subject_id, relation.object_id, relation.object_id + OTHER
    return _objects(relation)


def same_place(a: Region, b: Region) -> bool:
    """Whether two regions are one thing."""
    return a.id == b.id or iou(a.box, b.box) >= SAME_PLACE_IOU


def _is_about(relation: Relation, ids: Collection[str]) -> bool:
    """Whether its targets are known, and none is related to itself."""
    return set(_objects(relation)) <= set(ids) and len(set(variables(relation))) == len(_objects(relation))


def _objects(relation: Relation) -> tuple[str, ...]:
    ids = (relation.subject_id, relation.object_id)
    return (*ids, relation.second_object_id) if relation.kind is RelationKind.BETWEEN else ids


def _pairs(relation: Relation) -> bool:
    """Whether both objects are of one target, as in "between the cups"."""
    return relation.kind is RelationKind.BETWEEN and relation.object_id == relation.second_object_id


def _fittest(candidates: Sequence[tuple[Region, float]]) -> list[tuple[Region, float]]:
    return sorted(candidates, key=lambda each: (-each[1], each[0].id))[:MOST_CANDIDATES]


def _unary(
    number: int, target: Target, candidates: Sequence[tuple[Region, float]], image_size: Size
) -> Iterator[Condition]:
    """What is said of one target: its candidates' own fits, its attributes, its rank."""
    regions = [region for region, _ in candidates]
    own = np.array([fit for _, fit in candidates], dtype=np.float64)
    told = {"": own}
    for attribute in target.attributes:
        told[attribute] = _array([attributes.fits(attribute, region, regions, image_size) for region in regions])
    if target.rank is not None:
        # "The second red cup from the left" counts red cups only; what cannot be told keeps nothing out.
        holding = np.all([np.isnan(each) | (each >= HOLDS_FROM) for each in told.values()], axis=0)
        told["rank"] = _places(regions, holding, target.rank)
    return (Condition(about, (number,), strengths) for about, strengths in told.items())


def _places(regions: Sequence[Region], holding: Bools, rank: Rank) -> Floats:
    """How clearly each of the regions that hold has the rank: half at a tie, 0 where there are too few; NaN untold."""
    line = [region for region, holds in zip(regions, holding, strict=True) if holds]
    if len(ranks.ranked(line, rank.order)) < len(line):
        return np.full(len(regions), np.nan)
    found = ranks.place(line, rank)
    strengths = np.zeros(len(regions))
    for index, region in enumerate(regions):
        if found is None or region not in line:
            continue
        if region is found[0]:
            strengths[index] = HOLDS_FROM + (1 - HOLDS_FROM) * found[1]
        else:
            strengths[index] = HOLDS_FROM * (1 - ranks.margin(region, found[0], rank.order))
    return strengths


def _relational(
    relation: Relation, names: tuple[str, ...], domains: tuple[tuple[Region, ...], ...], image_size: Size
) -> Condition:
    over = tuple(names.index(name) for name in variables(relation))
    sizes = [len(domains[number]) for number in over]

    def holds(subject: Region, object_: Region, second: Region | None = None) -> float | None:
        return strength(relation.kind, subject, object_, second=second, image_size=image_size)

    table = _array([holds(*each) for each in product(*(domains[number] for number in over))])
    return Condition(relation, over, table.reshape(sizes))


def _clashes(
    targets: Sequence[Target],
    names: tuple[str, ...],
    domains: tuple[tuple[Region, ...], ...],
    relations: Sequence[Relation],
) -> Iterator[tuple[tuple[int, int], Bools]]:
    for one, other in combinations(range(len(names)), 2):
        related = [r for r in relations if {names[one], names[other]} <= set(variables(r))]
        apart = bool(related) and not any(r.kind in SHARED_PLACES for r in related)
        apart = apart and targets[one].is_text == targets[other].is_text
        yield (one, other), _clash(domains[one], domains[other], apart=apart)


def _clash(ones: Sequence[Region], others: Sequence[Region], *, apart: bool) -> Bools:
    """Which regions are the same, and where things must be `apart`, which ones are in the same place."""
    same = np.array([[a.id == b.id for b in others] for a in ones], dtype=np.bool_).reshape(len(ones), len(others))
    return same | (ious(_boxes(ones), _boxes(others)) >= SAME_PLACE_IOU) if apart else same


def _boxes(regions: Sequence[Region]) -> Floats:
    return np.array([region.box.as_array() for region in regions], dtype=np.float64).reshape(-1, 4)


def _array(strengths: Sequence[float | None]) -> Floats:
    return np.array([np.nan if each is None else each for each in strengths], dtype=np.float64)
