"""Firms on a page: which lettering at its head is written as a firm's name, and what else says that it is one.

A name is a line of letters that is no heading, no address, no number to call or to be registered under. It may wrap
over two lines. Its place alone makes it likely; a legal form, a registration number with it or the word for a trade
make it more so. Whether a claim is supported is decided by signs apart from its place (`sign_of`).
"""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING, Final

from services.common.claims import Candidate
from services.fusion.core import layout, pool
from services.fusion.core.field_lexicon import (
    ADDRESS_WORDS,
    COMPANY_ENDINGS,
    CONTACTS,
    INTRODUCED,
    LEGAL_FORMS,
    MISREAD_FORMS,
    REGISTRATION,
    TITLES,
)
from services.fusion.core.lettering import normalised, presence
from services.fusion.core.values import mail_in, site_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.regions import Region

TOP_OF_PAGE: Final = 0.2
"""Share of the page's height in which a firm prints its name."""

LEGAL_FIT: Final = 0.95
REGISTERED_FIT: Final = 0.9
TRADE_FIT: Final = 0.8
PLACE_FIT: Final = 0.7
"""Fits by what speaks for a name, best first: a legal form; a registration number; a trade's word; its place alone."""

PLACE_STEP: Final = 0.05
"""What each line further down the page takes from a name that has its place alone."""

PAGE_LINES: Final = 6
"""Lines that make lettering a page. A few words in a photo have no head at which a firm would be named."""

NO_HEAD: Final = 0.6
"""What is left there of a fit that rests on the place: too little to be claimed."""

LARGE: Final = 1.25
"""Letters this much higher than those around them are set as a name is."""

LARGE_BONUS: Final = 0.08

LIKE_HEIGHTS: Final = 0.6
"""Lines of one name: the lower letters are at least this high beside the higher ones."""

_ANNOUNCED: Final = re.compile(r"\b(?:co|company|reg|registration|roc)\b.{0,12}\d{4,}", re.IGNORECASE)
"""A company's registration number behind words that say so: an entry of its own, wherever the head has place for it."""

_NUMBER: Final = re.compile(r"\(?\b\d{5,}\s?-\s?[A-Z]\b\)?", re.IGNORECASE)
"""A company's registration number, as it is printed behind or beneath its name."""

_WORD: Final = re.compile(r"[^\W\d_]+")

NAMED_AGAIN: Final = 0.9
"""Likeness from which a line names the firm once more."""

LEAST_LETTERS: Final = 4
"""A shorter name stands inside too many words to be found again."""

LONG_NAME: Final = 8
"""Letters from which a name is found again within other words, as readers of lettering join them."""

LEAST_LETTERS_OF_A_NAME: Final = 3

WELL_READ: Final = 0.8
"""Score from which lettering is no mere scribble."""


def candidates(page: Sequence[Region]) -> list[Candidate]:
    """Lettering that may name the firm that a page is from, with what its name goes on with for context."""
    head = [r for r in layout.reading_order(page) if layout.depth(r, page) <= TOP_OF_PAGE]
    names = [region for region in head if may_be_name(region.text) and not _is_introduced(region, page)]
    has_head = len(layout.lines(page)) >= PAGE_LINES
    usual = median(region.box.height for region in head) if head else 0.0
    found = []
    for place, region in enumerate(names):
        name, rest = _whole_name(region, head)
        fit = _fit(name, (region, *rest), page, place)
        if region.box.height >= LARGE * usual:
            fit = min(1.0, fit + LARGE_BONUS)
        if not has_head and fit < TRADE_FIT:
            fit *= NO_HEAD
        found.append(Candidate(region.id, max(0.1, fit) * pool.score(region), name, tuple(r.id for r in rest)))
    return found


def may_be_name(text: str) -> bool:
    """Whether a line at the head of a page may name its firm, by the line alone."""
    name = REGISTRATION.sub("", text)
    letters = sum(c.isalpha() for c in name)
    words = {word.casefold() for word in _WORD.findall(name)}
    if letters < LEAST_LETTERS_OF_A_NAME or letters < 0.5 * len(normalised(name)) or TITLES.issuperset(words):
        return False
    if LEGAL_FORMS.search(name):
        return bool(_core(name))
    return not (ADDRESS_WORDS.search(name) or CONTACTS.search(name))


def _whole_name(region: Region, head: Sequence[Region]) -> tuple[str, tuple[Region, ...]]:
    """The name that begins in a region, and the region beneath where it goes on there.

    It goes on with an ending alone: an ending behind further words is a name of its own.
    """
    name = REGISTRATION.sub("", region.text)
    if LEGAL_FORMS.search(name):
        return name, ()
    for below in layout.below(region, head)[:1]:
        ending = REGISTRATION.sub("", below.text)
        heights = sorted((region.box.height, below.box.height))
        alike = heights[0] >= LIKE_HEIGHTS * heights[1]
        if alike and COMPANY_ENDINGS.search(ending) and not _core(ending):
            return f"{name} {ending}", (below,)
    return name, ()


def _fit(name: str, cited: Sequence[Region], page: Sequence[Region], place: int) -> float:
    """How sure a name is, by what is written and by its place among the names of the head."""
    if LEGAL_FORMS.search(name) and _core(name):
        return LEGAL_FIT
    if _is_registered(cited, page):
        return REGISTERED_FIT
    best = TRADE_FIT if COMPANY_ENDINGS.search(name) and _core(name) else PLACE_FIT
    return best - PLACE_STEP * place


def _is_introduced(region: Region, page: Sequence[Region]) -> bool:
    """Whether the lettering before or above a name says that it is of another firm."""
    others = [other for other in page if other.id != region.id]
    before = [o for o in others if layout.on_one_line(o.box, region.box) and o.box.center[0] < region.box.center[0]]
    above = [other for other in others if region in layout.below(other, page)[:1]]
    return any(INTRODUCED.search(other.text) for other in (region, *before, *above))


def _core(name: str) -> list[str]:
    """A name's own words: neither legal forms nor words for a trade."""
    return [word for word in _WORD.findall(COMPANY_ENDINGS.sub(" ", name)) if len(word) > 1]


def sign_of(value: str, cited: Sequence[Region], page: Sequence[Region]) -> str:
    """What says that `value`, read in the `cited` regions, is a firm's name, in words; empty where nothing does."""
    if MISREAD_FORMS.search(value):
        return ""
    if LEGAL_FORMS.search(value):
        return "it ends as firms' names do"
    if _is_registered(cited, page):
        return "a registration number is printed with it"
    ids = {region.id for region in cited}
    elsewhere = [region for region in page if region.id not in ids]
    if any(_names(value, region.text) for region in elsewhere):
        return "the page names it once more"
    return ""


def rival_of(value: str, cited: Sequence[Region], page: Sequence[Region]) -> str:
    """Other lettering that may as well name the firm, or be the beginning of its name; empty where there is none.

    Beside a name without a legal form, that is one that has it. Beside one that has it, it is a name above that has a
    sign of its own, or that a short name may go on from.
    """
    ids = {region.id for region in cited}
    others = [r for r in page if r.id not in ids and not _is_introduced(r, page) and may_be_name(r.text)]
    if LEGAL_FORMS.search(value):
        others = [r for r in others if _stands_above(r, value, cited, page)]
    else:
        others = [r for r in others if LEGAL_FORMS.search(_bare(r)) and _core(_bare(r))]
    return next((r.text for r in others if not (_names(value, r.text) or _names(r.text, value))), "")


def _stands_above(other: Region, value: str, cited: Sequence[Region], page: Sequence[Region]) -> bool:
    first = min(cited, key=lambda r: r.box.y_min)
    if other.box.center[1] >= first.box.y_min or pool.score(other) < WELL_READ:
        return False
    heights = sorted((other.box.height, first.box.height))
    goes_on = first in layout.below(other, page)[:1] and heights[0] >= LIKE_HEIGHTS * heights[1]
    return (goes_on and len(_core(value)) <= 1) or bool(sign_of(_bare(other), (other,), page))


def _bare(region: Region) -> str:
    return REGISTRATION.sub("", region.text)


def _is_registered(cited: Sequence[Region], page: Sequence[Region]) -> bool:
    """Whether a registration number stands with a name, as that name's own.

    A bare number beneath goes on from the name above it. One that is announced is of the page's firm, whatever was
    printed in between: the line above it is that firm's name only where no other line further up may be.
    """
    if any(_ANNOUNCED.search(region.text) or _NUMBER.search(region.text) for region in cited):
        return True
    beneath = [(region, other) for region in cited for other in layout.below(region, page)[:1]]
    return any(
        _is_first_name(region, page) if _ANNOUNCED.search(other.text) else _NUMBER.search(other.text)
        for region, other in beneath
    )


def _is_first_name(region: Region, page: Sequence[Region]) -> bool:
    above = (o for o in page if o.box.center[1] < region.box.y_min and pool.score(o) >= WELL_READ)
    return not any(may_be_name(other.text) and not _is_introduced(other, page) for other in above)


def _names(value: str, text: str) -> bool:
    core = " ".join(word for word in value.split() if not COMPANY_ENDINGS.fullmatch(word.strip(".,()")))
    name = normalised(core)
    if len(name) < LEAST_LETTERS or TITLES.issuperset(core.casefold().split()):
        return False
    joined = len(name) >= LONG_NAME or bool(site_in(text) or mail_in(text))
    return (joined and name in normalised(text)) or presence(core, text) >= NAMED_AGAIN
