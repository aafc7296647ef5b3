"""What is left to say when the language model stopped in the middle: nothing lost, and nothing said twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from services.common.claims import CitationRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.claims import ClaimDraft


def remainder(spoken: Sequence[ClaimDraft], rules: Sequence[ClaimDraft]) -> tuple[ClaimDraft, ...]:
    """The claims of the rules that the spoken ones leave to be said.

    A target of which the rules claim one thing is done once it was spoken of. One of which they claim several, such as
    the lines of a sign, is done region by region.
    """
    several = Counter(draft.target_id for draft in rules)
    targets = {draft.target_id for draft in spoken}
    carried = {(draft.target_id, region_id) for draft in spoken for region_id in _carrying(draft)}
    return tuple(
        draft
        for draft in rules
        if draft.target_id not in targets
        or (
            several[draft.target_id] > 1
            and not any((draft.target_id, region_id) in carried for region_id in _carrying(draft))
        )
    )


def _carrying(draft: ClaimDraft) -> tuple[str, ...]:
    return tuple(c.region_id for c in draft.citations if c.role is CitationRole.SUPPORTS)
