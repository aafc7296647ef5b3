"""What claims are written from: a plan, the regions that were found, and what fits which target."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.claims import Document, TargetEvidence
    from services.common.plans import Plan
    from services.common.regions import Region


@dataclass(frozen=True, slots=True)
class Material:
    """One request to compose. `convert.material_from` makes it, and with it these promises.

    Attributes:
        question: As asked.
        plan: Its relations refer to its targets.
        regions: By id.
        evidence: By target id, in the caller's order; "" stands for the whole picture where the plan has no targets.
            Every region id in it is one of `regions`, every target id one of the plan's. Findings state an attribute, a
            state, a relation or a comparison of that target, and refer to the plan's targets.
        documents: Text to cite, by id, in the caller's order.
    """

    question: str
    plan: Plan
    regions: Mapping[str, Region]
    evidence: Mapping[str, TargetEvidence]
    documents: Mapping[str, Document] = field(default_factory=lambda: MappingProxyType({}))
