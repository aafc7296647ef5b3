"""Which regions fit which target of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Candidate, TargetEvidence
from services.common.plans import TextField
from services.common.regions import Capability
from services.fusion.core import layout, lettering, pool
from services.fusion.core.fields import field_candidates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.plans import Plan, Target
    from services.common.regions import Region


def resolve(plan: Plan, regions: Sequence[Region], searched: frozenset[Capability]) -> tuple[TargetEvidence, ...]:
    """The candidates of every target, best first; for a plan without targets, of the whole picture (target id "").

    Args:
        plan: What the question needs.
        regions: Everything found so far, from every tier.
        searched: Capabilities with which the careful tier has looked at the whole picture.
    """
    standing = pool.standing(regions)
    written = [r for r in standing if r.source.capability is Capability.READ_TEXT]
    seen = [r for r in standing if r.source.capability is Capability.DETECT]
    if not plan.targets:
        return (_evidence("", _all_lettering(written), searched=Capability.READ_TEXT in searched),)
    return tuple(
        _evidence(target.id, _written(target, written), searched=Capability.READ_TEXT in searched)
        if target.is_text
        else _evidence(target.id, _seen(target, seen), searched=Capability.DETECT in searched)
        for target in plan.targets
    )


def _evidence(target_id: str, candidates: Sequence[Candidate], *, searched: bool) -> TargetEvidence:
    return TargetEvidence(target_id, tuple(candidates), len(candidates), searched)


def _written(target: Target, regions: Sequence[Region]) -> list[Candidate]:
    if target.literal_text:
        return _literal(target.literal_text, regions)
    if target.text_field is not TextField.ANY:
        return field_candidates(target, regions)
    return _all_lettering(regions)


def _all_lettering(regions: Sequence[Region]) -> list[Candidate]:
    return [Candidate(region.id, _score(region)) for region in layout.reading_order(regions)]


def _literal(phrase: str, regions: Sequence[Region]) -> list[Candidate]:
    found = [(region, lettering.presence(phrase, region.text)) for region in regions]
    fits = [Candidate(r.id, presence * _score(r)) for r, presence in found if presence >= lettering.NEAR]
    return sorted(fits, key=lambda c: (-c.fit, c.region_id))


def _seen(target: Target, regions: Sequence[Region]) -> list[Candidate]:
    fits = [Candidate(r.id, _score(r)) for r in regions if r.label == target.words]
    return sorted(fits, key=lambda c: (-c.fit, c.region_id))


def _score(region: Region) -> float:
    return region.score if region.score is not None else 0.0
