"""Words that pages print beside their values. Data only; `fields` reads it."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import TextField

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS: Final[Mapping[TextField, Mapping[str, float]]] = MappingProxyType(
    {
        TextField.TOTAL: MappingProxyType(
            {
                "grand total": 0.95,
                "total payable": 0.95,
                "total amount payable": 0.95,
                "amount payable": 0.95,
                "amount due": 0.95,
                "balance due": 0.9,
                "total due": 0.95,
                "net total": 0.93,
                "nett total": 0.93,
                "final total": 0.93,
                "total rounded": 0.93,
                "rounded total": 0.93,
                "total amt rounded": 0.93,
                "total incl": 0.87,
                "total inclusive": 0.87,
                "total amount": 0.88,
                "total sales": 0.85,
                "total": 0.87,
            }
        ),
        TextField.DATE: MappingProxyType({"date": 0.95, "invoice date": 0.95, "dated": 0.9}),
        TextField.TIME: MappingProxyType({"time": 0.95}),
        TextField.PHONE: MappingProxyType(
            {"tel": 0.95, "telephone": 0.95, "phone": 0.95, "ph": 0.9, "hp": 0.9, "mobile": 0.9, "call": 0.85}
        ),
        TextField.PRICE: MappingProxyType({"price": 0.95, "unit price": 0.9, "now": 0.8, "only": 0.8, "rsp": 0.8}),
        TextField.ADDRESS: MappingProxyType({"address": 0.95}),
    }
)
"""Printed key → how surely its value is the one that is meant, in [0, 1]."""

SPOILERS: Final[Mapping[TextField, frozenset[str]]] = MappingProxyType(
    {
        TextField.TOTAL: frozenset(
            [
                "sub",
                "subtotal",
                "qty",
                "quantity",
                "item",
                "items",
                "ltem",
                "tax",
                "gst",
                "vat",
                "excl",
                "exclusive",
                "excluding",
                "supplies",
                "saving",
                "savings",
                "discount",
                "points",
                "point",
                "tender",
                "tendered",
                "change",
                "cash",
                "included",
                "no",
                "summary",
            ]
        )
    }
)
"""Words that make a key mean another value: a "total qty" is no total."""

WEAKENERS: Final = MappingProxyType({"includes": 0.65})
"""Words beside which a key says less: a line "total includes GST" may give the total or the tax."""

TAX_INCLUDED: Final = re.compile(r"\b(incl|inclusive|including|includes|with|inc)\b")
"""Beside one of these, the tax in a key does not spoil it: a "total incl. GST" is a total."""

TAXES: Final = frozenset({"tax", "gst", "vat"})

REGISTRATION: Final = re.compile(
    r"\s*(?:\(\d{4,}[-\s]?[A-Z]?\)?|\b\d{4,}-?\s?[A-Z]\)?|\bco\.?\s?reg\b.*)\s*$", re.IGNORECASE
)
"""A company's registration number, printed behind its name, or the words that announce it."""

COMPANY_ENDINGS: Final = re.compile(
    r"\b(sdn|bhd|ltd|limited|inc|llc|plc|corp|co|gmbh|ag|s/b|enterprise|restaurant|trading|store|mart|shop|"
    r"company|hardware|bakeries|pharmacy|cafe)\b",
    re.IGNORECASE,
)
"""Words that firms end their names with."""

LEGAL_FORMS: Final = re.compile(
    r"\b(sdn|bhd|ltd|limited|inc|llc|plc|corp|gmbh|ag|s/b|enterprise|co)\b\W*$", re.IGNORECASE
)
"""Legal forms, at the end of a name."""

TITLES: Final = frozenset(
    {"tax", "invoice", "receipt", "cash", "bill", "sales", "number", "copy", "customer", "welcome", "original", "guest"}
)
"""Words that head a page. A line of nothing else is no firm's name."""
