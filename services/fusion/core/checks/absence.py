"""Is it really not there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Absent, Check, CheckKind, CheckOutcome, Count
from services.common.regions import Capability
from services.fusion.core.lettering import NEAR, presence

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.geometry import Box
    from services.fusion.core.checks.case import Case


class AbsenceTest:
    """The accurate tier searched the whole picture, and nothing it read comes near the queries."""

    def applies(self, draft: ClaimDraft) -> bool:
        """For absences, and for counts of zero."""
        return isinstance(draft.statement, Absent) or (
            isinstance(draft.statement, Count) and draft.statement.value == 0
        )

    def looks(self, draft: ClaimDraft, case: Case) -> tuple[Box, ...]:  # noqa: ARG002 - none wanted
        """None: an absence is known by the whole picture, which was searched before."""
        return ()

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """Inconclusive without a careful search, or where something came near."""
        if Capability.READ_TEXT not in case.searched:
            detail = "the accurate tier did not search the picture"
            return Check(CheckKind.ABSENCE, CheckOutcome.INCONCLUSIVE, detail)
        queries = draft.statement.queries if isinstance(draft.statement, Absent) else (_label(draft),)
        texts = [region.text for region in case.regions.values() if region.text]
        nearest = max((presence(query, text) for query in queries for text in texts), default=0.0)
        outcome = CheckOutcome.INCONCLUSIVE if nearest >= NEAR else CheckOutcome.PASSED
        detail = f"the accurate tier searched the whole picture; the nearest lettering is similar by {nearest:.2f}"
        return Check(CheckKind.ABSENCE, outcome, detail, {"nearest": round(nearest, 4), "readings": float(len(texts))})


def _label(draft: ClaimDraft) -> str:
    return draft.statement.label if isinstance(draft.statement, Count) else ""
