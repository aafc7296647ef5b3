"""Is this really what is written there?

The cited lettering is compared with a reading that the claim was not made from: the other tier's, where both tiers
read the place and agree; else a fresh look by the accurate tier at that place. (Perception shows its model the
surroundings too.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.claims import Check, CheckKind, CheckOutcome, CitationRole, Count, Exists, Field, Located, Reading
from services.common.plans import TextField
from services.common.regions import Capability
from services.fusion.core import layout, pool
from services.fusion.core.lettering import NEAR, digits, presence
from services.fusion.core.values import FINDERS

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.geometry import Box
    from services.common.regions import Region, Source
    from services.fusion.core.checks.case import Case


class TextTest:
    """The lettering of every supporting region, read again."""

    def applies(self, draft: ClaimDraft) -> bool:
        """For statements that rest on lettering."""
        return isinstance(draft.statement, Reading | Field | Exists | Located | Count)

    def looks(self, draft: ClaimDraft, case: Case) -> tuple[Box, ...]:
        """Each supporting region of lettering that the two tiers do not agree on."""
        regions = _supporting(draft, case)
        return tuple(r.box for r in regions if not _agreed(_expected(draft, r), r, case))

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """The weakest of the regions decides. Claims about objects pass by without lettering to compare."""
        regions = _supporting(draft, case)
        if not regions:
            return Check(CheckKind.TEXT, CheckOutcome.INCONCLUSIVE, "no lettering is cited that could be read again")
        field = draft.statement.field if isinstance(draft.statement, Field) else TextField.ANY
        judged = [_judge(_expected(draft, region), field, region, case) for region in regions]
        return min(judged, key=lambda check: _RANK[check.outcome])


_RANK: Final = {CheckOutcome.FAILED: 0, CheckOutcome.INCONCLUSIVE: 1, CheckOutcome.PASSED: 2}


def _supporting(draft: ClaimDraft, case: Case) -> list[Region]:
    cited = (case.regions.get(c.region_id) for c in draft.citations if c.role is CitationRole.SUPPORTS)
    return [r for r in cited if r is not None and r.source.capability is Capability.READ_TEXT]


def _expected(draft: ClaimDraft, region: Region) -> str:
    match draft.statement:
        case Reading(text=text):
            return text
        case Field(value=value):
            return value
        case _:
            return region.text


def _agreed(expected: str, region: Region, case: Case) -> bool:
    """Whether another tier read the same at the place."""
    return any(presence(expected, other.text) == 1 for other in _others(region, case))


def _others(region: Region, case: Case) -> list[Region]:
    at_place = pool.at_place(region.box, list(case.regions.values()))
    return [r for r in at_place if r.source.tier is not region.source.tier and r.text]


def _judge(expected: str, field: TextField, region: Region, case: Case) -> Check:
    fresh = case.looks.get(region.box)
    if fresh is not None:
        seen = layout.reading_order(pool.at_place(region.box, [r for r in fresh if r.text]))
        return _compared(expected, field, seen, "a fresh look by the accurate tier")
    if _agreed(expected, region, case):
        return _compared(expected, field, layout.reading_order(_others(region, case)), "the other tier")
    return Check(CheckKind.TEXT, CheckOutcome.INCONCLUSIVE, f'"{expected}" was not read again')


def _compared(expected: str, field: TextField, seen: list[Region], who: str) -> Check:
    text = " ".join(region.text for region in seen)
    source: Source | None = seen[0].source if seen else None
    if not text:
        return Check(CheckKind.TEXT, CheckOutcome.INCONCLUSIVE, f'{who} read nothing where "{expected}" is', {}, source)
    readings = [text, *(region.text for region in seen)]
    if field in FINDERS:
        # A currency sign or a key may run into the value ("S8.20"): values are compared with values.
        readings += [FINDERS[field](reading) for reading in readings]
    likeness, closest = max((presence(expected, reading), reading) for reading in readings)
    figures_match = digits(expected) in digits(closest)
    if likeness == 1 and figures_match:
        outcome = CheckOutcome.PASSED
    elif likeness < NEAR or not figures_match:
        outcome = CheckOutcome.FAILED
    else:
        outcome = CheckOutcome.INCONCLUSIVE
    detail = f'"{expected}" was claimed; {who} reads "{text}"'
    figures = {"similarity": round(likeness, 4), "digits_match": float(figures_match)}
    return Check(CheckKind.TEXT, outcome, detail, figures, source)
