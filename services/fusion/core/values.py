"""Values that lettering may hold: amounts, dates, times, telephone numbers. Each function finds the printed form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dateutil import parser as dates
from price_parser import Price

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

from types import MappingProxyType

from services.common.plans import TextField

_AMOUNT: Final = re.compile(
    r"(?:(?:RM|USD|EUR|GBP|SGD|MYR|Rs\.?)\s?|[$€£¥₹]\s?)?-?\d{1,3}(?:(?:,\d{3})+|\d*)[.,]\d{2}(?!\d)(?:\s?[€£$])?",
    re.IGNORECASE,
)
_WHOLE_AMOUNT: Final = re.compile(r"(?:(?:RM|USD|EUR|GBP|Rs\.?)\s?|[$€£¥₹]\s?)\d+(?:,\d{3})*(?![\d.])", re.IGNORECASE)
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR: Final = r"(?:(?:19|20)\d{2}|\d{2}(?!\d))"  # four digits may run into a time that is printed too close
_DATE: Final = re.compile(
    rf"(?<!\d)(?:\d{{1,2}}([./-])\d{{1,2}}\1{_YEAR}|\d{{4}}([./-])\d{{1,2}}\2\d{{1,2}}(?!\d)|"
    rf"\d{{1,2}}[\s-]?{_MONTH}[\s,-]*{_YEAR}|{_MONTH}\s?\d{{1,2}},?\s?(?:19|20)\d{{2}})",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\s?[ap]\.?m\.?)?(?![\d:])", re.IGNORECASE
)
_PHONE: Final = re.compile(r"(?<![\d.])\+?\(?\d[\d\s()./-]{5,17}\d(?![\d.])")
_PHONE_DIGITS: Final = (7, 15)  # fewest that make a subscriber number, most that E.164 allows


def amount_in(text: str) -> str:
    """The last amount of money in the text, as printed; empty without one.

    >>> amount_in("TOTAL RM 31.00")
    'RM 31.00'
    """
    found = [m.group().strip() for m in _AMOUNT.finditer(text)] or [m.group() for m in _WHOLE_AMOUNT.finditer(text)]
    return found[-1] if found else ""


def amount_value(printed: str) -> float | None:
    """What a printed amount is worth, in its own currency; None when it is no amount."""
    number: float | None = Price.fromstring(printed).amount_float
    return number


def date_in(text: str) -> str:
    """The first calendar date in the text, as printed; empty without one."""
    return next((m.group().strip() for m in _DATE.finditer(text) if _is_date(m.group())), "")


def _is_date(printed: str) -> bool:
    try:
        dates.parse(printed, dayfirst=not printed[:4].isdecimal())
    except (ValueError, OverflowError):
        return False
    return True


def time_in(text: str) -> str:
    """The first time of day in the text, as printed; empty without one."""
    found = _TIME.search(text)
    return found.group().strip() if found else ""


def phone_in(text: str) -> str:
    """The first telephone number in the text, as printed; empty without one. A date is none."""
    for found in _PHONE.finditer(text):
        count = sum(c.isdecimal() for c in found.group())
        if _PHONE_DIGITS[0] <= count <= _PHONE_DIGITS[1] and not date_in(found.group()):
            return found.group().strip()
    return ""


FINDERS: Final[Mapping[TextField, Callable[[str], str]]] = MappingProxyType(
    {
        TextField.TOTAL: amount_in,
        TextField.PRICE: amount_in,
        TextField.DATE: date_in,
        TextField.TIME: time_in,
        TextField.PHONE: phone_in,
    }
)
"""How to find the value of a field in lettering; fields that are not here take any lettering."""
