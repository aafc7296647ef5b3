"""Sentences for people. What was read in the picture stands in them in quotation marks, or is a bare figure."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import RelationKind, Target, TextField, described
from services.llm.core.nouns import plural

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_QUOTED: Final = 200
"""Characters of lettering that a sentence repeats; the statement for machines always has all."""

_FIGURE: Final = re.compile(r"(?:[A-Z]{1,3}\b|[$€£¥₹])?[ .]?[-+]?\d[\d.,:/ \-]*(?: ?(?:[A-Za-z]{1,3}|[$€£¥₹%]))?")
"""Amounts, dates, times and telephone numbers, with a unit or a currency: too short to say anything else."""

_PLACES: Final[Mapping[RelationKind, str]] = MappingProxyType(
    {
        RelationKind.LEFT_OF: "left of",
        RelationKind.RIGHT_OF: "right of",
        RelationKind.ABOVE: "above",
        RelationKind.BELOW: "below",
        RelationKind.ON: "on",
        RelationKind.INSIDE: "in",
        RelationKind.NEAR: "near",
        RelationKind.NEXT_TO: "next to",
        RelationKind.IN_FRONT_OF: "in front of",
        RelationKind.BEHIND: "behind",
    }
)

_SUBJECTS: Final[Mapping[TextField, str]] = MappingProxyType(
    {
        TextField.BRAND: "brand",
        TextField.PHONE: "phone number",
        TextField.ADDRESS: "address",
        TextField.TIME: "time",
        TextField.COMPANY: "company",
    }
)
"""What a sentence calls a field; the others go by the word in the question."""

_UNCOUNTED: Final = ("text", "lettering")


def quoted(text: str) -> str:
    """Lettering in quotation marks: on one line, without marks of its own, and cut where it is long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split()).replace('"', "'")
    return f'"{line}"' if len(line) <= MAX_QUOTED else f'"{line[:MAX_QUOTED]}…"'


def phrase(target: Target, *, number: int = 1) -> str:
    """The target in words, without an article: 'red cup', 'person wearing a hat', 'word "EXIT"'."""
    if target.literal_text:
        return f"{'words' if _many_words(target) else 'word'} {quoted(target.literal_text)}"
    noun = target.noun or ("lettering" if target.is_text else "object")
    return described(noun if number == 1 or noun in _UNCOUNTED else plural(noun), target.attributes)


def exists(target: Target, place: str) -> str:
    """That it is there."""
    if target.literal_text:
        return f"The {phrase(target)} {_is(target)} in the picture{place}."
    return f"There is {_indefinite(phrase(target))} in the picture{place}."


def absent(target: Target) -> str:
    """That it is not there."""
    if target.literal_text:
        return f"The {phrase(target)} {_is(target)} not in the picture."
    return f"There is no {phrase(target)} in the picture."


def located(target: Target, place: str) -> str:
    """That it is at the cited place."""
    return f"The {phrase(target)} {_is(target)} at the cited place{place}."


def counted(target: Target, value: int, place: str) -> str:
    """How often it is there."""
    if target.literal_text:
        appear = "appear" if _many_words(target) else "appears"
        return f"The {phrase(target)} {appear} {'once' if value == 1 else f'{value} times'} in the picture{place}."
    return f"There {'is' if value == 1 else 'are'} {value} {phrase(target, number=value)} in the picture{place}."


def reading(text: str, place: str) -> str:
    """What is written at the cited place."""
    return f"The lettering{place} reads {quoted(text)}."


def field(target: Target, value: str, place: str) -> str:
    """What the page gives for a key."""
    subject = _SUBJECTS.get(target.text_field, target.noun or target.text_field.name.lower())
    if target.text_field is TextField.BRAND:
        return f"The {subject}{place} reads {quoted(value)}."
    return f"The {subject}{place} is {value.strip() if _FIGURE.fullmatch(value.strip()) else quoted(value)}."


def placed(kind: RelationKind, anchor: Target) -> str:
    """The place by another thing, as a suffix: ' on the motorcycle'."""
    return f" {_PLACES[kind]} the {phrase(anchor)}"


def _is(target: Target) -> str:
    return "are" if _many_words(target) else "is"


def _many_words(target: Target) -> bool:
    return len(target.literal_text.split()) > 1


def _indefinite(words: str) -> str:
    if words.endswith(_UNCOUNTED):
        return words
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"
