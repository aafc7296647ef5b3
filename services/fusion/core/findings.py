"""What code derives of the candidates, for claims to state: attributes, states, relations, comparisons.

A finding is what resolution makes of its regions; whoever composes picks from them and adds none. The checks then
derive the same from pixels and boxes that were looked at anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.common.claims import AbstentionReason, Attribute, Compared, Finding, Related, State
from services.common.plans import Aspect, RelationKind, Task
from services.common.regions import Capability
from services.fusion.core import comparing, pool, traits
from services.fusion.core.objects import Setback
from services.fusion.core.policy import CREDIBLE_FROM
from services.fusion.core.scene import attributes, relations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.common.claims import Candidate, TargetEvidence
    from services.common.geometry import Size
    from services.common.plans import Plan, Relation, Target
    from services.common.regions import Region

MOST: Final = 5
"""Candidates of a target that something is derived of, best first."""


_OF_THINGS: Final = frozenset({Task.ATTRIBUTE, Task.STATE})
"""Tasks that are about how things look: of lettering, its place and its words alone are known."""


@dataclass(frozen=True, slots=True)
class Derived:
    """The evidence with its findings, and the targets of which what was asked cannot be derived."""

    evidence: tuple[TargetEvidence, ...]
    setbacks: Mapping[str, Setback]


@dataclass(frozen=True, slots=True)
class _View:
    plan: Plan
    evidence: Mapping[str, TargetEvidence]
    regions: Mapping[str, Region]
    image_size: Size

    def words(self, target_id: str) -> str:
        target = self.target(target_id)
        return "" if target is None else _label(target, self)

    def target(self, target_id: str) -> Target | None:
        return next((target for target in self.plan.targets if target.id == target_id), None)

    def seen(self, target_id: str) -> list[Region]:
        """The target's candidates as regions, best first."""
        held = self.evidence.get(target_id)
        return [] if held is None else [self.regions[candidate.region_id] for candidate in held.candidates]


def derived(plan: Plan, evidence: Sequence[TargetEvidence], regions: Sequence[Region], image_size: Size) -> Derived:
    """Everything that the plan asks to be derived of its candidates."""
    view = _View(plan, {e.target_id: e for e in evidence}, {region.id: region for region in regions}, image_size)
    setbacks: dict[str, Setback] = {}
    full = []
    for item in evidence:
        target = view.target(item.target_id)
        found = [] if target is None else _of(target, item, view)
        if isinstance(found, Setback):
            setbacks[item.target_id] = found
            found = []
        full.append(replace(item, findings=tuple(found)))
    return Derived(tuple(full), setbacks)


def _of(target: Target, item: TargetEvidence, view: _View) -> list[Finding] | Setback:
    found = list(_relations(target, item, view))
    if item.candidates and target.is_text and view.plan.task in _OF_THINGS and target.id == view.plan.targets[0].id:
        return _not_told(target, view.plan.aspect, view)
    if not item.candidates or target.is_text:
        return found
    asked: list[Finding] | Setback = []
    first = target.id == view.plan.targets[0].id
    if view.plan.task is Task.ATTRIBUTE and first:
        asked = _attributes(target, item, view)
    elif view.plan.task is Task.STATE and first:
        asked = _states(target, item, view)
    elif view.plan.task is Task.COMPARE and view.plan.aspect is not Aspect.COLOR:
        # Nothing has more of a colour: that two are of one colour is a relation, and is found as one.
        asked = _comparisons(target, item, view)
    return asked if isinstance(asked, Setback) else [*asked, *found]


def _relations(target: Target, item: TargetEvidence, view: _View) -> Iterator[Finding]:
    for relation in view.plan.relations:
        if relation.subject_id != target.id:
            continue
        for candidate in item.candidates[:MOST]:
            finding = _related(target, candidate, relation, view)
            if finding is not None:
                yield finding


def _related(target: Target, candidate: Candidate, relation: Relation, view: _View) -> Finding | None:
    """That the relation holds between the candidate and what it was resolved with."""
    ends = dict.fromkeys(filter(None, (relation.object_id, relation.second_object_id)))
    may = {region.id: region for end in ends for region in view.seen(end)}
    objects = [may[region_id] for region_id in candidate.context_region_ids if region_id in may]
    wants = 2 if relation.kind is RelationKind.BETWEEN else 1
    if len(objects) < wants:
        return None
    first, second = objects[0], objects[1] if relation.kind is RelationKind.BETWEEN else None
    subject = view.regions[candidate.region_id]
    strength = relations.strength(relation.kind, subject, first, second=second, image_size=view.image_size)
    if strength is None:
        return None
    statement = Related(
        _label(target, view),
        relation.kind,
        relation.object_id,
        view.words(relation.object_id),
        relation.second_object_id if second is not None else "",
    )
    return Finding(candidate.region_id, statement, strength, tuple(region.id for region in objects[:wants]))


def _attributes(target: Target, item: TargetEvidence, view: _View) -> list[Finding] | Setback:
    """What the asked aspect of each candidate is."""
    peers, aspect = view.seen(target.id), view.plan.aspect
    found = []
    for candidate in item.candidates[:MOST]:
        told = attributes.aspect_value(aspect, view.regions[candidate.region_id], peers, view.image_size)
        if told is not None:
            value, strength = told
            statement = Attribute(_label(target, view), aspect, value)
            found.append(Finding(candidate.region_id, statement, strength))
    if not found:
        return _not_told(target, aspect, view)
    credible = {c.region_id for c in item.candidates if c.fit >= CREDIBLE_FROM}
    stated = [f.statement.value for f in found if f.region_id in credible and isinstance(f.statement, Attribute)]
    if len({_foremost(value) for value in stated}) > 1 and target.rank is None:
        several = "; ".join(sorted(set(stated)))
        near = tuple(finding.region_id for finding in found)
        detail = f"There are several of {_label(target, view)}, and they differ: {several}."
        return Setback(AbstentionReason.AMBIGUOUS, detail, near_region_ids=near)
    return found


def _foremost(value: str) -> str:
    """What a value says first, without its shade: "gray" of "dark gray and white"."""
    return value.partition(",")[0].partition(" and ")[0].split()[-1]


def _not_told(target: Target, aspect: Aspect, view: _View) -> Setback:
    name = aspect.name.lower() if aspect is not Aspect.NONE else "what was asked"
    capability = Capability.DEPTH if aspect is Aspect.NEARNESS else None
    why = "no model is bound to the capability depth" if capability else "pixels and boxes do not tell it"
    near = tuple(region.id for region in view.seen(target.id)[:MOST])
    detail = f"The {name} of {_label(target, view)} cannot be told: {why}."
    return Setback(AbstentionReason.NOT_CHECKABLE, detail, capability, near)


def _states(target: Target, item: TargetEvidence, view: _View) -> list[Finding]:
    """The states that the question names, of the best candidate; a judge decides on them, nothing here does."""
    best = item.candidates[0]
    label = _label(target, view)
    return [Finding(best.region_id, State(label, state), best.fit) for state in traits.conditions(target)]


def _comparisons(target: Target, item: TargetEvidence, view: _View) -> list[Finding] | Setback:
    """That the target has the more, or the less, of the asked aspect than each other one that is compared with it."""
    aspect, least = view.plan.aspect, view.plan.least
    mine = _credible(item, view)
    found: list[Finding] = []
    leads: list[float | None] = []
    for other in view.plan.targets:
        held = view.evidence.get(other.id)
        theirs = [] if held is None else _credible(held, view)
        if other.id == target.id or other.is_text or not mine or not theirs:
            continue
        lead = comparing.lead(aspect, mine, theirs)
        leads.append(lead)
        if lead is not None and (-lead if least else lead) > 0:
            statement = Compared(_label(target, view), aspect, least, other.id, view.words(other.id))
            cited = theirs if aspect is Aspect.NUMBER else theirs[:1]
            found.append(Finding(mine[0].id, statement, abs(lead), tuple(region.id for region in cited)))
    if leads and None in leads:
        return _not_told(target, aspect, view)
    if leads and not any(leads):
        near = tuple(region.id for region in mine[:1])
        detail = f"Which has the {'less' if least else 'more'} {aspect.name.lower()} cannot be told: they are alike."
        return Setback(AbstentionReason.AMBIGUOUS, detail, near_region_ids=near)
    return found


def _credible(item: TargetEvidence, view: _View) -> list[Region]:
    return pool.distinct(view.regions[c.region_id] for c in item.candidates if c.fit >= CREDIBLE_FROM)


def _label(target: Target, view: _View) -> str:
    """The target in words; without the conditions that are asked about it."""
    if target.earlier:
        return target.words
    return traits.sought(view.plan, target).words
