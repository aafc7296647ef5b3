"""What an answer adds to the mesh's metrics. Words and kinds alone: nothing of what was asked or seen."""

from __future__ import annotations

from groundwire.v1 import answer_pb2, claim_pb2
from services.runtime import metering


def count(answer: answer_pb2.Answer) -> None:
    """Count a recorded answer's steps, claims, abstentions and degradations."""
    for timing in answer.timings:
        metering.step_ended(timing.step, timing.duration.ToMicroseconds() / 1e6)
    for claim in answer.claims:
        kind = claim.predicate.WhichOneof("kind") or ""
        metering.claim_given(kind, _word(claim_pb2.Verdict.Name(claim.verdict), "VERDICT_"))
    for abstention in answer.abstentions:
        metering.abstention_given(_word(claim_pb2.AbstentionReason.Name(abstention.reason), "ABSTENTION_REASON_"))
    for degradation in answer.degradations:
        metering.degraded(_word(answer_pb2.Degradation.Name(degradation), "DEGRADATION_"))


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower()
