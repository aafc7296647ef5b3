"""Has the value a form that such a value can have?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Check, CheckKind, CheckOutcome, Field
from services.common.plans import TextField
from services.fusion.core.values import FINDERS, amount_value

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.common.geometry import Box
    from services.fusion.core.checks.case import Case


class FormTest:
    """An amount reads as money, a date as a day of the calendar, a telephone number as one."""

    def applies(self, draft: ClaimDraft) -> bool:
        """For fields whose values have a form."""
        return isinstance(draft.statement, Field) and draft.statement.field in FINDERS

    def looks(self, draft: ClaimDraft, case: Case) -> tuple[Box, ...]:  # noqa: ARG002 - none wanted
        """None: the value is at hand."""
        return ()

    def run(self, draft: ClaimDraft, case: Case) -> Check:  # noqa: ARG002 - the value is enough
        """Passed when the whole value is of the form, not only a part of it."""
        if not isinstance(draft.statement, Field):
            return Check(CheckKind.FORMAT, CheckOutcome.INCONCLUSIVE, "the claim has no value")
        kind, value = draft.statement.field, draft.statement.value
        name = kind.name.lower()
        if FINDERS[kind](value) != value.strip() or not value.strip():
            return Check(CheckKind.FORMAT, CheckOutcome.FAILED, f'"{value}" does not read as a {name}')
        worth = amount_value(value) if kind in (TextField.TOTAL, TextField.PRICE) else None
        figures = {} if worth is None else {"amount": worth}
        return Check(CheckKind.FORMAT, CheckOutcome.PASSED, f'"{value}" reads as a {name}', figures)
