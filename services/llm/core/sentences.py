"""Sentences for people. What was read, in a picture or a document, stands in quotation marks, or is a bare figure."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.claims import Attribute, Compared, Related, State
from services.common.plans import Aspect, Plan, RelationKind, Target, TextField, described
from services.llm.core.nouns import plural, singular

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.claims import Statement

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
        RelationKind.OVERLAPPING: "overlapping",
        RelationKind.BETWEEN: "between",
        RelationKind.SAME_COLOR: "of the same colour as",
        RelationKind.LARGER_THAN: "larger than",
        RelationKind.SMALLER_THAN: "smaller than",
    }
)

_COMPARED: Final[Mapping[tuple[Aspect, bool], str]] = MappingProxyType(
    {
        (Aspect.SIZE, False): "is larger than",
        (Aspect.SIZE, True): "is smaller than",
        (Aspect.NEARNESS, False): "is nearer to the camera than",
        (Aspect.NEARNESS, True): "is farther from the camera than",
        (Aspect.LEFTNESS, False): "lies farther to the left than",
        (Aspect.LEFTNESS, True): "lies farther to the right than",
        (Aspect.HEIGHT, False): "lies higher than",
        (Aspect.HEIGHT, True): "lies lower than",
    }
)
"""What a comparison says of its two sides, by what is compared and whether the first has the less of it."""

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

_MARK: Final = '"'
"""What a label of lettering stands between."""

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
    verb = "is" if singular(subject) == subject else "are"
    return f"The {subject}{place} {verb} {value.strip() if _FIGURE.fullmatch(value.strip()) else quoted(value)}."


def placed(kind: RelationKind, anchor: Target) -> str:
    """The place by another thing, as a suffix: ' on the motorcycle'."""
    return f" {_PLACES[kind]} the {phrase(anchor)}"


def derived(statement: Statement, plan: Plan) -> str:
    """What code derived of a thing. The plan tells what its other targets are called.

    Raises:
        ValueError: Such a statement is not derived.
    """
    match statement:
        case Attribute(label, Aspect.MATERIAL, value):
            return f"The {_called(label)} is made of {value}."
        case Attribute(label, _, value):
            return f"The {_called(label)} is {value}."
        case State(label, value, negated):
            return f"The {_called(label)} is {'not ' if negated else ''}{value}."
        case Related():
            return _related(statement, plan)
        case Compared():
            return _compared(statement)
        case _:
            msg = f"{type(statement).__name__} is not derived"
            raise ValueError(msg)


def _related(said: Related, plan: Plan) -> str:
    place = f"The {_called(said.label)} is {_PLACES[said.kind]} the"
    if said.kind is not RelationKind.BETWEEN:
        return f"{place} {_called(said.object_label)}."
    if said.second_object_id in ("", said.object_id):
        return f"{place} {plural(_called(said.object_label))}."
    second = next((phrase(target) for target in plan.targets if target.id == said.second_object_id), "other")
    return f"{place} {_called(said.object_label)} and the {second}."


def _compared(said: Compared) -> str:
    if said.aspect is Aspect.NUMBER:
        ours, theirs = plural(_called(said.label)), plural(_called(said.other_label))
        return f"There are {'fewer' if said.least else 'more'} {ours} than {theirs} in the picture."
    verb = _COMPARED.get((said.aspect, said.least))
    if verb is None:
        verb = f"has {'less' if said.least else 'more'} {said.aspect.name.lower()} than"
    return f"The {_called(said.label)} {verb} the {_called(said.other_label)}."


def knowledge(quote: str, title: str) -> str:
    """What a document says, in its own words."""
    return f"{f'The document {quoted(title)}' if title else 'A document'} says: {quoted(quote)}."


def _called(label: str) -> str:
    """A thing in a sentence; what is given word for word is lettering."""
    if not label.startswith(_MARK):
        return label or "object"
    lettering = label.strip(_MARK)
    return f"lettering {quoted(lettering)}"


def _is(target: Target) -> str:
    return "are" if _many_words(target) else "is"


def _many_words(target: Target) -> bool:
    return len(target.literal_text.split()) > 1


def _indefinite(words: str) -> str:
    if words.endswith(_UNCOUNTED):
        return words
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"
