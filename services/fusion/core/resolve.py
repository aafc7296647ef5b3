"""Which regions fit which target of the plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.claims import AbstentionReason, Candidate, TargetEvidence
from services.common.plans import Plan, RelationKind, Task, TextField
from services.common.regions import Capability, Tier
from services.fusion.core import doubt, findings, kinds, layout, lettering, objects, phrases, pool
from services.fusion.core.fields import field_candidates
from services.fusion.core.objects import Found, Setback
from services.fusion.core.policy import CREDIBLE_FROM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.geometry import Size
    from services.common.plans import Target
    from services.common.regions import Region


_BEARING: Final = frozenset({RelationKind.ON, RelationKind.INSIDE})
"""Relations of lettering to what bears it: where that is not found, all that is written may be on it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of the picture.

    Attributes:
        image_size: Its extent.
        regions: Everything found so far, from every tier.
        searched: What the whole picture was searched for: (capability, tier, phrase); the phrase is empty for reading.
        earlier: What a turn before was about, by the id of the target that means it, best first.
    """

    image_size: Size
    regions: Sequence[Region]
    searched: frozenset[tuple[Capability, Tier, str]]
    earlier: Mapping[str, tuple[Region, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def sought(self, target: Target | None) -> bool:
        """Whether the accurate tier has searched the whole picture for a target; for None, has read all of it."""
        if target is None or target.is_text:
            return (Capability.READ_TEXT, Tier.ACCURATE, "") in self.searched
        return any((Capability.DETECT, Tier.ACCURATE, name) in self.searched for name in phrases.queries(target))


@dataclass(frozen=True, slots=True)
class Resolution:
    """The candidates of every target, best first, and what stands in the way of claiming anything of them.

    For a plan without targets there is one entry, of the whole picture (target id "").
    """

    evidence: tuple[TargetEvidence, ...]
    setbacks: Mapping[str, Setback]


def resolve(plan: Plan, scene: Scene) -> Resolution:
    """Resolve a plan against what is known of the picture."""
    if not plan.targets:
        return Resolution((_evidence("", _whole_picture(plan, scene), searched=scene.sought(None)),), {})
    texts = {target.id: _written(target, scene) for target in plan.targets if target.is_text}
    fits = {target.id: _fits(target, texts, scene) for target in plan.targets}
    found: dict[str, Found] = {}
    for group in objects.joined(plan):
        found |= _group(plan, group, fits, texts, scene)
    if plan.task is Task.COUNT:
        found |= _uncounted(plan, found, scene)
    evidence = [_evidence_of(plan, target, found[target.id], scene) for target in plan.targets]
    derived = findings.derived(plan, evidence, scene.regions, scene.image_size)
    settled = {name: each.setback for name, each in found.items() if each.setback is not None}
    return Resolution(tuple(derived.evidence), {**derived.setbacks, **settled})


def _group(
    plan: Plan,
    group: Sequence[Target],
    fits: Mapping[str, Sequence[tuple[Region, float]]],
    texts: Mapping[str, Sequence[Candidate]],
    scene: Scene,
) -> dict[str, Found]:
    """The targets of one group; those of which nothing was found leave the others without what they are placed by."""
    there = [target for target in group if fits[target.id]]
    found = {target.id: Found(()) for target in group if not fits[target.id]}
    if len(there) == 1 and there[0].is_text:
        return {**found, there[0].id: _alone(plan, there[0], fits, texts)}
    for target, bare in ((t, _bare_of(plan, t, found)) for t in there):
        if bare is not None and not target.is_text:
            near = tuple(region.id for region, _ in fits[target.id][: objects.NEAR_MISSES])
            found[target.id] = Found((), replace(bare, near_region_ids=near))
    rest = [target for target in there if target.id not in found]
    resolved = objects.resolved(plan, rest, fits, scene.image_size) if rest else {}
    for name, each in resolved.items():
        found[name] = _with_values(each, texts[name]) if name in texts else each
    return found


def _alone(
    plan: Plan,
    target: Target,
    fits: Mapping[str, Sequence[tuple[Region, float]]],
    texts: Mapping[str, Sequence[Candidate]],
) -> Found:
    """Lettering that nothing else found in the picture places."""
    if not doubt.wants_all(target) or target.earlier:
        return Found(tuple(texts[target.id]))
    chosen = [region for region, _ in fits[target.id]]
    lost = next((r for r in plan.relations if r.subject_id == target.id and r.kind not in _BEARING), None)
    if lost is not None:
        words = next((other.words for other in plan.targets if other.id == lost.object_id), "it")
        return kinds.unplaced(target, lost.kind, words, chosen)
    return kinds.alone(target, chosen)


def _uncounted(plan: Plan, found: Mapping[str, Found], scene: Scene) -> dict[str, Found]:
    by_id = {region.id: region for region in scene.regions}
    pieces = [target for target in plan.targets[:1] if doubt.wants_all(target)]
    return {target.id: kinds.uncounted(target, found[target.id], by_id) for target in pieces}


def _bare_of(plan: Plan, target: Target, absent: Mapping[str, Found]) -> Setback | None:
    """For a thing that is placed by another which was not found."""
    words = {other.id: other.words for other in plan.targets}
    for relation in plan.relations:
        lost = (objects.ends(relation) - {target.id}) & absent.keys()
        if relation.subject_id == target.id and lost:
            name = words[min(lost)]
            detail = f"No {name} was found by which the {target.words} could be placed."
            return Setback(AbstentionReason.ABSENT, detail)
    return None


def _with_values(found: Found, candidates: Sequence[Candidate]) -> Found:
    """The lettering that was placed, with the values that were read in it, in the order of the lettering's own fits."""
    placed = {candidate.region_id: candidate for candidate in found.candidates}
    kept = [
        replace(
            candidate,
            context_region_ids=(*candidate.context_region_ids, *placed[candidate.region_id].context_region_ids),
        )
        for candidate in candidates
        if candidate.region_id in placed
    ]
    return replace(found, candidates=tuple(kept))


def _evidence_of(plan: Plan, target: Target, found: Found, scene: Scene) -> TargetEvidence:
    candidates = found.candidates
    if plan.task is Task.COUNT and not target.is_text:
        # What is not credible is not counted; where nothing is, it shows why nothing is claimed.
        candidates = tuple(c for c in candidates if c.fit >= CREDIBLE_FROM) or candidates
    evidence = _evidence(target.id, candidates, searched=target.earlier or scene.sought(target))
    if plan.task is Task.COUNT and target.literal_text:
        by_id = {region.id: region.text for region in scene.regions}
        often = (lettering.occurrences(target.literal_text, by_id[c.region_id]) for c in candidates)
        return replace(evidence, distinct=sum(often))
    return evidence


def _evidence(target_id: str, candidates: Sequence[Candidate], *, searched: bool) -> TargetEvidence:
    return TargetEvidence(target_id, tuple(candidates), len(candidates), searched)


def _fits(target: Target, texts: Mapping[str, Sequence[Candidate]], scene: Scene) -> list[tuple[Region, float]]:
    """The regions that may be the target by themselves, and how well each is it."""
    if target.earlier:
        return [(region, pool.score(region)) for region in scene.earlier.get(target.id, ())]
    if target.is_text:
        by_id = {region.id: region for region in scene.regions}
        return [(by_id[candidate.region_id], candidate.fit) for candidate in texts[target.id]]
    return objects.labelled(target, scene.regions)


def _written(target: Target, scene: Scene) -> list[Candidate]:
    if target.earlier:
        return [Candidate(region.id, pool.score(region)) for region in scene.earlier.get(target.id, ())]
    written = pool.written(scene.regions)
    if target.literal_text:
        return _literal(target.literal_text, written)
    standing = pool.standing(written)
    if target.text_field is not TextField.ANY:
        return field_candidates(target, standing)
    return _all_lettering(kinds.of_kind(target, standing))


def _whole_picture(plan: Plan, scene: Scene) -> list[Candidate]:
    """All lettering; where a description is wanted, the things first."""
    lettering_ = _all_lettering(pool.standing(pool.written(scene.regions)))
    if plan.task is not Task.DESCRIBE:
        return lettering_
    labels = dict.fromkeys(r.label for r in scene.regions if r.source.capability is Capability.DETECT)
    things = [region for label in labels for region in pool.distinct(pool.labelled(scene.regions, (label,)))]
    credible = [Candidate(r.id, pool.score(r)) for r in things if pool.score(r) >= CREDIBLE_FROM]
    return [*sorted(credible, key=lambda c: (-c.fit, c.region_id)), *lettering_]


def _all_lettering(regions: Sequence[Region]) -> list[Candidate]:
    return [Candidate(region.id, pool.score(region)) for region in layout.reading_order(regions)]


def _literal(phrase: str, regions: Sequence[Region]) -> list[Candidate]:
    """Wherever either tier reads the phrase: a look that joins or splits a word hides what another reads well."""
    found = [(region, lettering.presence(phrase, region.text)) for region in regions]
    fits = [(region, presence * pool.score(region)) for region, presence in found if presence >= lettering.NEAR]
    kept: list[tuple[Region, float]] = []
    for region, fit in sorted(fits, key=lambda each: (-each[1], each[0].source.tier is Tier.FAST, each[0].id)):
        if not any(pool.same_place(region.box, other.box) for other, _ in kept):
            kept.append((region, fit))
    return [Candidate(region.id, fit) for region, fit in kept]
