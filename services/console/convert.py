"""Contract messages to the values that `core` computes with, and what is asked for as the contract says it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from groundwire import labels, searches, words
from groundwire.v1 import claim_pb2
from services.common.geometry import Box, Size
from services.console.core import comparison, filters, overlay, passages, swatches, waterfall

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

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
        if citation.region_id
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


def filter_to(wanted: filters.Filter, now: datetime) -> provenance_service_pb2.AnswerFilter:
    """What is asked for, as provenance is asked. It knows no abstentions; see `is_wanted`."""
    named = wanted.verdict and wanted.verdict != filters.ABSTAINED
    return searches.Search(
        since=wanted.begins(now),
        until=wanted.ends,
        verdicts=(wanted.verdict,) if named else (),
        label=wanted.label,
        text=wanted.text,
        model=wanted.model,
        degradations=(wanted.degraded,) if wanted.degraded else (),
        review=wanted.review,
        min_latency_s=wanted.least_s,
        max_latency_s=wanted.most_s,
        image=wanted.image,
    ).message


def is_wanted(wanted: filters.Filter, summary: provenance_service_pb2.AnswerSummary) -> bool:
    """What provenance cannot be asked for: that something was not answered."""
    return wanted.verdict != filters.ABSTAINED or summary.abstention_count > 0


def searches_from(answer: answer_pb2.Answer) -> Sequence[overlay.Searched]:
    """Every area that was searched in vain: of claims by their ids, of abstentions as `abstention_key` names them."""
    absences = ((claim.id, labels.searches(claim)) for claim in answer.claims)
    abstentions = ((abstention_key(at), each.searches) for at, each in enumerate(answer.abstentions))
    return tuple(
        overlay.Searched(key, box_from(search.area), labels.search(search))
        for key, found in (*absences, *abstentions)
        for search in found
        if search.HasField("area")
    )


def abstention_key(at: int) -> str:
    """What an abstention is called on its page; the contract gives it no id."""
    return f"not-{at + 1}"


def passages_from(answer: answer_pb2.Answer, document_id: str) -> Sequence[passages.Passage]:
    """What the claims cite of a document."""
    return tuple(
        passages.Passage(claim.id, citation.passage.begin, citation.passage.end)
        for claim in answer.claims
        for citation in claim.citations
        if citation.HasField("passage") and citation.passage.document_id == document_id
    )


def swatches_from(region: region_pb2.Region) -> Sequence[swatches.Swatch]:
    """A region's measured colours."""
    return tuple(swatches.swatches((each.name, each.share) for each in region.appearance.colors))


def statements_from(answer: answer_pb2.Answer) -> Sequence[comparison.Statement]:
    """Claims, then abstentions."""
    targets = {target.id: words.target(target) for target in answer.plan.targets}
    claims = (
        comparison.Statement(
            claim.id,
            _subject(targets, claim.predicate.target_id),
            claim.text,
            words.verdict(claim.verdict),
            labels.confidence(claim),
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


def facts_from(answer: answer_pb2.Answer) -> Mapping[str, str]:
    """What an answer was given under, by name; an empty value where there was none."""
    painted = Counter(each.kind for each in answer.image.redactions)
    return {
        "question": answer.question,
        "task": words.task(answer.plan.task),
        "stakes": words.stakes(answer.stakes),
        "degraded": ", ".join(map(words.degradation, answer.degradations)),
        "calibration": answer.calibration_digest and f"sha256:{answer.calibration_digest[:12]}",
        "conversation": answer.conversation_id,
        "documents": ", ".join(document.id for document in answer.documents),
        "painted over": ", ".join(f"{kind} \N{MULTIPLICATION SIGN}{count}" for kind, count in sorted(painted.items())),
    }


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
