"""Lettering that looks like personal data, recognised by its form.

Form alone: a name or a street has none, and is not found. The rules lean towards finding too much, since a reader's
single wrong letter breaks a check digit, and what is painted over in vain costs less than what is not.

Phone numbers are libphonenumber's (through `phonenumbers`), check digits are `stdnum`'s. What presidio's recognisers
find without a language model is found here too (docs/adr/0015-patterns-without-spacy.md).
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

import phonenumbers
from stdnum import bitcoin, iban, luhn

from services.common.errors import InvalidField
from services.perception.core import national

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Span = tuple[int, int]
"""Where in a text: from this character, up to but without that one."""

# Readers put spaces around signs, and take a dot for a comma.
_EMAIL: Final = re.compile(r"[\w.+-]+ ?[@\uFF20] ?[\w-]+(?: ?[.,] ?[\w-]{2,})+")
_DIGITS: Final = re.compile(r"(?<![\w.,])\d(?:[ -]?\d){11,18}(?![\w.,]?\d)")
_CARD_GROUPS: Final = re.compile(r"(?:\d{4}[ -]){3}\d{4}|\d{4}[ -]\d{6}[ -]\d{5}")
_IBAN: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2} ?\d{2}(?:[ -]?[A-Z0-9]{2,4}){3,8}(?:[ -]?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_IP: Final = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){3,7})(?![\w:])")
_SSN: Final = re.compile(r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)")
_MAC: Final = re.compile(
    r"(?<![\w:])(?:[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2})(?![\w:])"
)
_UUID: Final = re.compile(r"(?<![\w-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\w-])")
_COIN: Final = re.compile(r"(?<!\w)(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|bc1[02-9ac-hj-np-z]{11,71})(?!\w)")
_URL: Final = re.compile(
    r"(?<![\w@.])(?:(?:https?://|www\d{0,3}\.)[^\s\"'<>]+|(?:[a-z0-9-]{2,63}\.)+([a-z]{2,12})(?![\w@])(?:/[^\s\"'<>]*)?)",
    re.IGNORECASE,
)

DOMAINS: Final = frozenset(
    {"com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "pro", "app", "dev", "shop", "uk", "eu"}
)
"""How addresses of pages end, beside the two letters of `known_countries`."""

IBAN_LENGTHS: Final = range(15, 35)
"""Characters of an IBAN without its spaces: Norway's 15 to the 34 that ISO 13616 allows."""


def _emails(text: str, _countries: Sequence[str]) -> Iterator[Span]:
    return (match.span() for match in _EMAIL.finditer(text))


def _phones(text: str, countries: Sequence[str]) -> Iterator[Span]:
    for country in countries:
        for match in phonenumbers.PhoneNumberMatcher(text, country, leniency=phonenumbers.Leniency.VALID):
            yield match.start, match.end


def _cards(text: str, _countries: Sequence[str]) -> Iterator[Span]:
    """Card numbers: grouped as on a card, or right by Luhn."""
    for match in _DIGITS.finditer(text):
        digits = re.sub(r"[ -]", "", match[0])
        if _CARD_GROUPS.fullmatch(match[0]) or luhn.is_valid(digits):
            yield match.span()


def _ibans(text: str, _countries: Sequence[str]) -> Iterator[Span]:
    """IBANs: right by their check digits, or written in groups of four."""
    for match in _IBAN.finditer(text):
        compact = re.sub(r"[ -]", "", match[0])
        if len(compact) in IBAN_LENGTHS and (iban.is_valid(compact) or _in_fours(match[0])):
            yield match.span()


def _in_fours(text: str) -> bool:
    *groups, last = re.split(r"[ -]", text)
    return len(groups) > 2 and all(len(group) == 4 for group in groups) and len(last) <= 4  # noqa: PLR2004 - as IBANs are


def _addresses(text: str, _countries: Sequence[str]) -> Iterator[Span]:
    for match in _IP.finditer(text):
        try:
            ip_address(match[0])
        except ValueError:
            continue
        yield match.span()


def _security_numbers(text: str, _countries: Sequence[str]) -> Iterator[Span]:
    return (match.span() for match in _SSN.finditer(text))


def _hardware(text: str, _countries: Sequence[str]) -> Iterator[Span]:
    return (match.span() for match in _MAC.finditer(text))


def _links(text: str, _countries: Sequence[str]) -> Iterator[Span]:
    """Addresses of pages: with their http or www, or ending like a domain."""
    for match in _URL.finditer(text):
        end = match[1]
        if end is None or end.lower() in DOMAINS or end.upper() in known_countries():
            yield match.span()


def _identifiers(text: str, _countries: Sequence[str]) -> Iterator[Span]:
    return (match.span() for match in _UUID.finditer(text))


def _wallets(text: str, _countries: Sequence[str]) -> Iterator[Span]:
    return (match.span() for match in _COIN.finditer(text) if bitcoin.is_valid(match[0]))


RECOGNISERS: Final[dict[str, Callable[[str, Sequence[str]], Iterator[Span]]]] = {
    "email": _emails,
    "phone": _phones,
    "card": _cards,
    "iban": _ibans,
    "ip": _addresses,
    "ssn": _security_numbers,
    "mac": _hardware,
    "url": _links,
    "uuid": _identifiers,
    "crypto": _wallets,
    "national": national.numbers,
}
"""What is recognised, by the kind's name: spans of a text, given the countries whose numbers are looked for."""

FOUND_BY: Final = "pattern"
"""Who finds these, as `Redaction.found_by` says it: the kind names the pattern."""


def personal(text: str, kinds: Sequence[str], countries: Sequence[str]) -> tuple[tuple[str, Span], ...]:
    """What in `text` looks like one of `kinds`, each with its span, in the order of `kinds`.

    >>> personal("write to ann@example.org", ("email", "phone"), ("US",))
    (('email', (9, 24)),)
    """
    return tuple((kind, span) for kind in kinds for span in RECOGNISERS[kind](text, countries))


@lru_cache(maxsize=1)
def known_countries() -> frozenset[str]:
    """Countries whose phone numbers are known, two letters each."""
    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def checked_countries(countries: Sequence[str]) -> tuple[str, ...]:
    """`countries`, if each is one that has phone numbers.

    Raises:
        InvalidField: One is not.
    """
    for country in countries:
        if country not in known_countries():
            raise InvalidField("countries", f"{country!r} is no country", remedy="two letters, such as US or DE")
    return tuple(countries)
