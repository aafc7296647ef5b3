"""Which of two things has the more of something."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Aspect, Order
from services.fusion.core import pool
from services.fusion.core.scene import ranks
from services.fusion.core.scene.extent import ramp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.common.regions import Region

ORDERS: Final[Mapping[Aspect, Order]] = MappingProxyType(
    {
        Aspect.SIZE: Order.LARGEST,
        Aspect.NEARNESS: Order.NEAREST,
        Aspect.LEFTNESS: Order.FROM_LEFT,
        Aspect.HEIGHT: Order.FROM_TOP,
    }
)
"""The order that has what has the most of an aspect first."""

NUMBER_FULL: Final = 1.0
"""Difference of two tallies that is beyond doubt."""


def lead(aspect: Aspect, ours: Sequence[Region], theirs: Sequence[Region]) -> float | None:
    """How clearly the first has more, in [-1, 1]: below 0 where the second has; None where it cannot be told.

    Args:
        aspect: Of what. NUMBER compares how many distinct regions there are, the others the first region of each.
        ours: Regions of the one target, best first, at least one.
        theirs: Of the other, likewise.
    """
    if aspect is Aspect.NUMBER:
        more = len(pool.distinct(ours)) - len(pool.distinct(theirs))
        return ramp(abs(more), NUMBER_FULL) * (1 if more > 0 else -1)
    order = ORDERS.get(aspect)
    if order is None:
        return None
    line = ranks.ranked([ours[0], theirs[0]], order)
    if len(line) < 2:  # noqa: PLR2004 - both are needed
        return None
    clearness = ranks.margin(ours[0], theirs[0], order)
    return clearness if line[0] is ours[0] else -clearness
