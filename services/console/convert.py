"""Contract messages to the values that `core` computes with. One way only: nothing goes back."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from groundwire import words
from groundwire.v1 import claim_pb2
from services.common.geometry import Box, Size
from services.console.core import comparison, filters, overlay, waterfall

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from groundwire.v1 import answer_pb2, geometry_pb2, image_pb2, plan_pb2, provenance_service_pb2, region_pb2


def size_from(image: image_pb2.Image) -> Size:
    """The image's extent; 1 by 1 where the record holds none, so that there is a frame to draw in."""
    return Size(max(1, image.size.width), max(1, image.size.height))


def box_from(message: geometry_pb2.Box) -> Box:
    """As recorded; not checked, because an odd record is to be looked at too."""
    return Box(message.x_min, message.y_min, message.x_max, message.y_max)


def place_from(region: region_pb2.Region) -> overlay.Place:
    """Where the region is."""
    return overlay.Place(region.id, box_from(region.box), tuple((point.x, point.y) for point in region.polygon.points))


def legs_from(claims: Iterable[claim_pb2.Claim]) -> Sequence[overlay.Leg]:
    """Every citation, in the claims' order."""
    return tuple(
        overlay.Leg(claim.id, citation.region_id, tone(claim.verdict, citation.role))
        for claim in claims
        for citation in claim.citations
    )


def tone(verdict: int, role: int) -> str:
    """The word for the colour of a region that a claim of that verdict cites in that role; as `palette.citation`."""
    if role == claim_pb2.CITATION_ROLE_CONTEXT:
        return "context"
    if role == claim_pb2.CITATION_ROLE_CONTRADICTS:
        return "contradicted"
    return words.verdict(verdict)


def span_from(message: provenance_service_pb2.Span) -> waterfall.Span:
    """The span as a value."""
    return waterfall.Span(
        id=message.span_id,
        parent_id=message.parent_span_id,
        name=message.name,
        service=message.service,
        begin_ns=message.start_time.ToNanoseconds(),
        duration_ns=message.duration.ToNanoseconds(),
        error=message.error,
        attributes=dict(message.attributes),
        links=tuple(link.span_id for link in message.links),
    )


def line_from(summary: provenance_service_pb2.AnswerSummary) -> filters.Line:
    """What a filter looks at."""
    return filters.Line(
        text=f"{summary.question} {summary.id} {summary.image_digest}",
        time=summary.create_time.ToDatetime(UTC),
        verdicts=tuple(map(words.verdict, summary.verdicts)),
        abstentions=summary.abstention_count,
    )


def statements_from(answer: answer_pb2.Answer) -> Sequence[comparison.Statement]:
    """Claims, then abstentions."""
    targets = {target.id: words.target(target) for target in answer.plan.targets}
    claims = (
        comparison.Statement(
            claim.id,
            _subject(targets, claim.predicate.target_id),
            claim.text,
            words.verdict(claim.verdict),
            words.credibility(claim),
        )
        for claim in answer.claims
    )
    abstentions = (
        comparison.Statement("", _subject(targets, each.target_id), each.detail, words.reason(each.reason))
        for each in answer.abstentions
    )
    return (*claims, *abstentions)


def _subject(targets: Mapping[str, str], target_id: str) -> str:
    return targets.get(target_id, "the whole picture")


def found_from(region: region_pb2.Region) -> comparison.Found:
    """A region for the comparison."""
    return comparison.Found(
        region.id,
        box_from(region.box),
        words.content(region),
        words.score(region),
        words.tier(region.source.tier),
        f"{region.source.model} {region.source.version}",
    )


def timings_from(answer: answer_pb2.Answer) -> Mapping[str, float]:
    """Seconds by step; a step that was taken twice has its sum."""
    seconds: dict[str, float] = {}
    for timing in answer.timings:
        seconds[timing.step] = seconds.get(timing.step, 0.0) + timing.duration.ToNanoseconds() / 1e9
    return seconds


def models_from(answer: answer_pb2.Answer) -> Sequence[str]:
    """Who took part, each once: models with tier and weights, then the engines."""
    sources = [region.source for region in answer.regions]
    sources += [check.source for claim in answer.claims for check in claim.checks if check.HasField("source")]
    seen = (
        f"{source.model} {source.version} ({words.capability(source.capability)}, {words.tier(source.tier)})"
        + (f" sha256:{source.weights_digest[:12]}" if source.weights_digest else "")
        for source in sources
    )
    engines = (f"planned by {_engine(answer.plan.engine)}", f"composed by {_engine(answer.composer)}")
    return tuple(dict.fromkeys((*seen, *engines)))


def _engine(engine: plan_pb2.Engine) -> str:
    prompt = f" prompt sha256:{engine.prompt_digest[:12]}" if engine.prompt_digest else ""
    return f"{engine.name} {engine.version}{prompt}" if engine.name else "nobody"
