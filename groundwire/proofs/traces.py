"""Whether an answer and its trace tell the same: each claim has its span, and that the claim's regions and verdict.

Record and trace come by ways of their own, so that one of them altered shows against the other. A trace is sampled and
dropped after some days, and then there is nothing to compare.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from groundwire import words
from groundwire.v1 import answer_pb2, claim_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from groundwire.v1 import provenance_service_pb2, region_pb2

ANSWER_ID: Final = "groundwire.answer.id"
CLAIM_ID: Final = "groundwire.claim.id"
VERDICT: Final = "groundwire.claim.verdict"
REGION_IDS: Final = "groundwire.claim.region_ids"
REGION_ID: Final = "groundwire.region.id"
ROLE: Final = "groundwire.citation.role"


def disagreements(answer: answer_pb2.Answer, spans: Sequence[provenance_service_pb2.Span]) -> list[str]:
    """What the trace tells otherwise than the answer, a sentence each; none where they agree."""
    own = {
        span.attributes[CLAIM_ID]: span
        for span in spans
        if span.attributes.get(ANSWER_ID) == answer.id and CLAIM_ID in span.attributes
    }
    regions = {region.id: region for region in answer.regions}
    found: list[str] = []
    for claim in answer.claims:
        span = own.pop(claim.id, None)
        if span is None:
            found.append(f"claim {claim.id} has no span in the trace")
        else:
            found += _against(claim, span, regions)
    found += [
        f"the trace has a span of claim {claim_id}, and the answer has no such claim" for claim_id in _left(own, answer)
    ]
    return found


def _against(
    claim: claim_pb2.Claim, span: provenance_service_pb2.Span, regions: Mapping[str, region_pb2.Region]
) -> Iterator[str]:
    if span.span_id != claim.span_id:
        yield f"claim {claim.id} names span {claim.span_id}, and its span in the trace is {span.span_id}"
    verdict = words.verdict(claim.verdict)
    if span.attributes.get(VERDICT) != verdict:
        yield f"claim {claim.id} is {verdict}, and in the trace it is {span.attributes.get(VERDICT)}"
    cited = [citation.region_id for citation in claim.citations if citation.region_id]
    told = _ids(span.attributes.get(REGION_IDS, ""))
    if told != cited:
        yield f"claim {claim.id} cites {_row(cited)}, and in the trace {_row(told)}"
    expected = {
        (citation.region_id, words.role(citation.role), source.trace_id, source.span_id)
        for citation in claim.citations
        if citation.region_id in regions
        for source in [regions[citation.region_id].source]
        if source.span_id
    }
    linked = {
        (link.attributes.get(REGION_ID, ""), link.attributes.get(ROLE, ""), link.trace_id, link.span_id)
        for link in span.links
    }
    for region_id, *_ in sorted(expected - linked):
        yield f"claim {claim.id} cites {region_id}, and its span does not link to the run that found that region so"
    for region_id, *_ in sorted(linked - expected):
        what = region_id or "no region"
        yield f"the span of claim {claim.id} links to a run for {what}, and the claim does not cite it so"


def _left(spans: Mapping[str, provenance_service_pb2.Span], answer: answer_pb2.Answer) -> list[str]:
    """The claims of these spans, but for those that were withheld: critical stakes let only supported ones through."""
    withholds = answer.stakes == answer_pb2.STAKES_CRITICAL
    supported = words.verdict(claim_pb2.VERDICT_SUPPORTED)
    return sorted(
        claim_id for claim_id, span in spans.items() if not withholds or span.attributes.get(VERDICT) == supported
    )


def _ids(text: str) -> list[str]:
    try:
        said = json.loads(text)
    except ValueError:
        return []
    return [str(each) for each in said] if isinstance(said, list) else []


def _row(ids: Sequence[str]) -> str:
    return ", ".join(ids) or "nothing"
