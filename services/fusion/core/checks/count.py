"""Is the number the number of distinct places, and does another look count the same?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Check, CheckKind, CheckOutcome, Count, InconclusiveReason
from services.common.geometry import Box
from services.common.regions import Capability, Tier
from services.fusion.core import phrases, pool
from services.fusion.core.checks import absence
from services.fusion.core.checks.case import inconclusive, supporting, things
from services.fusion.core.checks.inquiries import FindAgain
from services.fusion.core.lettering import occurrences
from services.fusion.core.objects import STIRS_FROM
from services.fusion.core.policy import CREDIBLE_FROM

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.plans import Target
    from services.common.regions import Region
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry


class CountTest:
    """Counts the cited regions again, taking those at one place for one thing; things, by the other tier as well."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:  # noqa: ARG002 - the statement decides
        """For counts."""
        return isinstance(draft.statement, Count)

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:
        """For things that one tier alone was asked for: the whole picture, by the other."""
        target = _bare_object(draft, case)
        tier = None if target is None else _unasked(target, case)
        return () if target is None or tier is None else (_whole(target, tier, case),)

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """Failed where the recount is another number; for things, unsure where the other tier's is."""
        claimed = draft.statement.value if isinstance(draft.statement, Count) else -1
        recounted = _recounted(draft, case)
        figures = {"claimed": float(claimed), "recounted": float(recounted)}
        if recounted != claimed:
            detail = f"{claimed} claimed; {recounted} distinct places are cited"
            return Check(CheckKind.COUNT, CheckOutcome.FAILED, detail, figures)
        unread = _may_be_more(draft, case)
        if unread:
            what = f"{claimed} claimed; {unread} pieces of lettering that could be more of them cannot be read"
            return inconclusive(CheckKind.COUNT, InconclusiveReason.UNSURE, what)
        target = _bare_object(draft, case)
        if target is None or not claimed:
            detail = f"{claimed} claimed; {recounted} distinct places are cited"
            return Check(CheckKind.COUNT, CheckOutcome.PASSED, detail, figures)
        return _compared(target, claimed, figures, case)


def _may_be_more(draft: ClaimDraft, case: Case) -> int:
    """How many pieces of badly read lettering could be further ones of the words that were asked for."""
    target = case.target(draft.target_id)
    if target is None or not target.literal_text:
        return 0
    cited = supporting(draft, case)
    doubtful = absence.doubtful((target.literal_text,), case)
    return sum(not any(pool.same_place(region.box, other.box) for other in cited) for region in doubtful)


def _compared(target: Target, claimed: int, figures: dict[str, float], case: Case) -> Check:
    tallies: dict[Tier, int] = {}
    for tier in Tier:
        seen = _seen_by(target, tier, case)
        if isinstance(seen, InconclusiveReason):
            return inconclusive(CheckKind.COUNT, seen, f"the {tier.name.lower()} tier did not count {target.noun}")
        tallies[tier] = len(pool.distinct(r for r in seen if pool.score(r) >= CREDIBLE_FROM))
    figures |= {f"by_{tier.name.lower()}": float(tally) for tier, tally in tallies.items()}
    said = ", ".join(f"the {tier.name.lower()} tier counts {tally}" for tier, tally in tallies.items())
    faint = _faint(target, case)
    figures["faint"] = float(faint)
    if faint:
        said += f", and {faint} more may be there, too faint to count"
    if set(tallies.values()) == {claimed} and not faint:
        return Check(CheckKind.COUNT, CheckOutcome.PASSED, f"{claimed} claimed; {said}", figures)
    reason = InconclusiveReason.UNSURE
    return Check(
        CheckKind.COUNT, CheckOutcome.INCONCLUSIVE, f"{claimed} claimed; {said}", figures, inconclusive_reason=reason
    )


def _faint(target: Target, case: Case) -> int:
    """How many more things of the kind there may be: found, but not credible."""
    found = pool.distinct(pool.labelled(case.regions.values(), phrases.queries(target)))
    counted = [r for r in found if pool.score(r) >= CREDIBLE_FROM]
    rest = [r for r in found if STIRS_FROM <= pool.score(r) < CREDIBLE_FROM]
    return sum(not any(pool.same_thing(each.box, other.box) for other in counted) for each in rest)


def _seen_by(target: Target, tier: Tier, case: Case) -> list[Region] | InconclusiveReason:
    names = phrases.queries(target)
    if any(case.sought(Capability.DETECT, tier, name) for name in names):
        return [r for r in pool.labelled(case.regions.values(), names) if r.source.tier is tier]
    reply = case.found(_whole(target, tier, case))
    return reply if isinstance(reply, InconclusiveReason) else list(reply)


def _unasked(target: Target, case: Case) -> Tier | None:
    return next((t for t in Tier if not case.sought(Capability.DETECT, t, phrases.phrase(target))), None)


def _whole(target: Target, tier: Tier, case: Case) -> FindAgain:
    everywhere = Box(0.0, 0.0, float(case.image_size.width), float(case.image_size.height))
    return FindAgain(everywhere, (phrases.phrase(target),), tier)


def _bare_object(draft: ClaimDraft, case: Case) -> Target | None:
    """The counted kind of thing, where all of its kind are counted: then the tiers' tallies can be compared."""
    target = case.target(draft.target_id)
    if target is None or target.is_text or target.attributes or not things(draft, case):
        return None
    placed = any(relation.subject_id == target.id for relation in case.plan.relations)
    return None if placed or target.earlier else target


def _recounted(draft: ClaimDraft, case: Case) -> int:
    """The cited places; of words that were asked for, how often they stand there."""
    regions, target = supporting(draft, case), case.target(draft.target_id)
    if target is None or not target.literal_text:
        return len(_places(regions))
    return sum(occurrences(target.literal_text, region.text) for region in _places(regions))


def _places(regions: list[Region]) -> list[Region]:
    same = pool.same_thing if all(r.source.capability is not Capability.READ_TEXT for r in regions) else pool.same_place
    return pool.apart(regions, same)
