"""When the fast tier is not believed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from services.common.claims import AbstentionReason
from services.common.plans import Task, TextField
from services.fusion.core import pool
from services.fusion.core.forms import form_of, same_value
from services.fusion.core.policy import TIE_MARGIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.claims import TargetEvidence
    from services.common.plans import Plan, Target
    from services.common.regions import Region
    from services.fusion.core.policy import Policy
    from services.fusion.core.resolve import Resolution


_ONE_ANSWER: Final = frozenset({Task.READ, Task.COMPARE})
"""Tasks that want the value itself: that one is there, and where, several tell as well as one."""


class EscalationReason(IntEnum):
    """Why the accurate tier was asked. The numbers are those of the contract."""

    STAKES = 1
    LOW_SCORE = 2
    TIE = 3
    NOTHING_FOUND = 4


@dataclass(frozen=True, slots=True)
class Escalation:
    """A second, more careful look, and its reason; `target_id` is empty when the whole question is in doubt."""

    reason: EscalationReason
    detail: str
    target_id: str = ""


def doubts(
    plan: Plan, resolution: Resolution, regions: Mapping[str, Region], policy: Policy, blind: frozenset[str]
) -> tuple[Escalation, ...]:
    """Every reason to look again, at most one a target; empty when the fast tier may be believed.

    Args:
        plan: What the question needs.
        resolution: What the fast tier's regions resolved to.
        regions: Those regions, by id.
        policy: What the stakes buy.
        blind: Ids of targets that nothing can look for: another look would not help them.
    """
    if policy.accurate_always:
        return (Escalation(EscalationReason.STAKES, "the stakes ask for the accurate tier"),)
    targets = {target.id: target for target in plan.targets}
    known = blind | {target.id for target in plan.targets if target.earlier}
    seen = [item for item in resolution.evidence if item.target_id not in known]
    found = (_doubt(plan, targets.get(item.target_id), item, resolution, regions, policy) for item in seen)
    return tuple(doubt for doubt in found if doubt is not None)


def _doubt(
    plan: Plan,
    target: Target | None,
    evidence: TargetEvidence,
    resolution: Resolution,
    regions: Mapping[str, Region],
    policy: Policy,
) -> Escalation | None:
    setback = resolution.setbacks.get(evidence.target_id)
    if setback is not None and setback.reason is AbstentionReason.AMBIGUOUS:
        return Escalation(EscalationReason.TIE, setback.detail, evidence.target_id)
    if setback is not None and setback.reason is AbstentionReason.NOT_CHECKABLE:
        return None
    if not evidence.candidates:
        return Escalation(EscalationReason.NOTHING_FOUND, "nothing that it found fits", evidence.target_id)
    if wants_all(target):
        return _doubt_of_all(evidence, regions, policy)
    return _doubt_of_best(plan, target, evidence, regions, policy)


def _doubt_of_best(
    plan: Plan,
    target: Target | None,
    evidence: TargetEvidence,
    regions: Mapping[str, Region],
    policy: Policy,
) -> Escalation | None:
    best = regions[evidence.candidates[0].region_id]
    score = pool.score(best)
    if score < policy.believe_from:
        detail = f"best fast finding {_named(best)} scored {score:.2f}, below {policy.believe_from:.2f}"
        return Escalation(EscalationReason.LOW_SCORE, detail, evidence.target_id)
    if tied(plan, target, evidence, regions):
        first, second = (regions[c.region_id] for c in evidence.candidates[:2])
        detail = f"{_named(first)} and {_named(second)} fit equally well"
        return Escalation(EscalationReason.TIE, detail, evidence.target_id)
    return None


def _doubt_of_all(evidence: TargetEvidence, regions: Mapping[str, Region], policy: Policy) -> Escalation | None:
    pieces = pool.written(regions[each] for c in evidence.candidates for each in (c.region_id, *c.context_region_ids))
    scores = [pool.score(region) for region in pieces]
    low = [score for score in scores if score < policy.believe_from]
    if not low:
        return None
    detail = (
        f"{len(low)} of {len(scores)} fast readings scored below {policy.believe_from:.2f}, the least {min(low):.2f}"
    )
    return Escalation(EscalationReason.LOW_SCORE, detail, evidence.target_id)


def wants_all(target: Target | None) -> bool:
    """Whether every fitting region is wanted: all lettering, or no target at all."""
    return target is None or (target.is_text and not target.literal_text and target.text_field is TextField.ANY)


def tied(plan: Plan, target: Target | None, evidence: TargetEvidence, regions: Mapping[str, Region]) -> bool:
    """Whether candidates fit equally well and say different things, where one answer is wanted."""
    if target is None or not target.is_text or plan.task not in _ONE_ANSWER:
        return False
    if wants_all(target) or target.literal_text or not evidence.candidates:
        return False
    first, *others = evidence.candidates
    form = form_of(target.text_field, target.noun)
    value = first.value or regions[first.region_id].text
    near = (c.value or regions[c.region_id].text for c in others if first.fit - c.fit < TIE_MARGIN)
    return any(not same_value(form, value, other) for other in near)


def _named(region: Region) -> str:
    return f'"{region.text}"' if region.text else region.label
