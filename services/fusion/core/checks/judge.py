"""Does a vision-language model, shown the cited places, hold the statement to be true?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from services.common.claims import (
    Attribute,
    Check,
    CheckKind,
    CheckOutcome,
    InconclusiveReason,
    State,
)
from services.common.plans import Aspect
from services.fusion.core import traits
from services.fusion.core.checks.case import inconclusive, supporting, things
from services.fusion.core.checks.inquiries import AskJudge

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry

TRUE_FROM: Final = 0.8
"""Probability from which a judgement counts as yes."""

FALSE_BELOW: Final = 0.2
"""Probability below which it counts as no."""

MOST_PLACES: Final = 8
"""Places that one judgement may be shown, as the contract says."""

_JUDGED_ASPECTS: Final = frozenset({Aspect.NONE, Aspect.MATERIAL, Aspect.CONDITION})
"""What no measurement of pixels tells."""


class JudgeTest:
    """For what neither geometry nor colour tells: conditions, materials, "wearing a hat"."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:
        """For states, for such aspects, and for things with such an attribute."""
        match draft.statement:
            case State():
                return True
            case Attribute(aspect=aspect):
                return aspect in _JUDGED_ASPECTS
            case _:
                return bool(_untold(draft, case))

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:
        """The judgement."""
        asked = _asked(draft, case)
        return () if asked is None else (asked,)

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """Passed from `TRUE_FROM`, failed below `FALSE_BELOW`."""
        asked = _asked(draft, case)
        if asked is None:
            return inconclusive(CheckKind.JUDGE, InconclusiveReason.UNSURE, "no place is cited to be judged")
        reply = case.judged(asked)
        if isinstance(reply, InconclusiveReason):
            return inconclusive(CheckKind.JUDGE, reply, f'whether "{asked.statement}" is true was not judged')
        detail = f'{reply.engine.name} holds "{asked.statement}" true with {reply.probability:.2f}'
        figures = {"probability": round(reply.probability, 4)}
        if FALSE_BELOW <= reply.probability < TRUE_FROM:
            return replace(
                inconclusive(CheckKind.JUDGE, InconclusiveReason.UNSURE, detail),
                figures=figures,
            )
        outcome = CheckOutcome.PASSED if reply.probability >= TRUE_FROM else CheckOutcome.FAILED
        return Check(CheckKind.JUDGE, outcome, detail, figures)


def _untold(draft: ClaimDraft, case: Case) -> tuple[str, ...]:
    """The attributes of the claim's target that pixels cannot be measured for."""
    target, cited = case.target(draft.target_id), things(draft, case)
    if target is None or not cited:
        return ()
    return traits.untold(target, cited[0], case.image_size)


def _asked(draft: ClaimDraft, case: Case) -> AskJudge | None:
    places = tuple(region.box for region in supporting(draft, case))[:MOST_PLACES]
    return AskJudge(draft.text, places) if places and draft.text.strip() else None
