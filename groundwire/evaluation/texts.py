"""When two pieces of lettering, or two values, say the same."""

from __future__ import annotations

import re
import unicodedata

_AMOUNT = re.compile(r"^\D{0,4}?(-?\d{1,3}(?:,\d{3})+|-?\d+)(?:[.,](\d{1,2}))?\D{0,4}$")


def normalised(text: str) -> str:
    """The text without what readers of lettering add or lose: case, width forms, accents, spaces, punctuation.

    >>> normalised("  Café N. 5! ")
    'cafen5'
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def words_of(text: str) -> list[str]:
    """The words, normalised; what has no letter or digit is none."""
    return [word for word in map(normalised, text.split()) if word]


def amount(text: str) -> int | None:
    """A printed amount in hundredths, whatever its currency; None when it is no amount.

    >>> amount("RM 1,031.00"), amount("9.0"), amount("25/12/2018")
    (103100, 900, None)
    """
    found = _AMOUNT.match(text.strip())
    if found is None:
        return None
    return int(found[1].replace(",", "") + (found[2] or "").ljust(2, "0"))


def same_value(said: str, gold: str) -> bool:
    """Whether two values are one: the same lettering, or the same amount."""
    if amount(said) is not None and amount(gold) is not None:
        return amount(said) == amount(gold)
    return bool(normalised(said)) and normalised(said) == normalised(gold)
