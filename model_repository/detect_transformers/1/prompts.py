"""The phrases of a request as the prompts that Grounding DINO reads: `a cat. a dog.`, as many as fit into each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Tokens = list[int]


@dataclass(frozen=True, slots=True)
class Marks:
    """Token numbers that frame a prompt: its beginning, its end, and what stands behind each phrase."""

    begin: int
    end: int
    stop: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    Attributes:
        tokens: Its token numbers.
        spans: Where in it each of its phrases stands: (number of the phrase, first token, token after the last).
    """

    tokens: Tokens
    spans: tuple[tuple[int, int, int], ...]


def prompts_of(phrases: Sequence[Tokens], marks: Marks, limit: int) -> list[Prompt]:
    """Prompts of at most `limit` tokens that hold every phrase, in order; one without tokens is in none.

    Args:
        phrases: Token numbers of each phrase; none longer than `limit` - 3.
        marks: What frames them.
        limit: Tokens of a prompt.
    """
    prompts: list[Prompt] = []
    tokens, spans = [marks.begin], []
    for number, phrase in enumerate(phrases):
        if not phrase:
            continue
        if spans and len(tokens) + len(phrase) + 2 > limit:
            prompts.append(Prompt([*tokens, marks.end], tuple(spans)))
            tokens, spans = [marks.begin], []
        spans.append((number, len(tokens), len(tokens) + len(phrase)))
        tokens += [*phrase, marks.stop]
    return [*prompts, Prompt([*tokens, marks.end], tuple(spans))] if spans else prompts
