"""Which of all lettering a question means that names a kind of it: a number, a year, the first line, the largest text.

Form tells figures, years and sites. That lettering is a name, a title or a slogan, no form tells, and no model here:
such a question is not answered with everything that can be read. A place in an order is counted off on the page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from services.common.claims import AbstentionReason, Candidate
from services.common.plans import Order
from services.fusion.core import layout, pool
from services.fusion.core.objects import NEAR_MISSES, Found, Setback
from services.fusion.core.values import site_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.common.plans import Rank, RelationKind, Target
    from services.common.regions import Region

ANY: Final = frozenset({"", "text", "word", "letter", "line", "lettering", "message", "sentence"})
"""Nouns that mean lettering, whatever it is."""

_YEAR: Final = re.compile(r"(?<!\d)(?:1[5-9]|20)\d{2}(?!\d)")
STREET: Final = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|lane|ln|boulevard|blvd|drive|dr|way|square|terrace|crescent|court|alley|highway|"
    r"jalan|jln|lorong|rue|via|calle|rua|platz)\b|(?:stra(?:ss|ß)e|str\.|weg|gasse|straat)\b",
    re.IGNORECASE,
)
"""Words for ways, in names of streets."""


def _has_figure(text: str) -> bool:
    return any(c.isdecimal() for c in text)


_TOLD: Final[Mapping[str, Callable[[str], bool]]] = {
    "number": _has_figure,
    "digit": _has_figure,
    "score": _has_figure,
    "code": _has_figure,
    "year": lambda text: _YEAR.search(text) is not None,
    "url": lambda text: bool(site_in(text)),
    "street name": lambda text: STREET.search(text) is not None,
}
"""Kinds that the form of lettering tells, by their nouns."""

_BY_NUMBER: Final = " number"
"""How nouns of numbers end that are told from other numbers by what they are on: "bus number"."""

_ROWS: Final = frozenset({Order.FROM_TOP, Order.FROM_BOTTOM})
_SIDES: Final = frozenset({Order.FROM_LEFT, Order.FROM_RIGHT})
_SIZES: Final = frozenset({Order.LARGEST, Order.SMALLEST})

WORD_GAP: Final = 1.0
"""Heights of the letters that lie between two pieces of one line, at most."""

LIKE_HEIGHTS: Final = 1.6
"""Factor from which letters are higher than those of one line with them."""

CLEARLY_LARGER: Final = 1.15
"""Factor from which letters are higher than others: boxes of lettering are drawn no finer than that."""


def of_kind(target: Target, lettering: Sequence[Region]) -> list[Region]:
    """The lettering that a target may mean by its noun, as far as form tells, in reading order.

    Args:
        target: Lettering that is neither given word for word nor a field.
        lettering: All that stands in the picture.
    """
    told = _TOLD.get(target.noun) or (_has_figure if target.noun.endswith(_BY_NUMBER) else None)
    return [region for region in layout.reading_order(lettering) if told is None or told(region.text)]


def alone(target: Target, chosen: Sequence[Region]) -> Found:
    """Which of the lettering `of_kind` is meant, where nothing found in the picture places it; or why nothing tells."""
    if not chosen:
        return Found(())
    if target.noun.endswith(_BY_NUMBER) and len({region.text for region in chosen}) > 1:
        return _untold(chosen, f"Which of {len(chosen)} pieces with figures is the {target.noun}, nothing here tells.")
    if target.noun not in ANY and target.noun not in _TOLD and not target.noun.endswith(_BY_NUMBER):
        return _untold(chosen, f"What is written can be read; which of it is the {target.noun}, nothing here tells.")
    if target.rank is not None:
        return _ranked(target, target.rank, chosen)
    return _lines(chosen) if target.noun in ANY else _found(chosen)


def unplaced(target: Target, kind: RelationKind, words: str, chosen: Sequence[Region]) -> Found:
    """For lettering below, above or beside what was not found: not all lettering is there."""
    if not chosen:
        return Found(())
    where = kind.name.lower().replace("_", " ")
    return _untold(chosen, f"Which {target.noun} is {where} {words} is not told: {words} was not found.")


def uncounted(target: Target, found: Found, regions: Mapping[str, Region]) -> Found:
    """For how many words or lines there are: lettering comes in pieces, and pieces are none of these."""
    why = f"How many {target.noun}s there are is not told: lettering is read in pieces that hold several, or parts."
    near = [regions[candidate.region_id] for candidate in found.candidates]
    return _untold(near, why) if near else found


def _found(chosen: Sequence[Region]) -> Found:
    return Found(tuple(Candidate(region.id, pool.score(region)) for region in chosen))


def _lines(chosen: Sequence[Region]) -> Found:
    """All lettering, line by line in reading order: pieces that stand close together in letters of one size are one."""
    rows: list[list[Region]] = []
    for line in layout.lines(chosen):
        rows.append(line[:1])
        for region in line[1:]:
            if _joined(rows[-1][-1], region):
                rows[-1].append(region)
            else:
                rows.append([region])
    return Found(tuple(map(_row, rows)))


def _row(row: Sequence[Region]) -> Candidate:
    if len(row) == 1:
        return Candidate(row[0].id, pool.score(row[0]))
    text = " ".join(region.text for region in row)
    return Candidate(row[0].id, min(map(pool.score, row)), text, tuple(region.id for region in row[1:]))


def _joined(left: Region, right: Region) -> bool:
    heights = sorted((left.box.height, right.box.height))
    return right.box.x_min - left.box.x_max <= WORD_GAP * heights[0] and heights[1] < LIKE_HEIGHTS * heights[0]


def _untold(near: Sequence[Region], why: str) -> Found:
    ids = tuple(region.id for region in near[:NEAR_MISSES])
    return Found((), Setback(AbstentionReason.NOT_CHECKABLE, why, near_region_ids=ids))


def _ranked(target: Target, rank: Rank, ordered: Sequence[Region]) -> Found:
    """The lettering that has the rank; of lines, all of the line."""
    if rank.order in _SIZES:
        return _by_size(rank, ordered)
    if rank.order in _ROWS:
        rows = layout.lines(ordered)
        rows = rows if rank.order is Order.FROM_TOP else rows[::-1]
        if target.noun == "line":
            return _found(rows[rank.place - 1] if rank.place <= len(rows) else [])
        return _found([region for row in rows for region in row][rank.place - 1 : rank.place])
    if rank.order in _SIDES:
        sign = 1 if rank.order is Order.FROM_LEFT else -1
        beside = sorted(ordered, key=lambda r: (sign * r.box.center[0], r.id))
        return _found(beside[rank.place - 1 : rank.place])
    return _untold(ordered, f"Which {target.noun} comes first in that order, nothing here tells.")


def _by_size(rank: Rank, ordered: Sequence[Region]) -> Found:
    """By the height of the letters; two that hardly differ are a tie."""
    sign = -1 if rank.order is Order.LARGEST else 1
    by_height = sorted(ordered, key=lambda r: (sign * r.box.height, r.id))
    chosen, rest = by_height[rank.place - 1 : rank.place], by_height[rank.place : rank.place + 1]
    if chosen and rest:
        heights = sorted((chosen[0].box.height, rest[0].box.height))
        if heights[1] < CLEARLY_LARGER * heights[0]:
            near = (chosen[0].id, rest[0].id)
            why = f"The letters of two pieces are of one height: which is the {rank.order.name.lower()}, is not told."
            return Found((), Setback(AbstentionReason.AMBIGUOUS, why, near_region_ids=near))
    return _found(chosen)
