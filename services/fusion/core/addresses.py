"""Addresses on a page: the lines that read as one, from a house's number to a post code.

An address begins with a number in a street, a lot or a unit, or behind its printed key. It goes on from line to line,
in letters of one size, for as long as the lines are written as parts of one; without a post code it is not whole, and
none is made of it. Where lettering that may belong to it stands right above or beneath, its ends are not told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from services.common.claims import Candidate
from services.fusion.core import firms, layout, pool
from services.fusion.core.field_lexicon import ADDRESS_WORDS, CONTACTS, INTRODUCED, LEGAL_FORMS, REGISTRATION, TITLES
from services.fusion.core.kinds import STREET
from services.fusion.core.values import date_in, lone_phone_in, time_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.regions import Region

HEAD: Final = 0.4
"""Share of the page's height in which the address of its firm is printed."""

FIT: Final = 0.85
ELSEWHERE: Final = 0.6
"""How surely an address is the one that is meant, at the head of the page and further down."""

GAP: Final = 1.2
"""Heights of a line that may lie between it and the next one of an address, at most."""

LIKE_HEIGHTS: Final = 0.6
"""Lines of one address: the lower letters are at least this high beside the higher ones."""

MOST_LINES: Final = 8

_KEY: Final = re.compile(r"^\W*(?:our |shop |store |street |business )?address\b\W*", re.IGNORECASE)
_UNIT: Final = re.compile(
    r"^\W*(?:no|lot|unit|suite|block|blk|shop|plot|door)\b\.?\W*(?:[a-z]\.?){0,3}\W*\d", re.IGNORECASE
)
_HOUSE: Final = re.compile(r"^\W*\d{1,5}[a-z]?(?:\W+\d{1,5}[a-z]?)*\W+[^\W\d]", re.IGNORECASE)
_OF_OTHERS: Final = re.compile(
    r"^\W*(?:to|for|attn|attention|from|m/s)\b\W*(?:$|:)|"
    r"\b(?:billing|shipping|deliver(?:y|ed)?|returns?|recipient|customer|consignee|buyer|client|guest|patient)\b",
    re.IGNORECASE,
)
"""What says that the address beneath is somebody else's than the page's firm."""

INTRODUCES: Final = 3
"""Lines above an address in which that is said: names may stand between."""

_POST_CODE: Final = re.compile(
    r"(?<![\d-])\d{5}(?:-\d{4})?(?!\d)(?=\W*[^\W\d]{3}|\W*$)|\b[^\W\d]{3,}\W+\d{6}\b|"
    r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b[A-Z]\d[A-Z]\s?\d[A-Z]\d\b"
)
"""Five figures before a town or at the end, six behind one, and the forms of Britain and Canada."""

_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class _Line:
    """Lettering that stands side by side."""

    regions: tuple[Region, ...]
    text: str

    @property
    def top(self) -> float:
        return min(region.box.y_min for region in self.regions)

    @property
    def foot(self) -> float:
        return max(region.box.y_max for region in self.regions)

    @property
    def height(self) -> float:
        return max(region.box.height for region in self.regions)


@dataclass(frozen=True, slots=True)
class Address:
    """An address: its lines' regions in order, and what is written that leaves its ends or its owner open, if any."""

    regions: tuple[Region, ...]
    text: str
    loose: str = ""


def candidates(page: Sequence[Region]) -> list[Candidate]:
    """The addresses of a page, each with its further lines for context."""
    found = []
    for address in addresses(page):
        first, *rest = address.regions
        meant = FIT if heads(address, page) else ELSEWHERE
        read = min(pool.score(region) for region in address.regions)
        found.append(Candidate(first.id, meant * read, address.text, tuple(region.id for region in rest)))
    return found


def addresses(page: Sequence[Region]) -> list[Address]:
    """Every whole address of a page, top to bottom. One that is introduced as a customer's is none of the page's."""
    lines = [_line(regions) for regions in layout.lines(page)]
    found, at = [], 0
    while at < len(lines):
        block = _block(lines, at)
        address = _address(lines, at, len(block)) if block else None
        if address is not None:
            found.append(address)
        at += len(block) if address is not None else 1
    return found


def heads(address: Address, page: Sequence[Region]) -> bool:
    """Whether an address begins in the head of a page, where the page's firm prints its own.

    A few lines, as on the front of a shop, have no head and no foot: all of them count.
    """
    return len(layout.lines(page)) < firms.PAGE_LINES or layout.depth(address.regions[0], page) <= HEAD


def is_whole(text: str) -> bool:
    """Whether a text has what an address has: a way with a number, or a unit, and a post code."""
    placed = STREET.search(text) or ADDRESS_WORDS.search(_POST_CODE.sub(" ", text))
    return placed is not None and _POST_CODE.search(text) is not None and any(c.isdecimal() for c in _bare(text))


def _bare(text: str) -> str:
    return _POST_CODE.sub(" ", text)


def _line(regions: Sequence[Region]) -> _Line:
    return _Line(tuple(regions), " ".join(region.text.strip() for region in regions))


def _block(lines: Sequence[_Line], at: int) -> list[_Line]:
    """The lines of the address that begins at one; none where none does."""
    if not _begins(lines[at].text):
        return []
    block = [lines[at]]
    for place in range(at + 1, min(at + MOST_LINES, len(lines))):
        after = lines[place + 1] if place + 1 < len(lines) else None
        if not _adjacent(block[-1], lines[place]) or not _goes_on(block[-1], lines[place], after):
            break
        block.append(lines[place])
    return block


def _address(lines: Sequence[_Line], at: int, count: int) -> Address | None:
    block = lines[at : at + count]
    text = _KEY.sub("", " ".join(line.text for line in block)).strip()
    if not is_whole(text) or any(map(_introduces, lines[max(0, at - INTRODUCES) : at])):
        return None
    regions = tuple(region for line in block for region in line.regions)
    return Address(regions, text, _loose(lines, at, at + count))


def _introduces(line: _Line) -> bool:
    return any(INTRODUCED.search(region.text) or _OF_OTHERS.search(region.text) for region in line.regions)


def _begins(text: str) -> bool:
    if _other(text):
        return False
    if _KEY.match(text):
        return True
    ways = STREET.search(text) or ADDRESS_WORDS.search(_bare(text))
    return _UNIT.match(text) is not None or (_HOUSE.match(text) is not None and ways is not None)


def _goes_on(before: _Line, line: _Line, after: _Line | None) -> bool:
    """Whether a line is written as a part of the address that the line before belongs to."""
    if _other(line.text):
        return False
    if before.text.rstrip().endswith(",") or "," in line.text or _POST_CODE.search(line.text):
        return True
    if STREET.search(line.text) or ADDRESS_WORDS.search(line.text):
        return True
    return (
        after is not None and _adjacent(line, after) and not _other(after.text) and bool(_POST_CODE.search(after.text))
    )


def _other(text: str) -> bool:
    """Whether a line is certainly no part of an address: a contact, a heading, a firm, a date, a number to call."""
    words = {word.casefold() for word in _WORD.findall(text)}
    if words and TITLES.issuperset(words - {"no"}) and words != {"no"}:
        return True
    name = REGISTRATION.sub("", text)
    if not _WORD.search(name) and name != text:
        return True
    if CONTACTS.search(_KEY.sub("", text)) or (LEGAL_FORMS.search(name) and not STREET.search(text)):
        return True
    return bool(date_in(text) or time_in(text) or lone_phone_in(text))


def _adjacent(upper: _Line, lower: _Line) -> bool:
    heights = sorted((upper.height, lower.height))
    return lower.top - upper.foot <= GAP * heights[0] and heights[0] >= LIKE_HEIGHTS * heights[1]


def _loose(lines: Sequence[_Line], at: int, end: int) -> str:
    """A line right above or beneath that may belong to the address, or another firm that it may be of; else empty."""
    beneath = lines[end] if end < len(lines) else None
    if beneath is not None and _adjacent(lines[end - 1], beneath) and _may_belong(beneath.text):
        return beneath.text
    firms_above = [line for line in lines[:at] if LEGAL_FORMS.search(REGISTRATION.sub("", line.text))]
    if len(firms_above) > 1:
        return firms_above[0].text
    above = lines[at - 1] if at else None
    if above is None or _KEY.match(lines[at].text) or not _adjacent(above, lines[at]) or not _may_belong(above.text):
        return ""
    # The firm's own name stands there too: then it is the only one that may be.
    names = [line for line in lines[:at] if firms.may_be_name(line.text)]
    return above.text if names and names[0] is not above else ""


def _may_belong(text: str) -> bool:
    return not _other(text) and (firms.may_be_name(text) or ADDRESS_WORDS.search(text) is not None)
