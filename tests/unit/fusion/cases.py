"""Regions, plans and cases of a simulated answer, for tables of checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Citation, CitationRole, ClaimDraft
from services.common.geometry import Box, Size, identity
from services.common.plans import Engine, Plan, Task
from services.common.regions import Appearance, Capability, Region, Source, Tier
from services.fusion.core.checks.case import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.claims import Statement
    from services.fusion.core.checks.inquiries import Inquiry, Reply

SIZE = Size(400, 300)
DIGEST = "a" * 64
ENGINE = Engine("script", "1")
EVERYWHERE = frozenset((c, t, "") for c in (Capability.READ_TEXT,) for t in Tier)


def thing(region_id: str, label: str, box: tuple[float, float, float, float], score: float | None = 0.9) -> Region:
    return _region(region_id, Capability.DETECT, Tier.FAST, box, label=label, score=score)


def careful(region: Region, region_id: str, score: float = 0.95) -> Region:
    """The same as the accurate tier found it."""
    box = (region.box.x_min, region.box.y_min, region.box.x_max, region.box.y_max)
    capability = region.source.capability
    return _region(region_id, capability, Tier.ACCURATE, box, label=region.label, text=region.text, score=score)


def lettering(region_id: str, text: str, box: tuple[float, float, float, float], score: float = 0.9) -> Region:
    return _region(region_id, Capability.READ_TEXT, Tier.FAST, box, text=text, score=score)


def colored(**shares: float) -> Appearance:
    return Appearance(tuple(sorted(shares.items(), key=lambda each: -each[1])), 1000)


def _region(
    region_id: str,
    capability: Capability,
    tier: Tier,
    box: tuple[float, float, float, float],
    *,
    label: str = "",
    text: str = "",
    score: float | None = None,
) -> Region:
    source = Source(capability, capability.word, "1", "b" * 64, tier)
    return Region(region_id, DIGEST, Box(*box), source, identity(SIZE), label=label, text=text, score=score)


def plan(task: Task = Task.EXISTS, *targets: object, **more: object) -> Plan:
    return Plan(task, ENGINE, targets, **more)  # type: ignore[arg-type]


def case(
    planned: Plan,
    *regions: Region,
    searched: frozenset[tuple[Capability, Tier, str]] = EVERYWHERE,
    documents: Mapping[str, str] | None = None,
    replies: Mapping[Inquiry, Reply] | None = None,
) -> Case:
    return Case(DIGEST, SIZE, planned, {r.id: r for r in regions}, searched, documents or {}, replies or {})


def draft(statement: Statement, *region_ids: str, context: tuple[str, ...] = (), target: str = "t1") -> ClaimDraft:
    supports = tuple(Citation(each, CitationRole.SUPPORTS) for each in region_ids)
    helping = tuple(Citation(each, CitationRole.CONTEXT) for each in context)
    return ClaimDraft("it is so", target, statement, (*supports, *helping))
