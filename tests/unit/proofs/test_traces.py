"""An answer against its trace: they agree, or what differs is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from groundwire.proofs.traces import disagreements
from groundwire.v1 import answer_pb2, claim_pb2, provenance_service_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[answer_pb2.Answer, list[provenance_service_pb2.Span]], object]

RUN = ("ab" * 16, "cd" * 8)


def an_answer() -> answer_pb2.Answer:
    answer = answer_pb2.Answer(id="a", trace_id="ab" * 16)
    for i in (1, 2):
        region = answer.regions.add(id=f"r{i}")
        region.source.trace_id, region.source.span_id = RUN
        claim = answer.claims.add(id=f"c{i}", verdict=claim_pb2.VERDICT_SUPPORTED, span_id=f"{i:016x}")
        claim.citations.add(region_id=f"r{i}", role=claim_pb2.CITATION_ROLE_SUPPORTS)
    answer.claims[1].citations.add(region_id="r1", role=claim_pb2.CITATION_ROLE_CONTEXT)
    return answer


def its_spans() -> list[provenance_service_pb2.Span]:
    """As fusion makes them, with those of others around them."""
    spans = [provenance_service_pb2.Span(span_id="f" * 16, name="check")]
    spans.append(provenance_service_pb2.Span(attributes={"groundwire.answer.id": "b", "groundwire.claim.id": "c1"}))
    for i, cited in ((1, {"r1": "supports"}), (2, {"r2": "supports", "r1": "context"})):
        facts = {
            "groundwire.answer.id": "a",
            "groundwire.claim.id": f"c{i}",
            "groundwire.claim.verdict": "supported",
            "groundwire.claim.region_ids": json.dumps(list(cited)),
        }
        span = provenance_service_pb2.Span(span_id=f"{i:016x}", name="claim", attributes=facts)
        for region_id, role in cited.items():
            told = {"groundwire.region.id": region_id, "groundwire.citation.role": role}
            span.links.add(trace_id=RUN[0], span_id=RUN[1], attributes=told)
        spans.append(span)
    return spans


def test_an_answer_agrees_with_its_own_trace() -> None:
    assert disagreements(an_answer(), its_spans()) == []


def test_a_withheld_claim_has_a_span_and_stands_in_no_answer() -> None:
    answer, spans = an_answer(), its_spans()
    del answer.claims[1]
    spans[3].attributes["groundwire.claim.verdict"] = "unverified"
    assert disagreements(answer, spans)
    answer.stakes = answer_pb2.STAKES_CRITICAL
    assert disagreements(answer, spans) == []


PLANTED: dict[str, tuple[Change, str]] = {
    "a span is gone": (lambda _, spans: spans.pop(), "c2 has no span"),
    "a claim is gone": (lambda answer, _: answer.claims.pop(), "a span of claim c2, and the answer has no such claim"),
    "another region": (lambda answer, _: setattr(answer.claims[0].citations[0], "region_id", "r2"), "cites r2"),
    "another role": (
        lambda answer, _: setattr(answer.claims[0].citations[0], "role", claim_pb2.CITATION_ROLE_CONTEXT),
        "does not link to the run that found that region so",
    ),
    "another verdict": (
        lambda answer, _: setattr(answer.claims[0], "verdict", claim_pb2.VERDICT_CONTRADICTED),
        "c1 is contradicted, and in the trace it is supported",
    ),
    "another span": (lambda answer, _: setattr(answer.claims[0], "span_id", "9" * 16), "names span 9999999999999999"),
    "another run": (
        lambda answer, _: setattr(answer.regions[0].source, "span_id", "9" * 16),
        "links to a run for r1, and the claim does not cite it so",
    ),
    "other ids in the span": (
        lambda _, spans: spans[2].attributes.update({"groundwire.claim.region_ids": "r1, r2"}),
        "in the trace nothing",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_disagreement_is_named(what: str) -> None:
    answer, spans = an_answer(), its_spans()
    plant, why = PLANTED[what]
    plant(answer, spans)
    assert why in "; ".join(disagreements(answer, spans))
