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

DATED_OTHERWISE: Final = frozenset(
    [
        "due",
        "expiry",
        "expires",
        "exp",
        "expiration",
        "delivery",
        "birth",
        "valid",
        "validity",
        "until",
        "before",
        "best",
        "effective",
        "start",
        "end",
        "member",
    ]
)
"""Words that make a date another one than that of the page."""

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
        ),
        TextField.DATE: DATED_OTHERWISE,
    }
)
"""Words that make a key mean another value: a "total qty" is no total."""

FILLERS: Final = frozenset(
    [
        "the",
        "your",
        "our",
        "amount",
        "amt",
        "rm",
        "myr",
        "usd",
        "eur",
        "paid",
        "given",
        "received",
        "tendered",
        "total",
        "less",
        "add",
        "plus",
        "adj",
        "adjustment",
        "due",
    ]
)
"""Words of a label that change nothing of what its key says: "change due", "total discount", "rounding adj"."""

SAME_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        word: group
        for group in (
            ("number", "no", "num", "nbr", "id"),
            ("invoice", "inv"),
            ("receipt", "rcpt"),
            ("registration", "reg"),
            ("reference", "ref"),
            ("quantity", "qty"),
            ("service", "svc"),
            ("subtotal", "sub total"),
            ("website", "web", "site"),
            ("email", "e mail", "mail"),
        )
        for word in group
    }
)
"""A word of a key and how else pages print it."""

WEAKENERS: Final = MappingProxyType({"includes": 0.65})
"""Words beside which a key says less: a line "total includes GST" may give the total or the tax."""

TAX_INCLUDED: Final = re.compile(r"\b(incl|inclusive|including|includes|with|inc)\b")
"""Beside one of these, the tax in a key does not spoil it: a "total incl. GST" is a total."""

TAXES: Final = frozenset({"tax", "gst", "vat"})

REGISTRATION: Final = re.compile(
    r"[\s,(]*(?:(?:\b\d{12}\s*)?(?:\(\d{4,}[-\s]*[A-Z]?\)?|\b\d{4,}\s?-?\s?[A-Z]\)?)|"
    r"\b(?:co|company|reg|registration|roc|br|gst|sst|vat)\b\W*(?:reg\w*|no|id)\b.*|\bco\.?\s?reg\b.*)\W*$",
    re.IGNORECASE,
)
"""A company's registration number, printed behind its name, or the words that announce it."""

COMPANY_ENDINGS: Final = re.compile(
    r"\b(?:sdn\W*bhd|sdn|bhd|ltd|limited|inc|llc|plc|corp|co|gmbh|ag|s/b|enterprise|restaurant|trading|store|mart|shop|"
    r"company|hardware|bakeries|bakery|pharmacy|cafe|supermarket)\b",
    re.IGNORECASE,
)
"""Words that firms end their names with: legal forms, and words for a trade."""

LEGAL_FORMS: Final = re.compile(
    r"(?:sdn\W*b\w?d|\b(?:sdn|bhd|ltd|limited|inc|llc|plc|corp|gmbh|ag|s/b|enterprise|co))\b\W*$", re.IGNORECASE
)
"""Legal forms, at the end of a name. A reader of lettering may lose the space within one, or mistake a letter."""

MISREAD_FORMS: Final = re.compile(r"(?:sdn\W*(?!bhd)b\w?d|\b(?:s/(?!b)\w|5/\w))\W*$", re.IGNORECASE)
"""What is a legal form but for a letter: such a name was misread, or is misprinted."""

TITLES: Final = frozenset(
    {
        *("tax", "invoice", "receipt", "cash", "bill", "sales", "number", "copy", "customer", "welcome", "original"),
        *("guest", "simplified", "official", "taxinvoice", "duplicate", "reprint", "payment", "order", "note", "no"),
        *("adjustment", "credit", "debit", "memo", "slip", "thank", "you", "to", "the", "date", "time", "table"),
    }
)
"""Words that head a page. A line of nothing else is no firm's name."""

ADDRESS_WORDS: Final = re.compile(
    r"\b(?:jalan|jln|lorong|lrg|taman|tmn|kampung|kawasan|mukim|bandar|seksyen|section|persiaran|lebuh(?:raya)?|"
    r"street|road|rd|avenue|ave|lane|boulevard|blvd|highway|drive|floor|flr|unit|suite|block|blk|lot|"
    r"p\.?\s?o\.?\s?box|\d{5}(?:-\d{4})?)\b|^\W*no\b\.?\W*\d|^\W*\d+\W*,",
    re.IGNORECASE,
)
"""What is written in addresses: words for ways, quarters and floors, a house's number at the start, a post code."""

CONTACTS: Final = re.compile(
    r"\b(?:tel|telephone|fax|phone|hp|mobile|whatsapps?|e-?mail|gst|sst|vat|reg|roc|website|invoice|receipt|cashier|"
    r"date|time|document|table|bill no)\b|@|\bwww\b|://",
    re.IGNORECASE,
)
"""What a line that gives a number, a key or a site has, and a name has not."""

INTRODUCED: Final = re.compile(
    r"\b(?:owned|operated|managed|powered|distributed|printed|supplied)\s?by\b|\b(?:sold|bill|ship|deliver)(?:ed)?\s?to\b|"
    r"\b(?:customer|member|division)\b",
    re.IGNORECASE,
)
"""What says that the firm named next is another one: who owns the shop, who bought there, who made the till."""
