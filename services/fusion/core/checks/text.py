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
from services.common.plans import TextField
from services.fusion.core import layout, pool
from services.fusion.core.checks.case import inconclusive, supporting, weakest
from services.fusion.core.checks.citation import states_absence
from services.fusion.core.checks.inquiries import ReadAgain
from services.fusion.core.lettering import NEAR, digits, presence
from services.fusion.core.values import FINDERS

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
        """Each supporting region of lettering that the two tiers do not agree on."""
        regions = _supporting(draft, case)
        return tuple(ReadAgain(r.box) for r in regions if not _agreed(_expected(draft, r, case), r, case))

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """The weakest of the regions decides."""
        regions = _supporting(draft, case)
        if not regions:
            return inconclusive(CheckKind.TEXT, InconclusiveReason.UNSURE, "no lettering is cited to be read again")
        field = draft.statement.field if isinstance(draft.statement, Field) else TextField.ANY
        return weakest([_judge(_expected(draft, region, case), field, region, case) for region in regions])


def _supporting(draft: ClaimDraft, case: Case) -> list[Region]:
    return pool.written(supporting(draft, case))


def _expected(draft: ClaimDraft, region: Region, case: Case) -> str:
    """What must be read at the region for the claim to hold."""
    match draft.statement:
        case Reading(text=text):
            return text
        case Field(value=value):
            return value
        case _:
            target = case.target(draft.target_id)
            return target.literal_text if target is not None and target.literal_text else region.text


def _agreed(expected: str, region: Region, case: Case) -> bool:
    """Whether another tier read the same at the place."""
    return any(presence(expected, other.text) == 1 for other in _others(region, case))


def _others(region: Region, case: Case) -> list[Region]:
    others = [r for r in pool.written(case.regions.values()) if r.source.tier is not region.source.tier and r.text]
    return pool.at_place(region.box, others)


def _judge(expected: str, field: TextField, region: Region, case: Case) -> Check:
    fresh = case.found(ReadAgain(region.box))
    if not isinstance(fresh, InconclusiveReason):
        seen = layout.reading_order(pool.at_place(region.box, [r for r in fresh if r.text]))
        return _compared(expected, field, seen, "a fresh look by the accurate tier")
    if _agreed(expected, region, case):
        return _compared(expected, field, layout.reading_order(_others(region, case)), "the other tier")
    return inconclusive(CheckKind.TEXT, fresh, f'"{expected}" was not read again')


def _compared(expected: str, field: TextField, seen: list[Region], who: str) -> Check:
    text = " ".join(region.text for region in seen)
    source: Source | None = seen[0].source if seen else None
    if not text:
        nothing = f'{who} read nothing where "{expected}" is'
        return replace(inconclusive(CheckKind.TEXT, InconclusiveReason.UNSURE, nothing), source=source)
    readings = [text, *(region.text for region in seen)]
    if field in FINDERS:
        # A currency sign or a key may run into the value ("S8.20"): values are compared with values.
        readings += [FINDERS[field](reading) for reading in readings]
    likeness, closest = max((presence(expected, reading), reading) for reading in readings)
    figures_match = digits(expected) in digits(closest)
    detail = f'"{expected}" was claimed; {who} reads "{text}"'
    figures = {"similarity": round(likeness, 4), "digits_match": float(figures_match)}
    if likeness == 1 and figures_match:
        return Check(CheckKind.TEXT, CheckOutcome.PASSED, detail, figures, source)
    if likeness < NEAR or not figures_match:
        return Check(CheckKind.TEXT, CheckOutcome.FAILED, detail, figures, source)
    return Check(CheckKind.TEXT, CheckOutcome.INCONCLUSIVE, detail, figures, source, InconclusiveReason.UNSURE)
