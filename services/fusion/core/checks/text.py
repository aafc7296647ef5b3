"""Is this really what is written there?

The cited lettering is compared with a reading that the claim was not made from: the other tier's, where both tiers
read the place and agree; else a fresh look by the accurate tier at that place. (Perception shows its model the
surroundings too.)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from services.common.claims import (
    Check,
    CheckKind,
    CheckOutcome,
    Field,
    InconclusiveReason,
    Knowledge,
    Reading,
)
from services.fusion.core import layout, pool
from services.fusion.core.checks.case import context, inconclusive, supporting, weakest
from services.fusion.core.checks.citation import states_absence
from services.fusion.core.checks.inquiries import ReadAgain
from services.fusion.core.forms import FINDERS, Form, form_of
from services.fusion.core.lettering import NEAR, digits, normalised, presence

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.regions import Region, Source
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry


class TextTest:
    """The lettering of every supporting region, read again."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:
        """For statements that rest on lettering."""
        if isinstance(draft.statement, Knowledge) or states_absence(draft):
            return False
        target = case.target(draft.target_id)
        read = isinstance(draft.statement, Reading | Field) or (target is not None and target.is_text)
        return read or bool(_supporting(draft, case))

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:
        """Each region of lettering that carries the claim and that the two tiers do not agree on."""
        return tuple(ReadAgain(r.box) for r, part in _carrying(draft, case) if not _agreed(part, r, case))

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """The weakest of the regions decides."""
        carrying = _carrying(draft, case)
        if not carrying:
            return inconclusive(CheckKind.TEXT, InconclusiveReason.UNSURE, "no lettering is cited to be read again")
        said = draft.statement
        form = form_of(said.field, said.key) if isinstance(said, Field) else Form.ANY
        return weakest([_judge(part, form, region, case) for region, part in carrying])


def _supporting(draft: ClaimDraft, case: Case) -> list[Region]:
    return pool.written(supporting(draft, case))


def _carrying(draft: ClaimDraft, case: Case) -> list[tuple[Region, str]]:
    """The regions that carry the claim, each with what must be read there.

    A value that wraps over lines, such as a firm's name, and a line of several pieces are read piece by piece: what
    helps to understand the claim then carries it too.
    """
    regions = _supporting(draft, case)
    said = _said(draft)
    if said and regions:
        pieces = _pieces(said, [*regions[:1], *pool.written(context(draft, case))])
        if len(pieces) > 1:
            return pieces
    return [(region, _expected(draft, region, case)) for region in regions]


def _said(draft: ClaimDraft) -> str:
    match draft.statement:
        case Reading(text=text):
            return text
        case Field(value=value):
            return value
        case _:
            return ""


def _pieces(value: str, regions: list[Region]) -> list[tuple[Region, str]]:
    """The value parted by what each region holds of it, in their order; empty where they do not hold all of it."""
    words, pieces = value.split(), []
    for region in regions:
        held = normalised(region.text)
        count = max((n for n in range(len(words) + 1) if normalised("".join(words[:n])) in held), default=0)
        if count:
            pieces.append((region, " ".join(words[:count])))
            words = words[count:]
    return [] if words else pieces


def _expected(draft: ClaimDraft, region: Region, case: Case) -> str:
    """What must be read at the region for the claim to hold."""
    target = case.target(draft.target_id)
    return _said(draft) or (target.literal_text if target is not None and target.literal_text else region.text)


def _agreed(expected: str, region: Region, case: Case) -> bool:
    """Whether another tier read the same at the place."""
    return any(presence(expected, other.text) == 1 for other in _others(region, case))


def _others(region: Region, case: Case) -> list[Region]:
    around = pool.written(case.around(region.box))
    return pool.at_place(region.box, [r for r in around if r.source.tier is not region.source.tier and r.text])


def _judge(expected: str, form: Form, region: Region, case: Case) -> Check:
    fresh = case.found(ReadAgain(region.box))
    if not isinstance(fresh, InconclusiveReason):
        seen = layout.reading_order(pool.at_place(region.box, [r for r in fresh if r.text]))
        return _compared(expected, form, seen, "a fresh look by the accurate tier")
    if _agreed(expected, region, case):
        return _compared(expected, form, layout.reading_order(_others(region, case)), "the other tier")
    return inconclusive(CheckKind.TEXT, fresh, f'"{expected}" was not read again')


def _compared(expected: str, form: Form, seen: list[Region], who: str) -> Check:
    text = " ".join(region.text for region in seen)
    source: Source | None = seen[0].source if seen else None
    if not text:
        nothing = f'{who} read nothing where "{expected}" is'
        return replace(inconclusive(CheckKind.TEXT, InconclusiveReason.UNSURE, nothing), source=source)
    readings = [text, *(region.text for region in seen)]
    if form in FINDERS:
        # A currency sign or a key may run into the value ("S8.20"): values are compared with values.
        readings += [FINDERS[form](reading) for reading in readings]
    likeness, closest = max((presence(expected, reading), reading) for reading in readings)
    figures_match = digits(expected) in digits(closest)
    detail = f'"{expected}" was claimed; {who} reads "{text}"'
    figures = {"similarity": round(likeness, 4), "digits_match": float(figures_match)}
    if likeness == 1 and figures_match:
        return Check(CheckKind.TEXT, CheckOutcome.PASSED, detail, figures, source)
    if likeness < NEAR or not figures_match:
        return Check(CheckKind.TEXT, CheckOutcome.FAILED, detail, figures, source)
    return Check(CheckKind.TEXT, CheckOutcome.INCONCLUSIVE, detail, figures, source, InconclusiveReason.UNSURE)
