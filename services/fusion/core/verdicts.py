"""From checks to a verdict, and to a score by which claims are ranked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import CheckOutcome, CitationRole, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.claims import Check, ClaimDraft
    from services.common.regions import Region


def verdict(checks: Sequence[Check]) -> Verdict:
    """One failure contradicts; all passed supports; anything else, and no check at all, leaves it unverified."""
    outcomes = {check.outcome for check in checks}
    if CheckOutcome.FAILED in outcomes:
        return Verdict.CONTRADICTED
    return Verdict.SUPPORTED if outcomes == {CheckOutcome.PASSED} else Verdict.UNVERIFIED


def evidence_score(draft: ClaimDraft, checks: Sequence[Check], regions: Mapping[str, Region]) -> float:
    """The weakest link: the lowest score of a supporting region, or the lowest likeness that a check found.

    In [0, 1]; a ranking score, not a probability. A region without a score counts as 0.5; an absence starts at 1.
    """
    cited = (regions.get(c.region_id) for c in draft.citations if c.role is CitationRole.SUPPORTS)
    scores = [0.5 if r.score is None else r.score for r in cited if r is not None]
    likenesses = [check.figures["similarity"] for check in checks if "similarity" in check.figures]
    nearest = [1.0 - check.figures["nearest"] for check in checks if "nearest" in check.figures]
    return min((*scores, *likenesses, *nearest), default=0.0)
