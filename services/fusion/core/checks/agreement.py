"""Does another look find the same thing at the same place?

A thing that both tiers found stands by that. Where one alone found it, the accurate tier is shown the place with its
surroundings. That it then finds nothing leaves the claim open; if the accurate tier found nothing in the whole picture
either, two looks stand against one, and the claim falls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.claims import Check, CheckKind, CheckOutcome, InconclusiveReason
from services.common.geometry import iou
from services.common.regions import Capability, Tier
from services.fusion.core import phrases, pool
from services.fusion.core.checks.case import inconclusive, things, weakest
from services.fusion.core.checks.citation import states_absence
from services.fusion.core.checks.inquiries import FindAgain
from services.fusion.core.policy import CREDIBLE_FROM

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.regions import Region
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry

SURE_ALONE: Final = 0.7
"""Score that both looks must have where one model took both: two looks of one model are not two witnesses.

With a weak detector (FastestDet) on 50 everyday photos (COCO), asked 147 times for what is not there, the one thing
that both of its looks agreed on scored 0.65; of 39 things that are there, 34 scored higher.
"""

SURROUNDINGS: Final = 0.5
"""How much of the larger side of a box is added around it for the second look: detectors need to see what is about."""


class AgreementTest:
    """Every supporting thing, looked for again."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:
        """For claims about things."""
        target = case.target(draft.target_id)
        is_object = target is not None and not target.is_text
        return bool(things(draft, case)) or (is_object and bool(draft.citations) and not states_absence(draft))

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:
        """A look at each thing that one tier alone has found."""
        return tuple(again(region, case) for region in things(draft, case) if twin(region, case) is None)

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """The weakest of the things decides."""
        checks = [_agreed(region, case) for region in things(draft, case)]
        if not checks:
            return inconclusive(CheckKind.AGREEMENT, InconclusiveReason.UNSURE, "no thing is cited to be found again")
        return weakest(checks)


def again(region: Region, case: Case) -> FindAgain:
    """The look that would find the region again."""
    margin = SURROUNDINGS * max(region.box.width, region.box.height)
    return FindAgain(region.box.grown(margin, case.image_size), (region.label,))


def twin(region: Region, case: Case) -> Region | None:
    """The same thing as the other tier found it; the best, if several did."""
    names = phrases.names(region.label)
    around = pool.labelled(case.around(region.box), names)
    others = [r for r in around if r.source.tier is not region.source.tier]
    near = [r for r in others if pool.same_thing(r.box, region.box) and pool.score(r) >= CREDIBLE_FROM]
    return max(near, key=lambda r: (iou(r.box, region.box), r.id), default=None)


def seen_again(region: Region, case: Case) -> Region | None:
    """The thing as another look sees it: the second look at its place, else the other tier."""
    reply = case.found(again(region, case))
    if not isinstance(reply, InconclusiveReason):
        near = [r for r in reply if pool.same_thing(r.box, region.box) and pool.score(r) >= CREDIBLE_FROM]
        if near:
            return max(near, key=lambda r: (iou(r.box, region.box), r.id))
    return twin(region, case)


def _agreed(region: Region, case: Case) -> Check:
    other = seen_again(region, case)
    if other is not None and _one_witness(region, other):
        what = f"one model took both looks at {region.id}, and is not sure ({pool.score(other):.2f}) of {region.label}"
        return inconclusive(CheckKind.AGREEMENT, InconclusiveReason.UNSURE, what)
    if other is not None:
        overlap = iou(region.box, other.box)
        detail = f"{other.source.model} ({other.source.tier.name.lower()}) finds {region.label} there too"
        figures = {"iou": round(overlap, 4), "score": round(pool.score(other), 4)}
        return Check(CheckKind.AGREEMENT, CheckOutcome.PASSED, detail, figures, other.source)
    reply = case.found(again(region, case))
    if isinstance(reply, InconclusiveReason):
        return inconclusive(CheckKind.AGREEMENT, reply, f"{region.id} was not looked for again")
    passed_over = region.source.tier is Tier.FAST and case.sought(Capability.DETECT, Tier.ACCURATE, region.label)
    if passed_over:
        detail = f"the accurate tier finds no {region.label} at {region.id}, neither in the picture nor at the place"
        return Check(CheckKind.AGREEMENT, CheckOutcome.FAILED, detail, {"found_again": 0.0})
    what = f"a second look finds no {region.label} at {region.id}"
    return inconclusive(CheckKind.AGREEMENT, InconclusiveReason.UNSURE, what)


def _one_witness(region: Region, other: Region) -> bool:
    """Whether one model took both looks, and was not sure in one of them."""
    one, another = region.source, other.source
    same = (one.model, one.weights_digest) == (another.model, another.weights_digest)
    return same and min(pool.score(region), pool.score(other)) < SURE_ALONE
