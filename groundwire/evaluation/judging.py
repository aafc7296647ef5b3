"""Holds an answer against the truth.

A claim counts unless the mesh itself contradicts it. What is counted as right follows the published rules of each kind:
boxes at IoU 0.5 (RefCOCO), lettering without case and punctuation (ICDAR), amounts by their worth, free answers by the
ten people asked (VQA), no-target phrases by a stated absence (gRefCOCO). A piece of lettering is carried by any region
that has at least half of the smaller of the two: sets mark words, and readers read lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from rapidfuzz import fuzz

from groundwire import words
from groundwire.evaluation.examples import Phrases, Question, Reading
from groundwire.evaluation.metrics import boxes as fit
from groundwire.evaluation.metrics import text
from groundwire.evaluation.outcomes import JudgedClaim, Outcome
from groundwire.evaluation.statements import statement_of
from groundwire.evaluation.texts import normalised, same_value, words_of
from groundwire.v1 import claim_pb2, plan_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundwire.answers import Answer
    from groundwire.evaluation.examples import Box, Example, Gold
    from groundwire.evaluation.statements import Statement
    from groundwire.v1 import region_pb2

IOU: Final = 0.5
"""From here on a box is the true one."""

NOWHERE: Final = 0.1
"""Below this IoU with every true box, a box shows something that is not there; between, it is only imprecise."""

UNLIKE: Final = 60.0
"""Lettering less like any line of the picture than this (rapidfuzz's partial ratio, 0 to 100) is made up."""

PRESENT: Final = frozenset({"exists", "located"})
LETTERED: Final = frozenset({"reading", "field"})


def outcomes(example: Example, answer: Answer) -> tuple[Outcome, ...]:
    """One outcome for the question, or one a phrase."""
    if not isinstance(example.ask, Phrases):
        return (_Judge(example, answer, example.golds, "").outcome(example.id, asked(example)),)
    judged = []
    for number, (phrase, gold) in enumerate(zip(example.ask.phrases, example.golds, strict=True), start=1):
        judge = _Judge(example, answer, (gold,), f"t{number}")
        judged.append(judge.outcome(f"{example.id}/{number}", phrase))
    return tuple(judged)


def failed(example: Example, reason: str) -> tuple[Outcome, ...]:
    """The outcomes of a call that came to no answer."""
    phrases = example.ask.phrases if isinstance(example.ask, Phrases) else (asked(example),)
    one_each = isinstance(example.ask, Phrases)
    return tuple(
        Outcome(
            id=f"{example.id}/{number}" if one_each else example.id,
            example=example.id,
            image=example.image.name,
            stratum=example.stratum,
            asked=phrase,
            gold=_told((example.golds[number - 1],) if one_each else example.golds),
            error=reason,
            absent=_is_absent((example.golds[number - 1],) if one_each else example.golds),
        )
        for number, phrase in enumerate(phrases, start=1)
    )


def asked(example: Example) -> str:
    """What is asked, for people."""
    match example.ask:
        case Question(text=question):
            return question
        case Phrases(phrases=phrases):
            return ", ".join(phrases)
    return "read all lettering"


def _is_absent(golds: Sequence[Gold]) -> bool:
    return bool(golds) and all(gold.is_absent for gold in golds)


def _told(golds: Sequence[Gold], most: int = 6) -> str:
    """The truth, for people."""
    parts = []
    for gold in golds[:most]:
        value = " or ".join(dict.fromkeys(gold.values))
        count = f" x{len(gold.boxes)}" if gold.kind == "located" and len(gold.boxes) > 1 else ""
        parts.append(value or f"{gold.kind} {gold.label}{count}".strip())
    more = f" … and {len(golds) - most} more" if len(golds) > most else ""
    return "; ".join(parts) + more


@dataclass(frozen=True, slots=True)
class _Judge:
    """One thing that was asked: its truth, and what the answer has to it."""

    example: Example
    answer: Answer
    golds: tuple[Gold, ...]
    target_id: str

    def outcome(self, name: str, asked_for: str) -> Outcome:
        claims = [claim for claim in self._claims() if not self._is_ignored(claim)]
        leading = claims[0] if claims else None
        judged = tuple(self._judged(claim) for claim in claims)
        found = sum(any(self._agrees(claim, gold) for claim in claims) for gold in self.golds)
        where = self._boxes(claims)
        rejected = self._rejects(claims)
        return Outcome(
            id=name,
            example=self.example.id,
            image=self.example.image.name,
            stratum=self.example.stratum,
            asked=asked_for,
            gold=_told(self.golds),
            said=self._said(leading),
            credit=self._credit(claims, judged, found, rejected=rejected),
            absent=_is_absent(self.golds),
            rejected=rejected,
            answered=leading is not None or rejected,
            misunderstood=self._is_misunderstood(),
            abstained="" if leading is not None else self._reason(),
            verdict=words.verdict(leading.verdict) if leading is not None else "",
            confidence=_confidence(leading) if leading is not None else None,
            golds=len(self.golds),
            found=found,
            words=self._words(claims),
            distance=self._distance(leading),
            claims=judged,
            answer=self.answer.id,
            **where,
        )

    def _claims(self) -> Iterator[claim_pb2.Claim]:
        """What the mesh stands by, of this target."""
        for claim in self.answer.claims:
            if claim.verdict != claim_pb2.VERDICT_CONTRADICTED and self.target_id in ("", claim.predicate.target_id):
                yield claim

    def _regions(self, claim: claim_pb2.Claim) -> list[region_pb2.Region]:
        """Those that it cites in support."""
        ids = [leg.region_id for leg in claim.citations if leg.role == claim_pb2.CITATION_ROLE_SUPPORTS]
        by_id = {region.id: region for region in self.answer.regions}
        return [by_id[one] for one in ids if one in by_id]

    def _is_ignored(self, claim: claim_pb2.Claim) -> bool:
        """Whether all that it rests on lies where the truth is silent, and nowhere near what is true."""
        regions = self._regions(claim)
        silent, true = fit.as_array(self.example.ignore), fit.as_array(self._gold_boxes())
        if not regions or not len(silent):
            return False
        cited = fit.as_array([_box(region) for region in regions])
        near_truth = len(true) > 0 and (fit.overlaps(cited, true) >= IOU).any()
        return bool((fit.overlaps(cited, silent) >= IOU).any(axis=1).all()) and not near_truth

    def _gold_boxes(self) -> tuple[Box, ...]:
        return tuple(box for gold in self.golds for box in gold.boxes)

    def _agrees(self, claim: claim_pb2.Claim, gold: Gold) -> bool:  # noqa: PLR0911 - one line a kind of truth
        said = statement_of(claim.predicate)
        if gold.is_absent:
            return said.is_absence
        if gold.kind in PRESENT:
            return said.kind in PRESENT and (said.kind == "exists" or self._is_there(claim, gold))
        if gold.kind == "count":
            return (said.kind == "count" and said.value in gold.values) or (said.is_absence and "0" in gold.values)
        if gold.kind == "reading":
            return said.kind in LETTERED and _is_written(gold.values, said.value) and self._is_there(claim, gold)
        if gold.kind == "field":
            return said.kind in LETTERED and any(same_value(said.value, value) for value in gold.values)
        if gold.kind == "answer":
            return text.vqa_accuracy(said.spoken, gold.values) >= IOU
        return said.kind == gold.kind and normalised(said.value) in {normalised(value) for value in gold.values}

    def _is_there(self, claim: claim_pb2.Claim, gold: Gold) -> bool:
        """Whether a region that it cites is where the truth has it, or either of the two says nothing of a place."""
        regions = self._regions(claim)
        return not gold.boxes or not regions or any(_carries(region, gold) for region in regions)

    def _judged(self, claim: claim_pb2.Claim) -> JudgedClaim:
        said, regions = statement_of(claim.predicate), self._regions(claim)
        right = [gold for gold in self.golds if self._agrees(claim, gold)]
        correct = self._is_correct(said, right)
        placed = [gold for gold in right if gold.boxes]
        carrying = [region for region in regions if any(_carries(region, gold) for gold in placed)]
        return JudgedClaim(
            id=claim.id,
            kind=said.kind,
            verdict=words.verdict(claim.verdict),
            confidence=_confidence(claim),
            calibrated=claim.HasField("confidence"),
            correct=correct,
            hallucinated=self._is_hallucinated(said, regions, correct=correct),
            cited=len(regions) if placed else 0,
            carrying=len(carrying),
            label=said.label,
            place=self._place(regions[0]) if regions else None,
            iou=self._best_iou(regions[0]) if regions and self._gold_boxes() else None,
        )

    def _is_correct(self, said: Statement, right: list[Gold]) -> bool | None:
        if said.kind in ("", "knowledge"):
            return None
        if isinstance(self.example.ask, Reading) and said.kind == "reading":
            # Readers join words to lines, so a line is right when all its words are there.
            known = {word for line in self.example.lettering or () for word in words_of(line)}
            return bool(right) or (bool(words_of(said.value)) and set(words_of(said.value)) <= known)
        return bool(right)

    def _is_hallucinated(
        self, said: Statement, regions: list[region_pb2.Region], *, correct: bool | None
    ) -> bool | None:
        if not said.is_presence or correct is None:
            return None
        if correct:
            return False
        if said.kind in LETTERED:
            lines = self.example.lettering
            return None if lines is None else not any(_is_like(said.value, line) for line in lines)
        if _is_absent(self.golds):
            return True
        if said.kind == "located" and regions and self._gold_boxes():
            return all(self._best_iou(region) < NOWHERE for region in regions)
        return None

    def _best_iou(self, region: region_pb2.Region) -> float:
        return float(fit.ious(fit.as_array([_box(region)]), fit.as_array(self._gold_boxes())).max())

    def _place(self, region: region_pb2.Region) -> tuple[float, float, float, float]:
        size, (x_min, y_min, x_max, y_max) = self.answer.image.size, _box(region)
        wide, high = max(1, size.width), max(1, size.height)
        return (
            (x_min + x_max) / 2 / wide,
            (y_min + y_max) / 2 / high,
            (x_max - x_min) / wide,
            (y_max - y_min) / high,
        )

    def _rejects(self, claims: list[claim_pb2.Claim]) -> bool:
        """Whether it says that this is not there. That it cannot tell is something else."""
        stated = [statement_of(claim.predicate) for claim in claims]
        if stated:
            return all(one.is_absence for one in stated)
        return any(one.reason == claim_pb2.ABSTENTION_REASON_ABSENT for one in self._abstentions())

    def _abstentions(self) -> list[claim_pb2.Abstention]:
        return [one for one in self.answer.abstentions if self.target_id in ("", one.target_id) or not one.target_id]

    def _reason(self) -> str:
        """Why nothing is stated: an abstention's reason, or that the mesh's own checks withdrew what it had."""
        if any(self.target_id in ("", claim.predicate.target_id) for claim in self.answer.claims):
            return "contradicted"
        return next((words.reason(one.reason) for one in self._abstentions()), "said nothing")

    def _is_misunderstood(self) -> bool:
        """Whether the question was not parsed: the plan has no task."""
        return isinstance(self.example.ask, Question) and self.answer.plan.task == plan_pb2.TASK_UNSPECIFIED

    def _said(self, leading: claim_pb2.Claim | None) -> str:
        return leading.text if leading is not None else f"abstained: {self._reason()}"

    def _credit(
        self, claims: list[claim_pb2.Claim], judged: Sequence[JudgedClaim], found: int, *, rejected: bool
    ) -> float:
        if _is_absent(self.golds):
            return float(rejected)
        if isinstance(self.example.ask, Reading):
            common, said, gold = self._words(claims) or (0, 0, 0)
            return 2 * common / (said + gold) if said + gold else 1.0
        if not claims:
            return 0.0
        if self.golds[0].kind == "answer":
            return text.vqa_accuracy(statement_of(claims[0].predicate).spoken, self.golds[0].values)
        return float(bool(judged[0].correct) and found == len(self.golds))

    def _boxes(self, claims: list[claim_pb2.Claim]) -> dict[str, Any]:
        """What the outcome says of boxes, where they were asked for."""
        golds = [gold for gold in self.golds if gold.kind in {"located", "absent"}]
        if not isinstance(self.example.ask, Phrases) or not golds:
            return {}
        stated = [claim for claim in claims if statement_of(claim.predicate).is_presence]
        regions = list({r.id: r for claim in stated for r in self._regions(claim)}.values())
        ours, theirs = fit.as_array([_box(region) for region in regions]), fit.as_array(self._gold_boxes())
        facts: dict[str, Any] = {
            "label": golds[0].label,
            "boxes": tuple(_box(region) for region in regions),
            "scores": tuple(region.score if region.HasField("score") else 1.0 for region in regions),
            "gold_boxes": self._gold_boxes(),
            "region_iou": fit.region_iou(ours, theirs),
            "f1": fit.f1(ours, theirs),
        }
        if len(theirs):
            facts["iou"] = float(fit.ious(ours[:1], theirs).max()) if len(ours) else 0.0
            facts["pointed"] = bool(len(ours)) and bool(fit.points_into(ours[:1], theirs).any())
        return facts

    def _words(self, claims: list[claim_pb2.Claim]) -> tuple[int, int, int] | None:
        if not isinstance(self.example.ask, Reading):
            return None
        said = [word for claim in claims for word in words_of(statement_of(claim.predicate).value)]
        true = [word for gold in self.golds for value in gold.values[:1] for word in words_of(value)]
        return text.word_counts(said, true)

    def _distance(self, leading: claim_pb2.Claim | None) -> float | None:
        """Of values: fields and single readings."""
        values = [value for gold in self.golds if gold.kind in LETTERED for value in gold.values]
        if leading is None or not values or isinstance(self.example.ask, Reading):
            return None
        said = normalised(statement_of(leading.predicate).value)
        return min(text.edit_distance(said, normalised(value)) for value in values)


def _box(region: region_pb2.Region) -> Box:
    box = region.box
    return box.x_min, box.y_min, box.x_max, box.y_max


def _carries(region: region_pb2.Region, gold: Gold) -> bool:
    ours, theirs = fit.as_array([_box(region)]), fit.as_array(gold.boxes)
    measured = fit.overlaps(ours, theirs) if region.text else fit.ious(ours, theirs)
    return bool(np.any(measured >= IOU))


def _is_written(values: Sequence[str], said: str) -> bool:
    """Whether one of the values stands in what was read, as whole words."""
    read = words_of(said)
    wanted = [words_of(value) for value in values]
    runs = ((one, read[start : start + len(one)]) for one in wanted for start in range(len(read) - len(one) + 1))
    return any(one == run for one, run in runs if one)


def _is_like(said: str, line: str) -> bool:
    return fuzz.partial_ratio(normalised(said), normalised(line)) >= UNLIKE


def _confidence(claim: claim_pb2.Claim) -> float:
    return claim.confidence if claim.HasField("confidence") else claim.evidence_score
