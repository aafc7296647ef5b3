"""Is the number the number of distinct places?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Check, CheckKind, CheckOutcome, CitationRole, Count
from services.fusion.core import pool

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.geometry import Box
    from services.fusion.core.checks.case import Case


class CountTest:
    """Counts the cited regions again, taking those at one place for one thing."""

    def applies(self, draft: ClaimDraft) -> bool:
        """For counts."""
        return isinstance(draft.statement, Count)

    def looks(self, draft: ClaimDraft, case: Case) -> tuple[Box, ...]:  # noqa: ARG002 - none wanted
        """None: the regions are at hand."""
        return ()

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """Passed when the recount is the claimed number."""
        claimed = draft.statement.value if isinstance(draft.statement, Count) else -1
        distinct: list[Box] = []
        for citation in draft.citations:
            region = case.regions.get(citation.region_id)
            if region is None or citation.role is not CitationRole.SUPPORTS:
                continue
            if not any(pool.same_place(region.box, box) for box in distinct):
                distinct.append(region.box)
        outcome = CheckOutcome.PASSED if len(distinct) == claimed else CheckOutcome.FAILED
        detail = f"{claimed} claimed; {len(distinct)} distinct places are cited"
        return Check(CheckKind.COUNT, outcome, detail, {"claimed": float(claimed), "recounted": float(len(distinct))})
