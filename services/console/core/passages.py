"""A document's text, cut where cited passages begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

AROUND: Final = 160
"""Characters that are shown on each side of a passage where the whole text would be too much."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters `begin` to `end` (exclusive, from 0) of a text, and the claim that cites them."""

    claim_id: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and the claims that cite it; none where it lies between passages."""

    text: str
    claim_ids: Sequence[str] = ()


def pieces(text: str, passages: Sequence[Passage]) -> Sequence[Piece]:
    """The text in pieces that, one after the other, are the text again. Passages may overlap, or lie outside of it."""
    clipped = [Passage(p.claim_id, max(0, p.begin), min(len(text), p.end)) for p in passages]
    held = [passage for passage in clipped if passage.begin < passage.end]
    edges = sorted({0, len(text), *(p.begin for p in held), *(p.end for p in held)})
    return tuple(_pieces(text, held, edges))


def _pieces(text: str, passages: Sequence[Passage], edges: Sequence[int]) -> Iterator[Piece]:
    for begin, end in pairwise(edges):
        ids = dict.fromkeys(p.claim_id for p in passages if p.begin <= begin and end <= p.end)
        yield Piece(text[begin:end], tuple(ids))


def excerpt(text: str, passage: Passage) -> tuple[str, str, str]:
    """What stands before the passage, the passage, and what stands after it, both ends cut short."""
    begin, end = max(0, passage.begin), min(len(text), passage.end)
    if begin >= end:
        return "", "", ""
    before, after = text[max(0, begin - AROUND) : begin], text[end : end + AROUND]
    return ("…" if begin > AROUND else "") + before, text[begin:end], after + ("…" if end + AROUND < len(text) else "")
