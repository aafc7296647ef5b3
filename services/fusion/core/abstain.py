"""What is not claimed, and why. An abstention names what was tried and what to do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from services.common.claims import Abstention, AbstentionReason, Verdict
from services.common.plans import Task
from services.common.regions import Capability
from services.fusion.core import doubt, lettering
from services.fusion.core.policy import CREDIBLE_FROM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.claims import Claim, ClaimDraft, TargetEvidence
    from services.common.plans import Plan, Target
    from services.common.regions import Region

NEAR_MISSES: Final = 3
"""How many regions that came near are named."""

STATES_ABSENCE: Final = frozenset({Task.EXISTS, Task.COUNT})
"""Tasks whose answer may be that it is not there; the others abstain."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A capability that nothing is bound to, and how to bind something."""

    capability: Capability
    remedy: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What can be claimed of, and what cannot."""

    evidence: tuple[TargetEvidence, ...]
    abstentions: tuple[Abstention, ...]


def not_understood() -> Abstention:
    """For a question that no plan was found for."""
    return Abstention(
        AbstentionReason.NOT_CHECKABLE,
        "The question was not understood. Ask in English what is written, where something is, whether it is there, "
        "or how many there are.",
    )


def settle(
    plan: Plan,
    evidence: Sequence[TargetEvidence],
    regions: Mapping[str, Region],
    missing: Mapping[Capability, Missing],
) -> Settlement:
    """Part the targets that can be claimed of from those that cannot.

    Args:
        plan: What the question needs.
        evidence: What resolution found, one entry a target.
        regions: Everything found, by id.
        missing: Capabilities that are not bound.
    """
    targets = {target.id: target for target in plan.targets}
    kept: list[TargetEvidence] = []
    abstentions: list[Abstention] = []
    for item in evidence:
        target = targets.get(item.target_id)
        reason = _why_not(plan, target, item, regions, missing)
        if reason is None:
            kept.append(item)
        else:
            abstentions.append(reason)
    return Settlement(tuple(kept), tuple(abstentions))


def _why_not(
    plan: Plan,
    target: Target | None,
    evidence: TargetEvidence,
    regions: Mapping[str, Region],
    missing: Mapping[Capability, Missing],
) -> Abstention | None:
    needed = Capability.DETECT if target is not None and not target.is_text else Capability.READ_TEXT
    if needed in missing:
        return _unbound(plan, target, missing[needed])
    if target is not None and not target.is_text and plan.relations:
        detail = f"How {target.words} lies to the rest of the question is not resolved for objects."
        return Abstention(AbstentionReason.NOT_CHECKABLE, detail, target.id)
    if not evidence.candidates:
        return _nothing(plan, target, evidence, regions)
    return _not_credible(target, evidence, regions)


def _unbound(plan: Plan, target: Target | None, missing: Missing) -> Abstention:
    target_id = target.id if target is not None else ""
    words = target.words if target is not None else "lettering"
    what = f"Nothing finds {words}: no model is bound to the capability {missing.capability.word}."
    for relation in plan.relations:
        if relation.object_id == target_id:
            subject = next((t.words for t in plan.targets if t.id == relation.subject_id), "it")
            kind = relation.kind.name.lower().replace("_", " ")
            what = f"Whether the {subject} is {kind} the {words} was not checked. {what}"
    remedy = f"To have it found, {missing.remedy}." if missing.remedy else ""
    return Abstention(AbstentionReason.NOT_CHECKABLE, f"{what} {remedy}".strip(), target_id, missing.capability)


def _nothing(
    plan: Plan, target: Target | None, evidence: TargetEvidence, regions: Mapping[str, Region]
) -> Abstention | None:
    if not evidence.searched:
        detail = "The fast tier found nothing, and there was no time, or no means, for a careful look."
        return Abstention(AbstentionReason.OVER_BUDGET, detail, evidence.target_id)
    if target is not None and plan.task in STATES_ABSENCE:
        return None
    words = target.words if target is not None else "lettering"
    near = _near_misses(target, regions)
    detail = f"Both tiers searched the whole picture for {words} and found none."
    return Abstention(AbstentionReason.ABSENT, detail, evidence.target_id, near_region_ids=near)


def _near_misses(target: Target | None, regions: Mapping[str, Region]) -> tuple[str, ...]:
    if target is None or not target.literal_text:
        return ()
    ranked = sorted(regions.values(), key=lambda r: (-lettering.presence(target.literal_text, r.text), r.id))
    return tuple(r.id for r in ranked[:NEAR_MISSES] if lettering.presence(target.literal_text, r.text) > 0)


def _not_credible(target: Target | None, evidence: TargetEvidence, regions: Mapping[str, Region]) -> Abstention | None:
    near = tuple(c.region_id for c in evidence.candidates[:NEAR_MISSES])
    if doubt.tied(target, evidence, regions):
        detail = "Several places fit equally well and say different things."
        return Abstention(AbstentionReason.AMBIGUOUS, detail, evidence.target_id, near_region_ids=near)
    best = evidence.candidates[0].fit
    if not doubt.wants_all(target) and best < CREDIBLE_FROM:
        detail = f"The best candidate fits with {best:.2f}, below {CREDIBLE_FROM:.2f}."
        return Abstention(AbstentionReason.LOW_CONFIDENCE, detail, evidence.target_id, near_region_ids=near)
    return None


def unspoken(evidence: Sequence[TargetEvidence], drafts: Sequence[ClaimDraft]) -> tuple[Abstention, ...]:
    """Abstentions for targets that there was evidence of and that no claim speaks of: nothing passes in silence."""
    spoken = {draft.target_id for draft in drafts}
    return tuple(
        Abstention(AbstentionReason.NOT_CHECKABLE, "Nothing was composed from what was found.", item.target_id)
        for item in evidence
        if item.target_id not in spoken
    )


def withhold(claims: Sequence[Claim]) -> tuple[tuple[Claim, ...], tuple[Abstention, ...]]:
    """The supported claims, and abstentions in place of the others: what critical stakes ask for."""
    kept = tuple(claim for claim in claims if claim.verdict is Verdict.SUPPORTED)
    withheld = [claim for claim in claims if claim.verdict is not Verdict.SUPPORTED]
    return renumbered(kept), tuple(
        Abstention(
            AbstentionReason.LOW_CONFIDENCE,
            f"A claim was withheld as {claim.verdict.name.lower()}: the stakes are critical.",
            claim.draft.target_id,
            near_region_ids=tuple(c.region_id for c in claim.draft.citations),
        )
        for claim in withheld
    )


def renumbered(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims with ids c1, c2, … in their order."""
    return tuple(replace(claim, id=f"c{number}") for number, claim in enumerate(claims, start=1))
