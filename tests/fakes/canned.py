"""What the simulated mesh of `tests.fakes.grounding` holds and answers: canned, but consistent with itself."""

from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from google.protobuf import duration_pb2, text_format, timestamp_pb2
from PIL import Image, UnidentifiedImageError

from groundwire.v1 import (
    answer_pb2,
    claim_pb2,
    geometry_pb2,
    image_pb2,
    plan_pb2,
    provenance_service_pb2,
    region_pb2,
)
from services.common import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

HOSTILE = "</svg><script>alert(1)</script>\x1b[31m[red]\u202eevil\n'\"&"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
WEIGHTS = "5e" * 32
ENGINE = plan_pb2.Engine(name="rules", version="1")

CALIBRATION = "ca" * 32
DOCUMENT = "Opening hours\nDaily from 8.\nThe red mug costs 4 €, the blue one 5 €."

PLACES = {"r1": (0.48, 0.65, 0.52, 0.69), "r2": (0.481, 0.652, 0.519, 0.688), "r3": (0.02, 0.05, 0.2, 0.1)}
"""Where regions lie, xyxy, as parts of the picture's width and height."""


def source(tier: region_pb2.Tier.ValueType) -> region_pb2.Source:
    """Who reads here."""
    return region_pb2.Source(
        capability=region_pb2.CAPABILITY_READ_TEXT,
        model="read_text",
        version="1",
        weights_digest=WEIGHTS,
        tier=tier,
        trace_id=TRACE_ID,
        span_id="00f067aa0ba902b7",
    )


def region(
    image: image_pb2.Image, region_id: str, text: str, score: float, tier: region_pb2.Tier.ValueType
) -> region_pb2.Region:
    """Lettering at the place that belongs to the id."""
    width, height = image.size.width, image.size.height
    x_min, y_min, x_max, y_max = PLACES[region_id]
    box = geometry_pb2.Box(x_min=x_min * width, y_min=y_min * height, x_max=x_max * width, y_max=y_max * height)
    corners = [(box.x_min, box.y_min), (box.x_max, box.y_min), (box.x_max, box.y_max), (box.x_min, box.y_max)]
    outline = geometry_pb2.Polygon(points=[geometry_pb2.Point(x=x, y=y) for x, y in corners])
    return region_pb2.Region(
        id=region_id,
        image_digest=image.digest,
        box=box,
        polygon=outline,
        text=text,
        score=score,
        source=source(tier),
    )


def reading(claim_id: str, text: str, lettering: str, region_id: str) -> claim_pb2.Claim:
    """A supported claim about lettering, with two checks."""
    checks = [
        claim_pb2.Check(
            kind=claim_pb2.CHECK_KIND_CITATION,
            outcome=claim_pb2.CHECK_OUTCOME_PASSED,
            detail="the cited region lies in the image",
        ),
        claim_pb2.Check(
            kind=claim_pb2.CHECK_KIND_TEXT,
            outcome=claim_pb2.CHECK_OUTCOME_PASSED,
            detail=f"read again: {lettering}",
            figures={"similarity": 1.0},
            source=source(region_pb2.TIER_ACCURATE),
        ),
    ]
    return claim_pb2.Claim(
        id=claim_id,
        text=text,
        predicate=claim_pb2.Predicate(target_id="t1", reading=claim_pb2.Reading(text=lettering)),
        citations=[claim_pb2.Citation(region_id=region_id, role=claim_pb2.CITATION_ROLE_SUPPORTS)],
        checks=checks,
        verdict=claim_pb2.VERDICT_SUPPORTED,
        evidence_score=0.97,
    )


@dataclass
class World:
    """What the simulated services share: images by digest, answers in the order of their records.

    `waiting` is set when a call waits for its caller to go, `abandoned` when the caller has gone.
    """

    images: dict[str, tuple[image_pb2.Image, bytes]] = field(default_factory=dict)
    answers: list[answer_pb2.Answer] = field(default_factory=list)
    waiting: threading.Event = field(default_factory=threading.Event)
    abandoned: threading.Event = field(default_factory=threading.Event)
    _recording: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, given: image_pb2.ImageInput) -> image_pb2.Image:
        """The image, held from now on."""
        if given.WhichOneof("from") == "digest":
            return self.image(given.digest)[0]
        if not given.content:
            raise errors.InvalidField("image", "the image is missing", remedy="send one")
        try:
            with Image.open(io.BytesIO(given.content)) as picture:
                upright = picture.convert("RGB")
        except UnidentifiedImageError as error:
            raise errors.UnreadableImage(
                "the bytes are no picture", remedy="send JPEG, PNG, WebP, GIF, BMP or TIFF", format="unknown"
            ) from error
        stream = io.BytesIO()
        upright.save(stream, format="PNG")
        png = stream.getvalue()
        size = geometry_pb2.Size(width=upright.width, height=upright.height)
        digest = hashlib.sha256(png).hexdigest()
        image = image_pb2.Image(digest=digest, size=size, media_type="image/png", encoded_bytes=len(png))
        self.images[digest] = (image, png)
        return image

    def image(self, digest: str) -> tuple[image_pb2.Image, bytes]:
        """The image and its encoding."""
        if digest not in self.images:
            raise errors.ImageNotFound("no image has that digest", remedy="send the picture itself", digest=digest)
        return self.images[digest]

    def find(self, answer_id: str) -> answer_pb2.Answer:
        """A recorded answer."""
        for answer in self.answers:
            if answer.id == answer_id:
                return answer
        raise errors.RecordNotFound("no answer has that id", remedy="see groundwire list", kind="answer", id=answer_id)

    def record(self, answer: answer_pb2.Answer) -> answer_pb2.Answer:
        """The answer with its id, times and receipt."""
        with self._recording:
            return self._recorded(answer, len(self.answers))

    def _recorded(self, answer: answer_pb2.Answer, index: int) -> answer_pb2.Answer:
        answer.id = f"0192f3a4-1111-7000-8000-{index:012d}"
        answer.trace_id = TRACE_ID
        answer.create_time.CopyFrom(timestamp_pb2.Timestamp(seconds=1_760_000_000 + index))
        answer.composer.CopyFrom(ENGINE)
        for step, milliseconds in (("admit", 3), ("plan", 0.4), ("perceive", 812), ("escalate", 1450), ("check", 200)):
            duration = duration_pb2.Duration()
            duration.FromNanoseconds(int(milliseconds * 1e6))
            answer.timings.append(answer_pb2.StepTiming(step=step, duration=duration))
        digest = hashlib.sha256(answer.SerializeToString(deterministic=True)).hexdigest()
        answer.record.CopyFrom(answer_pb2.RecordReceipt(index=index, digest=digest))
        self.answers.append(answer)
        return answer


def answer_to(image: image_pb2.Image, question: str, stakes: answer_pb2.Stakes.ValueType) -> answer_pb2.Answer:
    """The unrecorded answer to a question."""
    answer = answer_pb2.Answer(question=question, image=image, stakes=stakes or answer_pb2.STAKES_STANDARD)
    answer.plan.engine.CopyFrom(ENGINE)
    if "brand" in question:
        _brand(answer)
    elif "shelf" in question:
        _shelf(answer)
        if "menu" in question:
            _menu(answer)
    elif "hostile" in question:
        answer.plan.task = plan_pb2.TASK_READ
        answer.regions.append(region(image, "r2", HOSTILE, 0.5, region_pb2.TIER_FAST))
        answer.claims.append(reading("c1", f"It says {HOSTILE}.", HOSTILE, "r2"))
    else:
        answer.plan.task = plan_pb2.TASK_LOCATE
        answer.plan.targets.append(plan_pb2.Target(id="t1", noun=question))
        answer.abstentions.append(not_checkable("t1"))
    return answer


def _brand(answer: answer_pb2.Answer) -> None:
    answer.plan.task = plan_pb2.TASK_READ
    target = plan_pb2.Target(id="t1", noun="motorcycle", is_text=True, text_field=plan_pb2.TEXT_FIELD_BRAND)
    answer.plan.targets.append(target)
    answer.regions.extend(
        [
            region(answer.image, "r1", "YAMARA", 0.90, region_pb2.TIER_FAST),
            region(answer.image, "r2", "YAMAHA", 0.99, region_pb2.TIER_ACCURATE),
            region(answer.image, "r3", "GARAGE", 0.97, region_pb2.TIER_ACCURATE),
        ]
    )
    answer.claims.append(reading("c1", "The motorcycle carries the brand YAMAHA.", "YAMAHA", "r2"))
    answer.escalations.append(
        answer_pb2.Escalation(
            reason=answer_pb2.ESCALATION_REASON_LOW_SCORE,
            target_id="t1",
            detail='best fast reading "YAMARA" scored 0.90, below 0.95',
        )
    )
    answer.degradations.append(answer_pb2.DEGRADATION_LLM_RULES)


def _shelf(answer: answer_pb2.Answer) -> None:
    """Statements and checks of every kind about things, what was searched, painted over, and responded."""
    answer.MergeFrom(text_format.Parse(SHELF, answer_pb2.Answer()))
    width, height = answer.image.size.width, answer.image.size.height
    answer.image.redactions.add(kind="face", found_by="find_private 1").box.CopyFrom(
        geometry_pb2.Box(x_min=0.7 * width, y_min=0.1 * height, x_max=0.9 * width, y_max=0.4 * height)
    )
    for each in answer.regions:
        each.image_digest, box = answer.image.digest, each.box
        box.x_min, box.x_max = box.x_min * width, box.x_max * width
        box.y_min, box.y_max = box.y_min * height, box.y_max * height
    everywhere = claim_pb2.Search(area=geometry_pb2.Box(x_max=width, y_max=height), source=detector())
    left = claim_pb2.Search(area=geometry_pb2.Box(x_max=width / 2, y_max=height), source=detector())
    answer.claims[4].predicate.absent.searches.extend([everywhere, left])
    answer.abstentions[0].searches.append(left)
    answer.calibration_digest = CALIBRATION
    answer.relevance.add(
        phrase="red mug", grid=geometry_pb2.Size(width=4, height=2), values=bytes([0, 255, 200, 0] * 2)
    )
    answer.relevance.add(phrase="bowl", grid=geometry_pb2.Size(width=4, height=2), values=bytes([0, 0, 90, 120] * 2))


def _menu(answer: answer_pb2.Answer) -> None:
    """A document, and a claim that rests on a passage of it."""
    quote = "The red mug costs 4 €"
    begin = DOCUMENT.index(quote)
    passage = claim_pb2.Passage(document_id="menu", begin=begin, end=begin + len(quote))
    answer.documents.add(id="menu", title="Price list", text=DOCUMENT)
    claim = answer.claims.add(id="c6", text=f"{quote}.", verdict=claim_pb2.VERDICT_SUPPORTED, evidence_score=1)
    claim.predicate.CopyFrom(claim_pb2.Predicate(target_id="t1", knowledge=claim_pb2.Knowledge(quote=quote)))
    claim.citations.add(role=claim_pb2.CITATION_ROLE_SUPPORTS, passage=passage)
    claim.checks.add(
        kind=claim_pb2.CHECK_KIND_QUOTE,
        outcome=claim_pb2.CHECK_OUTCOME_PASSED,
        detail="the passage stands there word for word",
    )


def detector() -> region_pb2.Source:
    """Who finds things here."""
    return region_pb2.Source(
        capability=region_pb2.CAPABILITY_DETECT,
        model="detect_onnx",
        version="2",
        weights_digest=WEIGHTS,
        tier=region_pb2.TIER_ACCURATE,
        trace_id=TRACE_ID,
        span_id="00f067aa0ba902b8",
    )


SHELF = """
plan {
  task: TASK_COMPARE
  targets { id: "t1" noun: "mug" attributes: "red" }
  targets { id: "t2" noun: "bowl" }
  targets { id: "t3" noun: "teapot" }
  targets { id: "t4" noun: "spoon" }
}
regions {
  id: "r1" label: "red mug" score: 0.93 box { x_min: 0.1 y_min: 0.5 x_max: 0.3 y_max: 0.8 }
  source { capability: CAPABILITY_DETECT model: "detect_onnx" version: "2" tier: TIER_ACCURATE }
  appearance {
    colors { name: "red" share: 0.62 } colors { name: "gray" share: 0.21 } colors { name: "teal" share: 0.17 }
    nearness: 0.8 pixels: 5321
  }
}
regions {
  id: "r2" label: "bowl" score: 0.71 box { x_min: 0.5 y_min: 0.55 x_max: 0.8 y_max: 0.85 }
  source { capability: CAPABILITY_DETECT model: "detect_onnx" version: "2" tier: TIER_FAST }
}
claims {
  id: "c1" text: "The mug is red." verdict: VERDICT_SUPPORTED evidence_score: 0.93 confidence: 0.88
  predicate { target_id: "t1" attribute { label: "mug" aspect: ASPECT_COLOR value: "red" } }
  citations { region_id: "r1" role: CITATION_ROLE_SUPPORTS }
  checks { kind: CHECK_KIND_COLOR outcome: CHECK_OUTCOME_PASSED detail: "r1 is measured as red, gray; red claimed"
    figures { key: "fit" value: 0.62 } figures { key: "pixels" value: 5321 } }
  checks { kind: CHECK_KIND_AGREEMENT outcome: CHECK_OUTCOME_PASSED detail: "the fast tier finds it there too"
    figures { key: "iou" value: 0.91 } }
}
claims {
  id: "c2" text: "The mug is left of the bowl." verdict: VERDICT_SUPPORTED evidence_score: 0.71 confidence: 0.8
  predicate {
    target_id: "t1" related { label: "mug" kind: RELATION_KIND_LEFT_OF object_id: "t2" object_label: "bowl" }
  }
  citations { region_id: "r1" role: CITATION_ROLE_SUPPORTS }
  citations { region_id: "r2" role: CITATION_ROLE_CONTEXT }
  checks { kind: CHECK_KIND_GEOMETRY outcome: CHECK_OUTCOME_PASSED detail: "derived again from the boxes"
    figures { key: "strength" value: 1 } }
}
claims {
  id: "c3" text: "The mug is smaller than the bowl." verdict: VERDICT_CONTRADICTED evidence_score: 0.4
  predicate {
    target_id: "t1" compared { label: "mug" aspect: ASPECT_SIZE least: true other_id: "t2" other_label: "bowl" }
  }
  citations { region_id: "r1" role: CITATION_ROLE_CONTRADICTS }
  checks { kind: CHECK_KIND_GEOMETRY outcome: CHECK_OUTCOME_FAILED detail: "the mug covers more of the picture" }
}
claims {
  id: "c4" text: "The mug is not full." verdict: VERDICT_UNVERIFIED evidence_score: 0.5
  predicate { target_id: "t1" state { label: "mug" value: "full" negated: true } }
  citations { region_id: "r1" role: CITATION_ROLE_SUPPORTS }
  checks { kind: CHECK_KIND_JUDGE outcome: CHECK_OUTCOME_INCONCLUSIVE detail: "nobody can be asked"
    inconclusive_reason: INCONCLUSIVE_REASON_NOT_BOUND }
}
claims {
  id: "c5" text: "There is no teapot." verdict: VERDICT_SUPPORTED evidence_score: 0.9
  predicate { target_id: "t3" absent { label: "teapot" queries: "teapot" } }
  checks { kind: CHECK_KIND_ABSENCE outcome: CHECK_OUTCOME_PASSED detail: "nothing there on the accurate tier either" }
}
abstentions {
  reason: ABSTENTION_REASON_LOW_CONFIDENCE target_id: "t4" detail: "a spoon was seen, but not clearly"
  near_region_ids: "r2"
}
"""
"""Regions lie in parts of the picture's width and height."""


def not_checkable(target_id: str) -> claim_pb2.Abstention:
    """What object questions get while no detector is bound."""
    return claim_pb2.Abstention(
        reason=claim_pb2.ABSTENTION_REASON_NOT_CHECKABLE,
        target_id=target_id,
        detail="no model is bound to detect; bind one with GROUNDWIRE_PERCEPTION_BINDINGS",
        capability=region_pb2.CAPABILITY_DETECT,
    )


def summary(answer: answer_pb2.Answer) -> provenance_service_pb2.AnswerSummary:
    return provenance_service_pb2.AnswerSummary(
        id=answer.id,
        question=answer.question,
        image_digest=answer.image.digest,
        create_time=answer.create_time,
        verdicts=[claim.verdict for claim in answer.claims],
        abstention_count=len(answer.abstentions),
        trace_id=answer.trace_id,
        record=answer.record,
        degradations=answer.degradations,
        models=sorted({f"{each.source.model}@{each.source.version}" for each in answer.regions}),
    )


def explained(answer: answer_pb2.Answer, claim: claim_pb2.Claim) -> provenance_service_pb2.ExplainClaimResponse:
    cited = {citation.region_id for citation in claim.citations}
    meant = [target for target in answer.plan.targets if target.id == claim.predicate.target_id]
    return provenance_service_pb2.ExplainClaimResponse(
        question=answer.question,
        image=answer.image,
        plan=answer.plan,
        target=meant[0] if meant else None,
        cited_regions=[each for each in answer.regions if each.id in cited],
        rival_regions=[each for each in answer.regions if each.text == "YAMARA"],
        escalations=answer.escalations,
        composer=answer.composer,
        claim=claim,
        trace_id=answer.trace_id,
        record=answer.record,
    )


def spans(answer: answer_pb2.Answer) -> Iterable[provenance_service_pb2.Span]:
    """A root and a child for each step, one after the other."""
    total = sum(timing.duration.ToNanoseconds() for timing in answer.timings)
    begin = answer.create_time.ToNanoseconds()
    yield _span("root", "", "Ask", begin, total)
    for number, timing in enumerate(answer.timings):
        nanoseconds = timing.duration.ToNanoseconds()
        yield _span(f"s{number}", "root", timing.step, begin, nanoseconds)
        begin += nanoseconds


def _span(span_id: str, parent: str, name: str, begin: int, nanoseconds: int) -> provenance_service_pb2.Span:
    span = provenance_service_pb2.Span(span_id=span_id, parent_span_id=parent, name=name, service="fusion")
    span.start_time.FromNanoseconds(begin)
    span.duration.FromNanoseconds(nanoseconds)
    return span
