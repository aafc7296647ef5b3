"""Regions, evidence and material for the tests of llm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Candidate, TargetEvidence
from services.common.geometry import Box, Size, identity
from services.common.regions import Capability, Region, Source, Tier
from services.llm.core.evidence import Material

if TYPE_CHECKING:
    from services.common.plans import Plan

DIGEST = "a" * 64


def region(region_id: str, text: str = "", *, label: str = "", score: float | None = 0.9) -> Region:
    capability = Capability.READ_TEXT if text else Capability.DETECT
    source = Source(capability, "reader", "1", "b" * 64, Tier.FAST)
    box = Box(10.0, 20.0, 60.0, 40.0)
    return Region(region_id, DIGEST, box, source, identity(Size(741, 500)), label=label, text=text, score=score)


def found(
    target_id: str, *candidates: Candidate | str, distinct: int | None = None, searched: bool = True
) -> TargetEvidence:
    those = tuple(Candidate(c, 0.9) if isinstance(c, str) else c for c in candidates)
    return TargetEvidence(target_id, those, len(those) if distinct is None else distinct, searched)


def material(plan: Plan, regions: list[Region], *evidence: TargetEvidence) -> Material:
    return Material("?", plan, {r.id: r for r in regions}, {e.target_id: e for e in evidence})
