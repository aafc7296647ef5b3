"""Does every citation point at a real region of this image?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Absent, Check, CheckKind, CheckOutcome, CitationRole, Count

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.geometry import Box, Size
    from services.fusion.core.checks.case import Case


class CitationTest:
    """Every cited region exists, lies in the image and names its source; a visual claim has one that supports it."""

    def applies(self, draft: ClaimDraft) -> bool:  # noqa: ARG002 - every claim
        """Always."""
        return True

    def looks(self, draft: ClaimDraft, case: Case) -> tuple[Box, ...]:  # noqa: ARG002 - none wanted
        """None: the regions are at hand."""
        return ()

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """Failed at the first citation that does not hold."""
        problem = _unsupported(draft) or next(filter(None, (_wrong(c.region_id, case) for c in draft.citations)), "")
        outcome = CheckOutcome.FAILED if problem else CheckOutcome.PASSED
        detail = problem or f"every cited region ({len(draft.citations)}) is of this image and names its source"
        return Check(CheckKind.CITATION, outcome, detail, {"citations": float(len(draft.citations))})


def _unsupported(draft: ClaimDraft) -> str:
    nothing = isinstance(draft.statement, Absent) or (isinstance(draft.statement, Count) and draft.statement.value == 0)
    if nothing or any(citation.role is CitationRole.SUPPORTS for citation in draft.citations):
        return ""
    return "no cited region supports the claim"


def _wrong(region_id: str, case: Case) -> str:
    region = case.regions.get(region_id)
    if region is None:
        return f"{region_id} is not a region of this answer"
    if region.image_digest != case.image_digest:
        return f"{region_id} is of another image"
    if not _inside(region.box, case.image_size):
        return f"{region_id} reaches over the image's edge"
    return "" if region.source.model else f"{region_id} does not name its source"


def _inside(box: Box, size: Size) -> bool:
    return 0 <= box.x_min < box.x_max <= size.width and 0 <= box.y_min < box.y_max <= size.height
