"""Check digits of national numbers that `stdnum` does not know. Each takes a number as it is written."""

from __future__ import annotations

import re
from typing import Final

from stdnum import luhn, verhoeff

_SIGNS: Final = re.compile(r"[ ./-]")

ICAO_WEIGHTS: Final = (7, 3, 1)
MEDICARE_WEIGHTS: Final = (1, 3, 7, 9, 1, 3, 7, 9)
RENTE_WEIGHTS: Final = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
NPI_PREFIX: Final = "80840"
BIRTH_DAYS: Final = (range(1, 32), range(51, 82))


def is_icao(written: str) -> bool:
    """Travel documents and identity cards (ICAO Doc 9303, part 3, 4.9): the last digit checks the rest."""
    number = _compact(written)
    weighted = (int(sign, 36) * ICAO_WEIGHTS[place % 3] for place, sign in enumerate(number[:-1]))
    return sum(weighted) % 10 == int(number[-1])


def is_medicare(written: str) -> bool:
    """Australian Medicare cards: the ninth digit checks the first eight, which begin with 2 to 6."""
    digits = [int(sign) for sign in _compact(written)]
    weighted = (digit * weight for digit, weight in zip(digits, MEDICARE_WEIGHTS, strict=False))
    return digits[0] in range(2, 7) and sum(weighted) % 10 == digits[8]


def is_rentenversicherung(written: str) -> bool:
    """German pension insurance (VKVV, section 4): day and month of birth, and the last digit checks the rest."""
    number = _compact(written)
    digits = f"{number[:8]}{_ordinal(number[8])}{number[9:11]}"
    sums = (_cross_sum(int(digit) * weight) for digit, weight in zip(digits, RENTE_WEIGHTS, strict=True))
    born = any(int(number[2:4]) in days for days in BIRTH_DAYS) and int(number[4:6]) in range(1, 13)
    return born and sum(sums) % 10 == int(number[11])


def is_krankenversicherung(written: str) -> bool:
    """German health insurance (SGB V, section 290): the last digit checks the letter's place and the other digits."""
    digits = f"{_ordinal(written[0])}{written[1:9]}"
    sums = (_cross_sum(int(digit) * (1 + place % 2)) for place, digit in enumerate(digits))
    return sum(sums) % 10 == int(written[9])


def is_npi(written: str) -> bool:
    """American healthcare providers (CMS): Luhn, behind the prefix of health cards."""
    return bool(luhn.is_valid(NPI_PREFIX + written))


def is_dea(written: str) -> bool:
    """American prescribers (21 CFR 1301): the last digit checks the six before it."""
    digits = [int(sign) for sign in written[2:]]
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


def is_mbi(written: str) -> bool:
    """American Medicare beneficiaries (CMS): no check digit, but six letters that are never used, and dashes."""
    return not set(written) & set("SLOIBZ") and (written[0] != "0") and "-" in written


def is_verhoeff(written: str) -> bool:
    """Nigerian identity numbers, as far as they are known: Verhoeff's check."""
    return bool(verhoeff.is_valid(_compact(written)))


def _compact(written: str) -> str:
    return _SIGNS.sub("", written)


def _ordinal(letter: str) -> str:
    """A as 01 to Z as 26."""
    return f"{ord(letter) - ord('A') + 1:02}"


def _cross_sum(number: int) -> int:
    return sum(divmod(number, 10))
