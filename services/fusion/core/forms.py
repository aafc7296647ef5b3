"""How the value of a field is written, by the field, and by its key where it stands beside a printed one.

What stands beside "change" is money, and what stands beside "invoice no" has a figure in it: other lettering there is
not the value.
"""

from __future__ import annotations

from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import TextField
from services.fusion.core.lettering import digits, same
from services.fusion.core.values import (
    amount_in,
    amount_value,
    code_in,
    date_in,
    day_of,
    figure_in,
    hours_in,
    mail_in,
    name_in,
    number_in,
    payment_in,
    phone_in,
    rate_in,
    site_in,
    time_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Form(Enum):
    """How values are written."""

    AMOUNT = auto()
    DATE = auto()
    TIME = auto()
    PHONE = auto()
    CODE = auto()
    FIGURE = auto()
    RATE = auto()
    NUMBER = auto()
    MAIL = auto()
    SITE = auto()
    NAME = auto()
    HOURS = auto()
    PAYMENT = auto()
    ANY = auto()


FINDERS: Final[Mapping[Form, Callable[[str], str]]] = MappingProxyType(
    {
        Form.AMOUNT: amount_in,
        Form.DATE: date_in,
        Form.TIME: time_in,
        Form.PHONE: phone_in,
        Form.CODE: code_in,
        Form.FIGURE: figure_in,
        Form.RATE: rate_in,
        Form.NUMBER: number_in,
        Form.MAIL: mail_in,
        Form.SITE: site_in,
        Form.NAME: name_in,
        Form.HOURS: hours_in,
        Form.PAYMENT: payment_in,
    }
)
"""How to find a value of a form in lettering; of ANY form, all lettering is one."""

_FIELDS: Final[Mapping[TextField, Form]] = MappingProxyType(
    {
        TextField.TOTAL: Form.AMOUNT,
        TextField.PRICE: Form.AMOUNT,
        TextField.DATE: Form.DATE,
        TextField.TIME: Form.TIME,
        TextField.PHONE: Form.PHONE,
    }
)

_KEYS: Final[Mapping[Form, frozenset[str]]] = MappingProxyType(
    {
        Form.DATE: frozenset(["date", "expiry", "before", "dated"]),
        Form.TIME: frozenset(["time"]),
        Form.PHONE: frozenset(["fax"]),
        Form.RATE: frozenset(["rate", "percentage"]),
        Form.NUMBER: frozenset(["quantity", "qty", "items"]),
        Form.MAIL: frozenset(["email", "e-mail", "mail"]),
        Form.SITE: frozenset(["website", "url", "site", "web"]),
        Form.CODE: frozenset(
            ["number", "no", "id", "code", "ref", "reference", "postcode", "zip", "seat", "gate", "flight", "table"]
        ),
        Form.HOURS: frozenset(["hours", "times"]),
        Form.NAME: frozenset(
            ["name", "surname", "cashier", "salesperson", "waiter", "server", "destination", "origin"]
        ),
        Form.AMOUNT: frozenset(
            [
                "tax",
                "vat",
                "gst",
                "sst",
                "subtotal",
                "total",
                "discount",
                "rounding",
                "adjustment",
                "change",
                "cash",
                "tip",
                "charge",
                "deposit",
                "balance",
                "fee",
                "amount",
                "tendered",
                "paid",
            ]
        ),
        Form.FIGURE: frozenset(
            [
                "weight",
                "volume",
                "voltage",
                "pressure",
                "current",
                "speed",
                "humidity",
                "power",
                "capacity",
                "dosage",
                "temperature",
                "limit",
            ]
        ),
    }
)
"""The form of a keyed value, by the words of its key; the first form that one of the last words fits."""


_MEANS: Final = frozenset({"method", "mode", "type", "means"})


def form_of(field: TextField, key: str = "") -> Form:
    """How a field's value is written; of a keyed one, by its key.

    >>> form_of(TextField.KEYED, "gst registration number")
    <Form.CODE: 5>
    """
    if field is not TextField.KEYED:
        return _FIELDS.get(field, Form.ANY)
    words = key.casefold().replace("sub total", "subtotal").replace("sub-total", "subtotal").split()
    if "date" in words:
        return Form.DATE
    if "payment" in words and _MEANS.intersection(words):
        return Form.PAYMENT
    if words[:3] == ["number", "of", "items"]:
        return Form.NUMBER
    last = words[-1] if words else ""
    return next((form for form, keys in _KEYS.items() if last in keys), Form.ANY)


def same_value(form: Form, one: str, other: str) -> bool:
    """Whether two printed values are one: one day, one amount, one number to call; else, one text."""
    if form is Form.DATE and day_of(one) is not None:
        return day_of(one) == day_of(other)
    if form is Form.AMOUNT and amount_value(one) is not None:
        return amount_value(one) == amount_value(other)
    return digits(one) == digits(other) if form is Form.PHONE else same(one, other)
