"""Does the document say so, word for word?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Check, CheckKind, CheckOutcome, Knowledge

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft, Passage
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry


class QuoteTest:
    """The quoted words are the cited characters of the cited document."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:  # noqa: ARG002 - the statement decides
        """For what is cited from documents."""
        return isinstance(draft.statement, Knowledge)

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:  # noqa: ARG002 - none wanted
        """None: the documents are at hand."""
        return ()

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """Passed where every cited passage is the quote, character by character."""
        quote = draft.statement.quote if isinstance(draft.statement, Knowledge) else ""
        passages = [c.passage for c in draft.citations if c.passage is not None]
        if not quote.strip() or not passages:
            return Check(CheckKind.QUOTE, CheckOutcome.FAILED, "nothing is quoted, or no passage is cited")
        wrong = next((p for p in passages if _words(p, case) != quote), None)
        if wrong is not None:
            detail = f"characters {wrong.begin} to {wrong.end} of {wrong.document_id} say something else"
            return Check(CheckKind.QUOTE, CheckOutcome.FAILED, detail)
        detail = f"the quote stands word for word in {passages[0].document_id}"
        return Check(CheckKind.QUOTE, CheckOutcome.PASSED, detail, {"characters": float(len(quote))})


def _words(passage: Passage, case: Case) -> str | None:
    text = case.documents.get(passage.document_id)
    if text is None or not 0 <= passage.begin < passage.end <= len(text):
        return None
    return text[passage.begin : passage.end]
