"""Made-up evidence as the llm service's callers send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.v1 import llm_service_pb2 as pb
from services.runtime import wire

if TYPE_CHECKING:
    from services.common.claims import TargetEvidence
    from services.llm.core.evidence import Material


def request_to(material: Material) -> pb.ComposeRequest:
    return pb.ComposeRequest(
        question=material.question,
        plan=wire.plan_to(material.plan),
        regions=[wire.region_to(region) for region in material.regions.values()],
        evidence=[_evidence_to(item) for item in material.evidence.values()],
    )


def _evidence_to(item: TargetEvidence) -> pb.TargetEvidence:
    candidates = [
        pb.Candidate(region_id=c.region_id, fit=c.fit, value=c.value, context_region_ids=c.context_region_ids)
        for c in item.candidates
    ]
    return pb.TargetEvidence(
        target_id=item.target_id, candidates=candidates, distinct=item.distinct, searched=item.searched
    )
