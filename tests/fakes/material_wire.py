"""Made-up evidence as the llm service's callers send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.v1 import claim_pb2
from groundwire.v1 import llm_service_pb2 as pb
from services.runtime import statements, wire

if TYPE_CHECKING:
    from services.common.claims import TargetEvidence
    from services.llm.core.evidence import Material


def request_to(material: Material) -> pb.ComposeRequest:
    return pb.ComposeRequest(
        question=material.question,
        plan=wire.plan_to(material.plan),
        regions=[wire.region_to(region) for region in material.regions.values()],
        evidence=[_evidence_to(item) for item in material.evidence.values()],
        documents=[claim_pb2.Document(id=d.id, title=d.title, text=d.text) for d in material.documents.values()],
    )


def _evidence_to(item: TargetEvidence) -> pb.TargetEvidence:
    candidates = [
        pb.Candidate(region_id=c.region_id, fit=c.fit, value=c.value, context_region_ids=c.context_region_ids)
        for c in item.candidates
    ]
    findings = [
        pb.Finding(
            region_id=f.region_id,
            statement=statements.predicate_to(item.target_id, f.statement),
            object_region_ids=f.object_region_ids,
            strength=f.strength,
        )
        for f in item.findings
    ]
    return pb.TargetEvidence(
        target_id=item.target_id,
        candidates=candidates,
        distinct=item.distinct,
        searched=item.searched,
        findings=findings,
    )
