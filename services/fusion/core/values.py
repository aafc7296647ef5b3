"""Values that lettering may hold: amounts, dates, numbers to call, sites … Each function finds the printed form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dateutil import parser as dates
from price_parser import Price

if TYPE_CHECKING:
    from datetime import date

_AMOUNT: Final = re.compile(
    r"(?:(?:RM|USD|EUR|GBP|SGD|MYR|Rs\.?)\s?|[$€£¥₹]\s?)?-?\d{1,3}(?:(?:,\d{3})+|\d*)[.,]\d{2}(?!\d)(?:\s?[€£$])?",
    re.IGNORECASE,
)
_WHOLE_AMOUNT: Final = re.compile(r"(?:(?:RM|USD|EUR|GBP|Rs\.?)\s?|[$€£¥₹]\s?)\d+(?:,\d{3})*(?![\d.])", re.IGNORECASE)
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_YEAR: Final = r"(?:(?:19|20)\d{2}|\d{2}(?!\d))"  # four digits may run into a time that is printed too close
_DATE: Final = re.compile(
    rf"(?<!\d)(?:\d{{1,2}}\s?([./-])\s?\d{{1,2}}\s?\1\s?{_YEAR}|\d{{4}}([./-])\d{{1,2}}\2\d{{1,2}}(?!\d)|"
    rf"\d{{1,2}}[\s.-]?{_MONTH}[\s,.'-]*{_YEAR}|{_MONTH}\s?\d{{1,2}},?\s?(?:19|20)\d{{2}})",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\s?[ap]\.?m\.?)?(?![\d:])", re.IGNORECASE
)
_PHONE: Final = re.compile(r"(?<![\d.])\+?\(?\d[\d\s()./-]{5,17}\d(?![\d.])")
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9/._-]*", re.IGNORECASE)
_RATE: Final = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,]\d+)?\s?%")
_NUMBER: Final = re.compile(r"(?<![\d.,])\d{1,4}(?:\.0+)?(?![\d.,]*\d)")
_MAIL: Final = re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")
_SITE: Final = re.compile(
    r"(?<![@\w.-])(?:https?://\S+|www\.[\w-]+(?:\.[\w-]+)+(?:/[^\s,;]*)?|[\w-]+\.(?:com|org|net)(?:\.\w\w)?\b(?:/[^\s,;]*)?)",
    re.IGNORECASE,
)
_SOCIAL: Final = re.compile(
    r"(?:^|[./])(?:facebook|fb|instagram|twitter|x|tiktok|youtube|linkedin|pinterest|snapchat|whatsapp|telegram|wechat|"
    r"threads|tripadvisor|yelp|linktr)\.(?:com|me|net|org|ee)\b",
    re.IGNORECASE,
)
"""Sites of networks, which shops print links to. Mail's hosts and shorteners are not printed for themselves."""
_CLOCK: Final = r"(?:[01]?\d|2[0-4])(?:(?P<{0}>[:.][0-5]\d)?\s?(?P<{1}>[ap]\.?\s?m\b\.?)?)"
_HOURS: Final = re.compile(
    rf"(?<![\d:./-]){_CLOCK.format('a', 'b')}\s*(?:[-\u2013~]|to|until|till)\s*"
    rf"{_CLOCK.format('c', 'd')}(?![\d:/-])",
    re.IGNORECASE,
)
_ALL_HOURS: Final = re.compile(r"\b24\s?(?:hours|hrs|h)\b|\b24/7\b", re.IGNORECASE)
_PAYMENT: Final = re.compile(
    r"\b(?:cash|visa(?:\s?debit)?|master\s?card|amex|american express|maestro|(?:credit|debit|gift)\s?card|cheque|"
    r"bank transfer|paypal|apple\s?pay|google\s?pay|alipay|wechat\s?pay|e-?wallet|touch\s?[n'&]*\s?go|grab\s?pay)\b",
    re.IGNORECASE,
)
_NAME_LETTERS: Final = 2
_LONE_DIGITS: Final = 12
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
    return day_of(printed) is not None


def day_of(printed: str) -> date | None:
    """The day that a printed date means, the day before the month; None when it is no date."""
    try:
        return dates.parse(re.sub(r"\s?([./-])\s?", r"\1", printed), dayfirst=not printed[:4].isdecimal()).date()
    except (ValueError, OverflowError):
        return None


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


def lone_phone_in(text: str) -> str:
    """The text, where it is a telephone number by its looks alone; empty where it may be any other number.

    It begins as numbers to call do, with a zero, a plus or a bracket, and nothing else is written with it.
    """
    trimmed = text.strip(" .,;:")
    found = phone_in(trimmed)
    starts = trimmed[:1] in ("+", "0", "(")
    return found if found == trimmed and starts and sum(c.isdecimal() for c in found) <= _LONE_DIGITS else ""


def code_in(text: str) -> str:
    """The first word with a figure in it, as numbers of invoices and the like are; empty without one."""
    found = (m.group().rstrip("._-/") for m in _CODE.finditer(text))
    return next((word for word in found if any(c.isdecimal() for c in word)), "")


def figure_in(text: str) -> str:
    """The text, where it holds a figure: a weight with its unit, the hours of a shop."""
    trimmed = text.strip(" :.-")
    return trimmed if any(c.isdecimal() for c in trimmed) else ""


def rate_in(text: str) -> str:
    """The first percentage in the text; empty without one."""
    return _first(_RATE, text)


def number_in(text: str) -> str:
    """The first small whole number in the text; empty without one. An amount of money is none."""
    return _first(_NUMBER, text)


def mail_in(text: str) -> str:
    """The first address of electronic mail in the text; empty without one."""
    return _first(_MAIL, text)


def site_in(text: str) -> str:
    """The first web site in the text; empty without one."""
    return _first(_SITE, text)


def own_site_in(text: str) -> str:
    """The first web site in the text that is none of a social network; empty without one."""
    return next((m.group().strip() for m in _SITE.finditer(text) if not _SOCIAL.search(m.group())), "")


def hours_in(text: str) -> str:
    """The text, where it holds two times of day from one to the other, or says around the clock; empty elsewhere.

    One of the two has minutes or says before or after noon: "9am-5". "10-12" may be anything.
    """
    told = any(any(found.groups()) for found in _HOURS.finditer(text)) or _ALL_HOURS.search(text)
    return text.strip(" :.-") if told else ""


def payment_in(text: str) -> str:
    """The first means of payment in the text; empty without one."""
    return _first(_PAYMENT, text)


def name_in(text: str) -> str:
    """The text, where it may name somebody or something; empty where it is figures or the next key."""
    trimmed = text.strip(" :.,;-=")
    letters = sum(c.isalpha() for c in trimmed)
    return "" if letters < _NAME_LETTERS or text.rstrip().endswith(":") else trimmed


def _first(form: re.Pattern[str], text: str) -> str:
    found = form.search(text)
    return found.group().strip() if found else ""
