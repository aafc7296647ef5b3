"""What is left to say when the language model stopped in the middle: nothing lost, and nothing said twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from services.common.claims import Attribute, CitationRole, Compared, Knowledge, Related, State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.claims import ClaimDraft, Passage


def remainder(spoken: Sequence[ClaimDraft], rules: Sequence[ClaimDraft]) -> tuple[ClaimDraft, ...]:
    """The claims of the rules that the spoken ones leave to be said.

    A target of which the rules claim one thing is done once it was spoken of. One of which they claim several, such as
    the lines of a sign, is done region by region; what was derived, statement by statement; and quotations, passage by
    passage.
    """
    several = Counter(map(_subject, rules))
    subjects = set(map(_subject, spoken))
    carried = {(_subject(draft), leg) for draft in spoken for leg in _carrying(draft)}
    return tuple(
        draft
        for draft in rules
        if _subject(draft) not in subjects
        or (several[_subject(draft)] > 1 and not any((_subject(draft), leg) in carried for leg in _carrying(draft)))
    )


def _subject(draft: ClaimDraft) -> tuple[str, object]:
    """What a claim is about: its target, apart from what was derived of it and from what documents say of it."""
    match draft.statement:
        case Attribute() | State() | Related() | Compared():
            return draft.target_id, draft.statement
        case Knowledge():
            return draft.target_id, Knowledge
        case _:
            return draft.target_id, None


def _carrying(draft: ClaimDraft) -> tuple[str | Passage, ...]:
    return tuple(c.passage or c.region_id for c in draft.citations if c.role is CitationRole.SUPPORTS)
