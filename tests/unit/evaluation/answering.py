"""Answers of the contract, put together by hand."""

from __future__ import annotations

from typing import Any

from groundwire.answers import Answer
from groundwire.v1 import answer_pb2, claim_pb2, geometry_pb2, image_pb2, plan_pb2, region_pb2

SUPPORTED, UNVERIFIED, CONTRADICTED = (
    claim_pb2.VERDICT_SUPPORTED,
    claim_pb2.VERDICT_UNVERIFIED,
    claim_pb2.VERDICT_CONTRADICTED,
)


def region(name: str, box: tuple[float, float, float, float], text: str = "", score: float = 0.9) -> region_pb2.Region:
    x_min, y_min, x_max, y_max = box
    corners = geometry_pb2.Box(x_min=x_min, y_min=y_min, x_max=x_max, y_max=y_max)
    return region_pb2.Region(id=name, box=corners, text=text, score=score)


def claim(
    name: str,
    kind: str,
    cites: tuple[str, ...] = (),
    *,
    target: str = "t1",
    verdict: claim_pb2.Verdict.ValueType = SUPPORTED,
    score: float = 0.9,
    **said: Any,
) -> claim_pb2.Claim:
    made = claim_pb2.Claim(id=name, text=f"{kind} {said}", verdict=verdict, evidence_score=score)
    made.predicate.target_id = target
    getattr(made.predicate, kind).SetInParent()
    for key, value in said.items():
        setattr(getattr(made.predicate, kind), key, value)
    for region_id in cites:
        made.citations.add(region_id=region_id, role=claim_pb2.CITATION_ROLE_SUPPORTS)
    return made


def answer(
    claims: tuple[claim_pb2.Claim, ...] = (),
    regions: tuple[region_pb2.Region, ...] = (),
    abstains: claim_pb2.AbstentionReason.ValueType | None = None,
    *,
    understood: bool = True,
) -> Answer:
    message = answer_pb2.Answer(
        id="a1",
        image=image_pb2.Image(size=geometry_pb2.Size(width=100, height=100)),
        plan=plan_pb2.Plan(task=plan_pb2.TASK_READ if understood else plan_pb2.TASK_UNSPECIFIED),
        claims=claims,
        regions=regions,
    )
    if abstains is not None:
        message.abstentions.add(reason=abstains)
    return Answer(message)
