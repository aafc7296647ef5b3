"""What is not claimed, and why. An abstention names what was tried, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.claims import Abstention, AbstentionReason, Verdict
from services.common.plans import Task, TextField
from services.common.regions import Capability
from services.fusion.core import doubt, lettering, objects, phrases, pool
from services.fusion.core.policy import CREDIBLE_FROM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.claims import Claim, ClaimDraft, Search, TargetEvidence
    from services.common.plans import Plan, Target
    from services.common.regions import Region
    from services.fusion.core.resolve import Resolution

NEAR_MISSES: Final = 3
"""How many regions that came near are named."""

MOST_LINES: Final = 20
"""Lines of lettering that are claimed where what bears the lettering cannot be found."""

STATES_ABSENCE: Final = frozenset({Task.EXISTS, Task.COUNT})
"""Tasks whose answer may be that it is not there; the others abstain."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A capability that nothing is bound to, and how to bind something."""

    capability: Capability
    remedy: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What was and what could not be seen.

    Attributes:
        regions: Everything found, by id.
        missing: Capabilities that are not bound.
        sought: Phrases that a detector has searched for.
        unsearchable: Phrases that one cannot search for.
        looked: Capabilities with which at least one look at the picture came back.
        searches: Who searched the whole picture, by capability.
        lost: Why there is nothing that an earlier target can mean, by its id.
    """

    regions: Mapping[str, Region]
    missing: Mapping[Capability, Missing] = field(default_factory=lambda: MappingProxyType({}))
    sought: frozenset[str] = frozenset()
    unsearchable: frozenset[str] = frozenset()
    looked: frozenset[Capability] = frozenset()
    searches: Mapping[Capability, tuple[Search, ...]] = field(default_factory=lambda: MappingProxyType({}))
    lost: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Settlement:
    """What can be claimed of, and what cannot."""

    evidence: tuple[TargetEvidence, ...]
    abstentions: tuple[Abstention, ...]


def not_understood() -> Abstention:
    """For a question that no plan was found for."""
    return Abstention(
        AbstentionReason.NOT_CHECKABLE,
        "The question was not understood. Ask in English, and one thing at a time: what is written, a value of a page "
        "such as its total and its date, where something is, whether it is there, how many there are, what colour it "
        "has, or which of two is larger. Put lettering into quotation marks.",
    )


def settle(plan: Plan, resolution: Resolution, sight: Sight) -> Settlement:
    """Part the targets that can be claimed of from those that cannot."""
    targets = {target.id: target for target in plan.targets}
    kept: list[TargetEvidence] = []
    abstentions: list[Abstention] = []
    for item in resolution.evidence:
        reason = _why_not(plan, targets.get(item.target_id), item, resolution, sight)
        if reason is None:
            kept.append(item)
        else:
            abstentions.append(reason)
    for place, item in enumerate(kept):
        if _is_unplaced(plan, targets.get(item.target_id), sight) and len(item.candidates) > MOST_LINES:
            kept[place] = replace(item, candidates=item.candidates[:MOST_LINES])
            abstentions.append(_more(item))
    if plan.task is Task.DESCRIBE and not plan.targets and Capability.DETECT in sight.missing:
        abstentions.append(_unbound(plan, None, sight.missing[Capability.DETECT]))
    return Settlement(tuple(kept), tuple(abstentions))


def _is_unplaced(plan: Plan, target: Target | None, sight: Sight) -> bool:
    """Whether lettering is all that can be read, because nothing finds what it was asked to be on."""
    if target is None or not doubt.wants_all(target):
        return False
    ends = {relation.object_id for relation in plan.relations if relation.subject_id == target.id}
    return any(other.id in ends and _needed(other) in sight.missing for other in plan.targets)


def _more(item: TargetEvidence) -> Abstention:
    rest = item.candidates[MOST_LINES:]
    detail = (
        f"The picture has {len(item.candidates)} lines of lettering, and the first {MOST_LINES} in reading order are "
        "given: which of all are meant is not told. Ask for a line by its place or its words, or read all lettering."
    )
    near = tuple(candidate.region_id for candidate in rest[:NEAR_MISSES])
    return Abstention(AbstentionReason.NOT_CHECKABLE, detail, item.target_id, near_region_ids=near)


def blind(plan: Plan, sight: Sight) -> frozenset[str]:
    """Ids of the targets that no model is bound for; "" for the whole picture. Another look would not help them.

    What the fast tier's model does not know, the accurate tier's may.
    """
    about = plan.targets or (None,)
    return frozenset(t.id if t is not None else "" for t in about if _needed(t) in sight.missing)


def _why_not(
    plan: Plan, target: Target | None, evidence: TargetEvidence, resolution: Resolution, sight: Sight
) -> Abstention | None:
    blind = _blind(plan, target, sight)
    if blind is not None:
        return blind
    setback = resolution.setbacks.get(evidence.target_id)
    if setback is not None and setback.as_worded and evidence.searched and plan.task in STATES_ABSENCE:
        return None
    if setback is not None:
        return Abstention(
            setback.reason,
            setback.detail,
            evidence.target_id,
            setback.capability,
            setback.near_region_ids,
            _searches(target, sight) if setback.reason is AbstentionReason.ABSENT else (),
        )
    if not evidence.candidates:
        return _nothing(plan, target, evidence, sight)
    return _not_credible(plan, target, evidence, sight)


def _blind(plan: Plan, target: Target | None, sight: Sight) -> Abstention | None:
    """For what nothing could look for: no model, a closed set of classes, a turn that is not known."""
    if target is not None and target.earlier:
        lost = sight.lost.get(target.id)
        return None if lost is None else Abstention(AbstentionReason.NOT_CHECKABLE, lost, target.id)
    needed = _needed(target)
    if needed in sight.missing and not (target is None and plan.task is Task.DESCRIBE):
        return _unbound(plan, target, sight.missing[needed])
    names = frozenset() if target is None or target.is_text else frozenset(phrases.queries(target))
    if target is not None and names & sight.unsearchable and not names & sight.sought:
        detail = f"The bound detector knows a closed set of things, and {target.noun} is none of them."
        return Abstention(AbstentionReason.NOT_CHECKABLE, detail, target.id, Capability.DETECT)
    return None


def _needed(target: Target | None) -> Capability:
    return Capability.DETECT if target is not None and not target.is_text else Capability.READ_TEXT


def _unbound(plan: Plan, target: Target | None, missing: Missing) -> Abstention:
    target_id = target.id if target is not None else ""
    words = target.words if target is not None else "things" if plan.task is Task.DESCRIBE else "lettering"
    what = f"Nothing finds {words}: no model is bound to the capability {missing.capability.word}."
    for relation in plan.relations:
        if relation.object_id == target_id:
            subject = next((t.words for t in plan.targets if t.id == relation.subject_id), "it")
            kind = relation.kind.name.lower().replace("_", " ")
            what = f"Whether the {subject} is {kind} the {words} was not checked. {what}"
    remedy = f"To have it found, {missing.remedy}." if missing.remedy else ""
    return Abstention(AbstentionReason.NOT_CHECKABLE, f"{what} {remedy}".strip(), target_id, missing.capability)


def _nothing(plan: Plan, target: Target | None, evidence: TargetEvidence, sight: Sight) -> Abstention | None:
    if _needed(target) not in sight.looked:
        detail = "There was no time to look at the picture."
        return Abstention(AbstentionReason.OVER_BUDGET, detail, evidence.target_id)
    if not evidence.searched:
        detail = "The fast tier found nothing, and there was no time, or no means, for a careful look."
        return Abstention(AbstentionReason.OVER_BUDGET, detail, evidence.target_id, searches=_searches(target, sight))
    if target is not None and plan.task in STATES_ABSENCE:
        return None
    if target is not None and target.text_field is TextField.ADDRESS and sight.regions:
        detail = "No lines read as a whole address, from a number to a post code; one may be there in another form."
        return Abstention(AbstentionReason.NOT_CHECKABLE, detail, evidence.target_id, searches=_searches(target, sight))
    words = target.words if target is not None else "lettering"
    near = _near_misses(target, sight.regions)
    detail = f"The whole picture was searched carefully for {words}, and nothing fits."
    return Abstention(
        AbstentionReason.ABSENT,
        detail,
        evidence.target_id,
        near_region_ids=near,
        searches=_searches(target, sight),
    )


def _searches(target: Target | None, sight: Sight) -> tuple[Search, ...]:
    return sight.searches.get(_needed(target), ())


def _near_misses(target: Target | None, regions: Mapping[str, Region]) -> tuple[str, ...]:
    """What came near: lettering by its likeness, things of the kind by their scores."""
    if target is not None and not target.is_text:
        faint = pool.distinct(pool.labelled(regions.values(), phrases.queries(target)))
        return tuple(region.id for region in faint[:NEAR_MISSES])
    if target is None or not target.literal_text:
        return ()
    ranked = sorted(regions.values(), key=lambda r: (-lettering.presence(target.literal_text, r.text), r.id))
    return tuple(r.id for r in ranked[:NEAR_MISSES] if lettering.presence(target.literal_text, r.text) > 0)


def _not_credible(plan: Plan, target: Target | None, evidence: TargetEvidence, sight: Sight) -> Abstention | None:
    near = tuple(c.region_id for c in evidence.candidates[:NEAR_MISSES])
    if doubt.tied(plan, target, evidence, sight.regions):
        detail = "Several places fit equally well and say different things."
        return Abstention(AbstentionReason.AMBIGUOUS, detail, evidence.target_id, near_region_ids=near)
    best = max(candidate.fit for candidate in evidence.candidates)
    if not doubt.wants_all(target) and best < CREDIBLE_FROM:
        detail = f"The best candidate fits with {best:.2f}, below {CREDIBLE_FROM:.2f}."
        return Abstention(AbstentionReason.LOW_CONFIDENCE, detail, evidence.target_id, near_region_ids=near)
    return None


def unspoken(plan: Plan, evidence: Sequence[TargetEvidence], drafts: Sequence[ClaimDraft]) -> tuple[Abstention, ...]:
    """Abstentions for targets that there was evidence of and that no claim speaks of: nothing passes in silence.

    What only places or is compared with another target is spoken of where that one is, or is abstained from with it.
    """
    spoken = {draft.target_id for draft in drafts}
    asked = {target.id for target in plan.targets[:1]} | {relation.subject_id for relation in plan.relations}
    placing = {end for relation in plan.relations for end in objects.ends(relation)} - asked
    if plan.task is Task.COMPARE and (spoken or len(evidence) < len(plan.targets)):
        placing = {target.id for target in plan.targets}
    return tuple(
        Abstention(AbstentionReason.NOT_CHECKABLE, "Nothing was composed from what was found.", item.target_id)
        for item in evidence
        if item.target_id not in spoken | placing
    )


def withheld(claim: Claim) -> Abstention:
    """In place of a claim that is not supported: what critical stakes ask for."""
    return Abstention(
        AbstentionReason.LOW_CONFIDENCE,
        f"A claim was withheld as {claim.verdict.name.lower()}: the stakes are critical.",
        claim.draft.target_id,
        near_region_ids=tuple(c.region_id for c in claim.draft.citations if c.region_id),
    )


def withholds(claim: Claim, *, withhold_unverified: bool) -> bool:
    """Whether a claim is given out only as an abstention."""
    return withhold_unverified and claim.verdict is not Verdict.SUPPORTED
