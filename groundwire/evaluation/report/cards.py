"""One question of a report: the picture with what the mesh cited and what is true."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageOps

from groundwire import words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from groundwire.answers import Answer
    from groundwire.evaluation.examples import Box
    from groundwire.evaluation.outcomes import Outcome

PREVIEW_PX: Final = 900
"""Longest side of an embedded picture."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a report shows of a question.

    Attributes:
        outcome: What became of it.
        mark: In one word: error, wrong and supported, wrong, abstained, right.
        picture: A data URL; the mesh's regions are drawn on it.
        size: Of the picture that boxes are given in.
        gold_boxes: Where the truth has it.
        checks: What the leading claim went through, a line each.
    """

    outcome: Outcome
    mark: str
    picture: str
    size: tuple[int, int]
    gold_boxes: tuple[Box, ...]
    checks: tuple[str, ...]


MARKS: Final = ("error", "wrong and supported", "wrong", "abstained", "right")
"""In the order of a report: what must not be comes first."""


def mark(outcome: Outcome) -> str:
    """What a question comes under."""
    if outcome.error:
        return "error"
    if outcome.is_right:
        return "right"
    if not outcome.answered:
        return "abstained"
    return "wrong and supported" if outcome.verdict == "supported" else "wrong"


def ordered(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Failures first; among them those that were most sure of themselves."""
    return sorted(outcomes, key=lambda one: (MARKS.index(mark(one)), -(one.confidence or 0.0), one.id))


def card(outcome: Outcome, image: Path, answer: Answer | None, gold_boxes: tuple[Box, ...]) -> Card:
    """With the picture drawn on and made small."""
    with Image.open(image) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    size = picture.size
    drawn = picture if answer is None or not answer.regions else answer.draw(picture)
    drawn.thumbnail((PREVIEW_PX, PREVIEW_PX))
    stream = io.BytesIO()
    drawn.save(stream, format="JPEG", quality=80)
    url = "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
    return Card(outcome, mark(outcome), url, size, gold_boxes, _checks(outcome, answer))


def _checks(outcome: Outcome, answer: Answer | None) -> tuple[str, ...]:
    if answer is None or not outcome.claims:
        return tuple(one.detail for one in answer.abstentions) if answer is not None else ()
    leading = answer.claim(outcome.claims[0].id)
    return tuple(f"{words.check(one.kind)} {words.outcome(one.outcome)}: {one.detail}" for one in leading.checks)
