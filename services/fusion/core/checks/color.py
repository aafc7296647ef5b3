"""Is it of that colour, measured again?

The second measurement takes the pixels well inside the box, where less of the background shows; of those, the ones in
the region's mask where it has one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from services.common.claims import (
    Absent,
    Attribute,
    Check,
    CheckKind,
    CheckOutcome,
    CitationRole,
    InconclusiveReason,
    Related,
)
from services.common.geometry import Box
from services.common.plans import Aspect, RelationKind
from services.common.regions import Appearance
from services.fusion.core import traits
from services.fusion.core.checks.case import cited, inconclusive, relations_of, supporting, things, weakest
from services.fusion.core.checks.citation import states_absence
from services.fusion.core.checks.inquiries import MeasureAgain
from services.fusion.core.scene import attributes, palette, relations

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.regions import Region
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry

CORE: Final = 0.6
"""Share of a box's width and height that is measured again, around its middle."""

_SEVERAL: Final = re.compile(r", | and ")

FAILS_BELOW: Final = 0.2
"""Fit below which the colour is refuted; from here to where it holds, nothing is decided."""


class ColorTest:
    """Every colour that a claim gives to what it cites."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:
        """For colours, and for likeness of colour."""
        if states_absence(draft) or isinstance(draft.statement, Absent):
            return False
        return bool(_claimed(draft, case)) or _likened(draft, case)

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:
        """Each cited thing, measured again."""
        regions = supporting(draft, case)
        if _likened(draft, case):
            regions = [*regions, *cited(draft, case, CitationRole.CONTEXT)]
        return tuple(dict.fromkeys(measuring(region) for region in regions))

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """The weakest of the things decides."""
        checks = [
            _colored(color, region, case) for color in _claimed(draft, case) for region in supporting(draft, case)
        ]
        if _likened(draft, case):
            checks.append(_alike(draft, case))
        if not checks:
            return inconclusive(CheckKind.COLOR, InconclusiveReason.UNSURE, "no place is cited to be measured again")
        return weakest(checks)


def measuring(region: Region) -> MeasureAgain:
    """The measurement of a region by fewer pixels than its first: those in its middle, and in its mask if any."""
    return MeasureAgain(shrunk(region.box, CORE), region.mask)


def shrunk(box: Box, share: float) -> Box:
    """The middle of a box: `share` of its width and of its height."""
    x, y = box.center
    half_width, half_height = box.width * share / 2, box.height * share / 2
    return Box(x - half_width, y - half_height, x + half_width, y + half_height)


def fit_again(color: str, region: Region, case: Case) -> tuple[float, Appearance] | InconclusiveReason:
    """How well a colour fits what was measured again."""
    reply = case.measured(measuring(region))
    if isinstance(reply, InconclusiveReason):
        return reply
    fits = _fit(color, replace(region, appearance=reply), case)
    return InconclusiveReason.UNSURE if fits is None else (fits, reply)


def _fit(color: str, region: Region, case: Case) -> float | None:
    """How well a colour fits; of several, "red and white", the share of the pixels that are one of them."""
    tones = [palette.tone(word) for word in _SEVERAL.split(color)]
    if len(tones) == 1:
        return attributes.fits(color, region, (region,), case.image_size)
    shares = [None if tone is None else palette.share(region, tone) for tone in tones]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares):
        return None
    return 0.0 if min(known) == 0 else min(1.0, sum(known))


def _claimed(draft: ClaimDraft, case: Case) -> tuple[str, ...]:
    if isinstance(draft.statement, Attribute) and draft.statement.aspect is Aspect.COLOR:
        return (draft.statement.value,)
    target = case.target(draft.target_id)
    return traits.colors(target) if target is not None and things(draft, case) else ()


def _likened(draft: ClaimDraft, case: Case) -> bool:
    if isinstance(draft.statement, Related):
        return draft.statement.kind is RelationKind.SAME_COLOR
    alike = any(relation.kind is RelationKind.SAME_COLOR for relation in relations_of(draft, case))
    return alike and bool(cited(draft, case, CitationRole.CONTEXT))


def _colored(color: str, region: Region, case: Case) -> Check:
    found = fit_again(color, region, case)
    if isinstance(found, InconclusiveReason):
        return inconclusive(CheckKind.COLOR, found, f"whether {region.id} is {color}")
    fits, seen = found
    names = ", ".join(f"{name} {share:.2f}" for name, share in seen.colors[:3]) or "no colour"
    figures = {"fit": round(fits, 4), "pixels": float(seen.pixels)}
    return _graded(fits, f"{region.id} is measured as {names}; {color} claimed", figures)


def _alike(draft: ClaimDraft, case: Case) -> Check:
    pair = [*supporting(draft, case)[:1], *cited(draft, case, CitationRole.CONTEXT)[:1]]
    seen = [case.measured(measuring(region)) for region in pair]
    looks = [reply for reply in seen if isinstance(reply, Appearance)]
    if len(looks) < 2:  # noqa: PLR2004 - both are needed
        reason = next((reply for reply in seen if isinstance(reply, InconclusiveReason)), InconclusiveReason.UNSURE)
        return inconclusive(CheckKind.COLOR, reason, "whether the two are of one colour")
    one, other = (replace(region, appearance=look) for region, look in zip(pair, looks, strict=True))
    likeness = relations.strength(RelationKind.SAME_COLOR, one, other, image_size=case.image_size)
    if likeness is None:
        return inconclusive(CheckKind.COLOR, InconclusiveReason.UNSURE, "whether the two are of one colour")
    return _graded(likeness, f"{one.id} and {other.id} share {likeness:.2f} of their colours", {"fit": likeness})


def _graded(fits: float, detail: str, figures: dict[str, float]) -> Check:
    if fits >= relations.HOLDS_FROM:
        return Check(CheckKind.COLOR, CheckOutcome.PASSED, detail, figures)
    if fits < FAILS_BELOW:
        return Check(CheckKind.COLOR, CheckOutcome.FAILED, detail, figures)
    unsure = InconclusiveReason.UNSURE
    return Check(CheckKind.COLOR, CheckOutcome.INCONCLUSIVE, detail, figures, inconclusive_reason=unsure)
