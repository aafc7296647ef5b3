"""Has the value a form that such a value can have?

An amount reads as money, a date as a day of the calendar, a telephone number as one. A firm's name has no form of its
own; that a line at the head of a page is one needs a second sign, apart from where it stands: an ending such as "Ltd",
a registration number at its side, or the same name once more on the page (an address, a greeting, a web site). An
address is whole, and the only one at the head of the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.claims import Check, CheckKind, CheckOutcome, Field, InconclusiveReason
from services.common.plans import TextField
from services.fusion.core import addresses, firms, pool
from services.fusion.core.checks.case import context, inconclusive, supporting
from services.fusion.core.forms import FINDERS, Form, form_of
from services.fusion.core.values import amount_value

if TYPE_CHECKING:
    from services.common.claims import ClaimDraft
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry


class FormTest:
    """The value alone, against what such a value looks like."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:  # noqa: ARG002 - the statement decides
        """For fields whose values have a form."""
        if not isinstance(draft.statement, Field):
            return False
        said = draft.statement
        return said.field in (TextField.COMPANY, TextField.ADDRESS) or form_of(said.field, said.key) is not Form.ANY

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:  # noqa: ARG002 - none wanted
        """None: the value is at hand."""
        return ()

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """Passed when the whole value is of the form, not only a part of it."""
        if not isinstance(draft.statement, Field):
            return inconclusive(CheckKind.FORMAT, InconclusiveReason.UNSURE, "the claim has no value")
        if draft.statement.field is TextField.COMPANY:
            return _firm(draft, draft.statement.value, case)
        if draft.statement.field is TextField.ADDRESS:
            return _address(draft.statement.value, case)
        return _value(draft.statement)


def _value(said: Field) -> Check:
    form, value = form_of(said.field, said.key), said.value
    name = said.field.name.lower() if said.field is not TextField.KEYED else f"{said.key}, {form.name.lower()}"
    if FINDERS[form](value) != value.strip() or not value.strip():
        return Check(CheckKind.FORMAT, CheckOutcome.FAILED, f'"{value}" does not read as a {name}')
    worth = amount_value(value) if form is Form.AMOUNT else None
    figures = {} if worth is None else {"amount": worth}
    return Check(CheckKind.FORMAT, CheckOutcome.PASSED, f'"{value}" reads as a {name}', figures)


def _address(value: str, case: Case) -> Check:
    """Passed for the lines that read as the only whole address, with nothing beside them that may belong to it."""
    page = pool.standing(pool.written(case.regions.values()))
    found = [each for each in addresses.addresses(page) if each.text == value]
    if not found:
        what = f'"{value}" is not written as a whole address is, with a number, a way and a post code'
        return inconclusive(CheckKind.FORMAT, InconclusiveReason.UNSURE, what)
    heads = {each.text for each in addresses.addresses(page) if addresses.heads(each, page)}
    if heads != {value}:
        what = f'"{value}" is not the only address at the head of the page'
        return inconclusive(CheckKind.FORMAT, InconclusiveReason.UNSURE, what)
    if found[0].loose:
        what = f'whether "{value}" ends there, and whose it is, is not told beside "{found[0].loose}"'
        return inconclusive(CheckKind.FORMAT, InconclusiveReason.UNSURE, what)
    return Check(
        CheckKind.FORMAT, CheckOutcome.PASSED, f'"{value}" reads as an address, from its number to its post code'
    )


def _firm(draft: ClaimDraft, value: str, case: Case) -> Check:
    cited = [*supporting(draft, case), *context(draft, case)]
    page = pool.standing(pool.written(case.regions.values()))
    sign = firms.sign_of(value, cited, page)
    rival = firms.rival_of(value, cited, page)
    if rival:
        what = f'that "{value}" is the firm, and not "{rival}", is not told by the page'
        return inconclusive(CheckKind.FORMAT, InconclusiveReason.UNSURE, what)
    if sign:
        return Check(CheckKind.FORMAT, CheckOutcome.PASSED, f'"{value}" is a firm: {sign}')
    what = f'that "{value}" is a firm rests on its place at the head of the page alone'
    return inconclusive(CheckKind.FORMAT, InconclusiveReason.UNSURE, what)
