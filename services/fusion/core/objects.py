"""Which things fit which target: by label, and by the solver under attributes, ranks and relations.

Targets that relations join are resolved together, the others each by themselves. A candidate's fit is the score of the
best assignment in which it is the target (see `scene.solver`): it holds from `HOLDS_FROM`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.common.claims import AbstentionReason, Candidate
from services.common.plans import Order, RelationKind, Task
from services.common.regions import Capability
from services.fusion.core import phrases, pool, traits
from services.fusion.core.policy import CREDIBLE_FROM, OBJECT_TIE_MARGIN
from services.fusion.core.scene.relations import HOLDS_FROM
from services.fusion.core.scene.solver import OTHER, solve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.geometry import Size
    from services.common.plans import Plan, Relation, Target
    from services.common.regions import Region
    from services.fusion.core.scene.solver import Assignment, Solution

    Fits = Sequence[tuple[Region, float]]

ONE_WANTED: Final = frozenset({Task.LOCATE, Task.ATTRIBUTE, Task.STATE, Task.COMPARE, Task.READ})
"""Tasks that ask about one thing: two that fit equally well are then a question back to the caller."""

STIRS_FROM: Final = 0.25
"""Score from which a thing that was found is considered where nothing better was."""

NEAR_MISSES: Final = 3
"""How many regions that came near are named."""

_NEEDS_DEPTH: Final = frozenset({RelationKind.IN_FRONT_OF, RelationKind.BEHIND, Order.NEAREST, Order.FARTHEST})


@dataclass(frozen=True, slots=True)
class Setback:
    """Why nothing can be claimed of a target although it was looked for.

    With `as_worded`, all that is missing is in the target's own words ("a red cup"): that it is absent can be claimed.
    """

    reason: AbstentionReason
    detail: str
    capability: Capability | None = None
    near_region_ids: tuple[str, ...] = ()
    as_worded: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one target: candidates, best first; or a setback, or both."""

    candidates: tuple[Candidate, ...]
    setback: Setback | None = None


def labelled(target: Target, regions: Sequence[Region]) -> list[tuple[Region, float]]:
    """The distinct things of the target's kind, by its noun or another name of it, with their scores; best first.

    Faint ones come in only where none is credible: they take no place in a rank, and place nothing.
    """
    found = [(region, pool.score(region)) for region in pool.distinct(pool.labelled(regions, phrases.queries(target)))]
    credible = [each for each in found if each[1] >= CREDIBLE_FROM]
    return credible or [each for each in found if each[1] >= STIRS_FROM]


def joined(plan: Plan) -> list[list[Target]]:
    """The targets in groups that relations join, each in the plan's order."""
    groups: list[list[Target]] = []
    for target in plan.targets:
        ties = [group for group in groups if any(_related(plan, target, other) for other in group)]
        groups = [group for group in groups if group not in ties]
        groups.append([*(each for group in ties for each in group), target])
    order = [target.id for target in plan.targets]
    ordered = (sorted(group, key=lambda target: order.index(target.id)) for group in groups)
    return sorted(ordered, key=lambda group: order.index(group[0].id))


def resolved(plan: Plan, group: Sequence[Target], fits: Mapping[str, Fits], image_size: Size) -> dict[str, Found]:
    """What became of the targets of one group.

    Args:
        plan: What the question needs.
        group: Targets that relations join, in the plan's order, each with candidates.
        fits: Candidates by target id, and how well each is the noun or the lettering.
        image_size: Pixels.
    """
    group = [traits.sought(plan, target) for target in group]
    ids = {target.id for target in group}
    relations = [relation for relation in plan.relations if ends(relation) <= ids]
    # That a thing is faint is no reason to take another reading of the question: it is weighed afterwards.
    clear = {name: [(region, max(fit, HOLDS_FROM)) for region, fit in each] for name, each in fits.items()}
    group_ = _Group(plan, tuple(group), fits, clear, relations, image_size, solve(group, clear, relations, image_size))
    return {target.id: _one(target, group_) for target in group}


def ends(relation: Relation) -> set[str]:
    """The ids of the targets that a relation joins."""
    return {relation.subject_id, relation.object_id, relation.second_object_id} - {""}


@dataclass(frozen=True, slots=True)
class _Group:
    plan: Plan
    targets: tuple[Target, ...]
    fits: Mapping[str, Fits]
    clear: Mapping[str, Fits]
    relations: Sequence[Relation]
    image_size: Size
    solution: Solution


def _one(target: Target, group: _Group) -> Found:
    near = tuple(region.id for region, _ in group.fits[target.id][:NEAR_MISSES])
    untold = _untold(target, group)
    if untold is not None:
        return Found((), replace(untold, near_region_ids=near))
    best = group.solution.best
    holding = _ranked(target, group) if target.rank is not None else _holding(target, group)
    if not holding and _only_places(target, group):
        return Found(tuple(Candidate(region.id, fit) for region, fit in group.fits[target.id]))
    if not holding:
        placed = target.rank is not None or any(r.subject_id == target.id for r in group.relations)
        why = _failing(target, group)
        return Found((), Setback(AbstentionReason.ABSENT, why, near_region_ids=near, as_worded=not placed))
    chosen = best.regions[target.id].id if best is not None and best.score >= HOLDS_FROM else ""
    ordered = tuple(sorted(holding, key=lambda c: (c.region_id != chosen, -c.fit, c.region_id)))
    return Found(ordered, _several(target, group))


def _only_places(target: Target, group: _Group) -> bool:
    """Whether a target is there to place another, and nothing is asked of it: that nothing lies so is not its lack."""
    subjects = {relation.subject_id for relation in group.relations}
    return bool(subjects) and target.id not in subjects and not target.attributes and target.rank is None


def _ranked(target: Target, group: _Group) -> list[Candidate]:
    """The one that has the rank."""
    best = group.solution.best
    return [] if best is None or best.score < HOLDS_FROM else [_candidate(target, best, group)]


def _holding(target: Target, group: _Group) -> list[Candidate]:
    """Every candidate as which the target has its attributes and its relations hold."""
    peers = [region for region, _ in group.fits[target.id]]
    bare = [replace(each, attributes=()) if each.id == target.id else each for each in group.targets]
    found = []
    for region, fit in group.clear[target.id]:
        looks = traits.fit(target, region, peers, group.image_size)
        narrowed = {**group.clear, target.id: [(region, fit)]}
        assigned = solve(bare, narrowed, group.relations, group.image_size).best
        if looks >= HOLDS_FROM and assigned is not None and assigned.score >= HOLDS_FROM:
            candidate = _candidate(target, assigned, group)
            found.append(replace(candidate, fit=min(candidate.fit, looks)))
    return found


def _candidate(target: Target, assigned: Assignment, group: _Group) -> Candidate:
    """The target's region in an assignment, with what its relations are measured against."""
    region = assigned.regions[target.id]
    own = next((fit for each, fit in group.fits[target.id] if each.id == region.id), 0.0)
    names = [name for relation in group.relations if relation.subject_id == target.id for name in _against(relation)]
    context = dict.fromkeys(assigned.regions[name].id for name in names if name in assigned.regions)
    return Candidate(region.id, min(own, assigned.score), "", tuple(context))


def _against(relation: Relation) -> tuple[str, ...]:
    if relation.kind is not RelationKind.BETWEEN:
        return (relation.object_id,)
    same = relation.second_object_id in ("", relation.object_id)
    return (relation.object_id, relation.object_id + OTHER if same else relation.second_object_id)


def _untold(target: Target, group: _Group) -> Setback | None:
    """For a relation or a rank of the target that nothing known of the picture tells."""
    lost = [each for each in group.solution.untold if not isinstance(each, str) and each.subject_id == target.id]
    if lost:
        words = lost[0].kind.name.lower().replace("_", " ")
        return _not_told(f"Whether the {target.words} is {words} something", lost[0].kind in _NEEDS_DEPTH)
    if target.rank is not None and "rank" in group.solution.untold:
        return _not_told(f"Which {target.words} comes first in that order", target.rank.order in _NEEDS_DEPTH)
    return None


def _not_told(what: str, needs_depth: bool) -> Setback:  # noqa: FBT001 - one caller, named there
    capability = Capability.DEPTH if needs_depth else None
    why = "no model is bound to the capability depth" if needs_depth else "the pixels could not be measured"
    return Setback(AbstentionReason.NOT_CHECKABLE, f"{what} cannot be told: {why}.", capability)


def _failing(target: Target, group: _Group) -> str:
    count = len(group.fits[target.id])
    kind = target.noun or target.words
    found = f"{count} found as {kind}, but "
    if target.rank is not None and target.rank.place > count:
        return f"{found}the question asks for number {target.rank.place}."
    if any(relation.subject_id == target.id for relation in group.relations):
        return f"{found}of none does the relation hold that the question asks for."
    return f"{found}none is {' and '.join(target.attributes) or 'as the question says'}."


def _several(target: Target, group: _Group) -> Setback | None:
    """Where one thing is wanted, and another fits its description equally well."""
    other = group.solution.runner_up
    if target.id != group.targets[0].id or target.is_text or other is None or group.plan.task not in ONE_WANTED:
        return None
    described = target.attributes or target.rank or any(r.subject_id == target.id for r in group.relations)
    if not described or other.score < HOLDS_FROM or group.solution.margin >= OBJECT_TIE_MARGIN:
        return None
    best = group.solution.best
    near = () if best is None else (best.regions[target.id].id, other.regions[target.id].id)
    detail = f"Two places fit {target.words} equally well: {' and '.join(near)}."
    return Setback(AbstentionReason.AMBIGUOUS, detail, near_region_ids=near)


def _related(plan: Plan, one: Target, other: Target) -> bool:
    return any({one.id, other.id} <= ends(relation) for relation in plan.relations)
