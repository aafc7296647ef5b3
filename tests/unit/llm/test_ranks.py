from __future__ import annotations

import pytest

from services.common.plans import Aspect, Order, Rank
from services.llm.core import aspects
from services.llm.core.lexicon import SUPERLATIVES
from services.llm.core.ranks import ORDERS, cornered, ranked


@pytest.mark.parametrize(
    ("marks", "side", "attributes", "rank"),
    [
        ([], "", (), None),
        (["red"], "", ("red",), None),
        (["leftmost"], "", (), Rank(Order.FROM_LEFT, 1)),
        (["second", "red"], "from the left", ("red",), Rank(Order.FROM_LEFT, 2)),
        (["3rd", "largest"], "", (), Rank(Order.LARGEST, 3)),
        (["last"], "from the left", (), Rank(Order.FROM_RIGHT, 1)),
        (["last"], "from the top", (), Rank(Order.FROM_BOTTOM, 1)),
        ([], "from the right", (), Rank(Order.FROM_RIGHT, 1)),
        # What no order stands for stays as it was said.
        (["tallest"], "", ("tallest",), None),
        (["second"], "", ("second",), None),
        (["second"], "from the front", ("second from the front",), None),
        (["last", "largest"], "", ("last",), Rank(Order.LARGEST, 1)),
        # One thing has one rank.
        (["left", "largest"], "", ("largest",), Rank(Order.FROM_LEFT, 1)),
    ],
)
def test_which_of_several(marks: list[str], side: str, attributes: tuple[str, ...], rank: Rank | None) -> None:
    assert ranked(marks, side) == (attributes, rank)


@pytest.mark.parametrize(
    ("marks", "corner", "found"),
    [
        (["red"], "left", (("red",), Rank(Order.FROM_LEFT, 1))),
        (["second"], "right", ((), Rank(Order.FROM_RIGHT, 2))),
        (["last"], "right", ((), Rank(Order.FROM_RIGHT, 1))),
        ([], "middle", None),
        ([], "background", None),
    ],
)
def test_which_one_in_a_part_of_the_picture(
    marks: list[str], corner: str, found: tuple[tuple[str, ...], Rank] | None
) -> None:
    assert cornered(marks, corner) == found


def test_every_order_has_a_superlative() -> None:
    assert set(ORDERS) <= set(SUPERLATIVES.values())
    assert set(ORDERS.values()) == set(Order)


@pytest.mark.parametrize(
    ("values", "noun", "aspect"),
    [
        (["red"], "car", Aspect.COLOR),
        (["red"], "traffic light", Aspect.NONE),
        (["round"], "light", Aspect.SHAPE),
        (["red", "big"], "car", Aspect.NONE),
        (["open"], "door", Aspect.NONE),
        (["flat"], "tyre", Aspect.NONE),
        ([], "car", Aspect.NONE),
    ],
)
def test_what_pixels_tell(values: list[str], noun: str, aspect: Aspect) -> None:
    assert aspects.measured(values, noun) is aspect


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ([], (Aspect.NONE, False)),
        (["colour"], (Aspect.COLOR, False)),
        (["age"], (Aspect.NONE, False)),
        (["smaller"], (Aspect.SIZE, True)),
        (["taller"], (Aspect.NONE, False)),
        (["as big"], (Aspect.SIZE, False)),
        (["as many"], (Aspect.NUMBER, False)),
        (["further right"], (Aspect.LEFTNESS, True)),
    ],
)
def test_what_is_asked(words: list[str], asked: tuple[Aspect, bool]) -> None:
    assert aspects.asked(words) == asked
