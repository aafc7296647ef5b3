"""Which of several is meant: "the second cup from the left", "the largest dog", "the top shelf"."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Order, Rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WORDS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_FIGURES: Final = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th")

PLACES: Final[Mapping[str, int]] = MappingProxyType(
    {word: place for words in (_WORDS, _FIGURES) for place, word in enumerate(words, start=1)}
)
"""Ordinals."""

ORDERS: Final[Mapping[str, Order]] = MappingProxyType(
    {
        "left": Order.FROM_LEFT,
        "leftmost": Order.FROM_LEFT,
        "right": Order.FROM_RIGHT,
        "rightmost": Order.FROM_RIGHT,
        "top": Order.FROM_TOP,
        "topmost": Order.FROM_TOP,
        "bottom": Order.FROM_BOTTOM,
        "bottommost": Order.FROM_BOTTOM,
        "largest": Order.LARGEST,
        "smallest": Order.SMALLEST,
        "nearest": Order.NEAREST,
        "farthest": Order.FARTHEST,
    }
)
"""Superlatives, as the lexicon calls them, by the order that they are first in. Those that no order stands for, such as
"tallest" and "middle", stay attributes."""

_OTHER_END: Final[Mapping[Order, Order]] = MappingProxyType(
    {
        Order.FROM_LEFT: Order.FROM_RIGHT,
        Order.FROM_RIGHT: Order.FROM_LEFT,
        Order.FROM_TOP: Order.FROM_BOTTOM,
        Order.FROM_BOTTOM: Order.FROM_TOP,
    }
)

LAST: Final = "last"


def ranked(marks: Sequence[str], side: str = "") -> tuple[tuple[str, ...], Rank | None]:
    """The attributes that are none of a rank, and the rank.

    Args:
        marks: What stands before a noun, superlatives as the lexicon calls them.
        side: What stands behind it, such as "from the left"; may be empty.

    >>> ranked(["second", "red"], "from the left")
    (('red',), Rank(order=<Order.FROM_LEFT: 1>, place=2))
    """
    if side:
        order = ORDERS.get(side.rpartition(" ")[2])
        return _placed(marks, order) if order else ((*marks[:-1], " ".join((*marks[-1:], side))), None)
    found = next((mark for mark in marks if mark in ORDERS), None)
    if found is None:
        return tuple(marks), None
    return _placed([mark for mark in marks if mark != found], ORDERS[found])


def cornered(marks: Sequence[str], corner: str) -> tuple[tuple[str, ...], Rank] | None:
    """The same for a certain thing in a part of the picture, "the second cup on the left"; None where no order is."""
    order = ORDERS.get(corner)
    if order is None:
        return None
    if LAST in marks:  # The last one on the right is the rightmost.
        return tuple(mark for mark in marks if mark != LAST), Rank(order, 1)
    return _placed(marks, order)


def _placed(marks: Sequence[str], order: Order) -> tuple[tuple[str, ...], Rank]:
    ordinal = next((mark for mark in marks if mark in PLACES or mark == LAST), None)
    rest = tuple(mark for mark in marks if mark != ordinal)
    if ordinal is None:
        return rest, Rank(order, 1)
    if ordinal == LAST:
        other = _OTHER_END.get(order)
        return (rest, Rank(other, 1)) if other else (tuple(marks), Rank(order, 1))
    return rest, Rank(order, PLACES[ordinal])
