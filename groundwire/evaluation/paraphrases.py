"""The same question in other words, by a small table of forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from groundwire.evaluation.examples import Question

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundwire.evaluation.examples import Example


@dataclass(frozen=True, slots=True)
class Form:
    """A way to ask, and others that mean the same.

    Attributes:
        asked: What a question of this form looks like; what its groups hold is kept.
        others: The same in other words, as `re.Match.expand` takes them.
    """

    asked: re.Pattern[str]
    others: tuple[str, ...]


def _form(asked: str, *others: str) -> Form:
    return Form(re.compile(asked, re.IGNORECASE), others)


FORMS: Final[Sequence[Form]] = (
    _form(
        r"Which company is it from\?",
        "Who issued this?",
        "What is the name of the company?",
        "Which shop is this receipt from?",
        "Name the company.",
    ),
    _form(
        r'Is there the word "(?P<w>[^"]+)"\?',
        r'Does it say "\g<w>"?',
        r'Is "\g<w>" written there?',
        r'Can you see the word "\g<w>"?',
        r'Is the text "\g<w>" in the picture?',
    ),
    _form(
        r"What is the total\?",
        "How much is the total?",
        "How much was paid in total?",
        "What does it come to in all?",
        "Tell me the total amount.",
    ),
    _form(
        r"What is the (?P<w>date|address)\?",
        r"Which \g<w> does it give?",
        r"What \g<w> is on it?",
        r"Tell me the \g<w>.",
        r"Can you read the \g<w>?",
    ),
    _form(
        r"What is the price of (?P<w>.+)\?",
        r"How much does \g<w> cost?",
        r"How much is \g<w>?",
        r"What does \g<w> cost?",
    ),
    _form(
        r"How many (?P<w>.+) are there\?",
        r"How many \g<w> can you see?",
        r"What is the number of \g<w>?",
        r"Count the \g<w>.",
    ),
    _form(
        r"What colou?r is the (?P<w>.+)\?",
        r"Which color does the \g<w> have?",
        r"What is the color of the \g<w>?",
    ),
    _form(
        r"Is there an? (?P<w>.+)\?",
        r"Can you see a \g<w>?",
        r"Does the picture show a \g<w>?",
        r"Do you see any \g<w>?",
    ),
    _form(
        r"Where is the (?P<w>.+)\?",
        r"Show me the \g<w>.",
        r"Where can I find the \g<w>?",
        r"Locate the \g<w>.",
    ),
)


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """An example asked otherwise.

    Attributes:
        template: The words, with … for what was kept.
        example: With the new question, and an id of its own.
        original: Id of the example that it is of.
    """

    template: str
    example: Example
    original: str


def paraphrases(example: Example) -> Iterator[Paraphrase]:
    """The same example in other words; none where its form is not known."""
    if not isinstance(example.ask, Question):
        return
    for form in FORMS:
        match = form.asked.fullmatch(example.ask.text.strip())
        if match is not None:
            for number, other in enumerate(form.others, start=1):
                asked = replace(example, id=f"{example.id}~{number}", ask=Question(match.expand(other)))
                yield Paraphrase(other.replace(r"\g<w>", "…"), asked, example.id)
            return
