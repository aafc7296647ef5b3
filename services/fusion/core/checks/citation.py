"""Does every citation point at a real region of this image, or into a real document?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Absent, Check, CheckKind, CheckOutcome, CitationRole, Count, Knowledge

if TYPE_CHECKING:
    from services.common.claims import Citation, ClaimDraft
    from services.common.geometry import Box, Size
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry


class CitationTest:
    """Every cited region exists, lies in the image and names its source; a visual claim has one that supports it."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:  # noqa: ARG002 - every claim
        """Always."""
        return True

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:  # noqa: ARG002 - none wanted
        """None: the regions are at hand."""
        return ()

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """Failed at the first citation that does not hold."""
        problem = _unsupported(draft) or next(filter(None, (_wrong(c, case) for c in draft.citations)), "")
        outcome = CheckOutcome.FAILED if problem else CheckOutcome.PASSED
        detail = problem or f"every citation ({len(draft.citations)}) is of this image or of a document of the request"
        return Check(CheckKind.CITATION, outcome, detail, {"citations": float(len(draft.citations))})


def states_absence(draft: ClaimDraft) -> bool:
    """Whether the claim is that nothing is there: it then has nothing to point at."""
    statement = draft.statement
    return isinstance(statement, Absent) or (isinstance(statement, Count) and statement.value == 0)


def _unsupported(draft: ClaimDraft) -> str:
    carrying = [c for c in draft.citations if c.role is CitationRole.SUPPORTS]
    if isinstance(draft.statement, Knowledge):
        return "" if any(c.passage is not None for c in carrying) else "no passage of a document is cited"
    if states_absence(draft) or any(c.passage is None for c in carrying):
        return ""
    return "no cited region supports the claim"


def _wrong(citation: Citation, case: Case) -> str:
    if citation.passage is not None:
        known = citation.passage.document_id in case.documents
        return "" if known else f"{citation.passage.document_id} is not a document of this request"
    region = case.regions.get(citation.region_id)
    if region is None:
        return f"{citation.region_id} is not a region of this answer"
    if region.image_digest != case.image_digest:
        return f"{citation.region_id} is of another image"
    if not _inside(region.box, case.image_size):
        return f"{citation.region_id} reaches over the image's edge"
    return "" if region.source.model else f"{citation.region_id} does not name its source"


def _inside(box: Box, size: Size) -> bool:
    return 0 <= box.x_min < box.x_max <= size.width and 0 <= box.y_min < box.y_max <= size.height
