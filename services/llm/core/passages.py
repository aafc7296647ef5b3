"""Documents in pieces that can be quoted: a sentence each, and where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.common.claims import Passage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.common.claims import Document

MAX_QUOTE: Final = 400
"""Characters of a quotation; a longer sentence is quoted in pieces."""

_BREAK: Final = re.compile(r"(?:(?<=[.!?…])|(?<=[.!?…][\"')\]»”]))\s+|[\n\r\u2028\u2029]")
"""Where a sentence ends: after its mark, or with its line."""


@dataclass(frozen=True, slots=True)
class Quotable:
    """A piece of a document, word for word, and where it stands."""

    text: str
    passage: Passage
    title: str = ""


def quotable(document: Document) -> Iterator[Quotable]:
    """The document sentence by sentence, each as the text stands between the two ends of its passage."""
    for begin, end in _sentences(document.text):
        for first, last in _pieces(document.text, begin, end):
            yield Quotable(document.text[first:last], Passage(document.id, first, last), document.title)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for found in _BREAK.finditer(text):
        yield begin, found.start()
        begin = found.end()
    yield begin, len(text)


def _pieces(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentence without the space around it, cut between words where it is too long."""
    begin, end = _trimmed(text, begin, end)
    while end - begin > MAX_QUOTE:
        space = text.rfind(" ", begin + 1, begin + MAX_QUOTE)
        cut = space if space > 0 else begin + MAX_QUOTE
        yield _trimmed(text, begin, cut)
        begin, end = _trimmed(text, cut, end)
    if begin < end:
        yield begin, end


def _trimmed(text: str, begin: int, end: int) -> tuple[int, int]:
    piece = text[begin:end]
    inner = piece.strip()
    first = begin + len(piece) - len(piece.lstrip())
    return first, first + len(inner)
