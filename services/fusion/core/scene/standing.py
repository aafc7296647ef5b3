"""How a region stands among its peers and in its picture: sizes, sides, heights, distances, first places.

Each is a strength in [0, 1], or None where it cannot be told. Peers are the other things of the same kind.
"""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Final

from services.common.plans import RelationKind
from services.fusion.core.scene import ranks
from services.fusion.core.scene.extent import ramp
from services.fusion.core.scene.relations import HOLDS_FROM, nearness, strength

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from services.common.geometry import Size
    from services.common.plans import Order
    from services.common.regions import Region

LARGE_SHARE: Final = 0.15
"""Share of the picture from which a thing without peers is large."""

SMALL_SHARE: Final = 0.015
"""Share of the picture up to which a thing without peers is small."""

DOUBLING: Final = 1.0
"""Doublings over the usual size that are large beyond doubt: one. It holds from 1.41 times."""

TENFOLD: Final = math.log2(10)
"""The same against the picture, where sizes spread wider: large holds at `LARGE_SHARE`, fully at 3.16 times that."""


def larger(region: Region, peers: Sequence[Region], image_size: Size) -> float:
    """How large, in doublings: above 0 larger than usual, below 0 smaller, 1 and -1 beyond doubt."""
    others = _others(region, peers)
    if others:
        return _doublings(region.box.area, median(peer.box.area for peer in others)) / DOUBLING
    share = region.box.area / image_size.pixels
    usual = math.sqrt(LARGE_SHARE * SMALL_SHARE)
    return _doublings(share, usual) / TENFOLD


def longer(region: Region, peers: Sequence[Region], side: Callable[[Region], float], across: float) -> float:
    """The same of one side of the box; without peers, against `across`, its other side in pixels."""
    others = _others(region, peers)
    return _doublings(side(region), median(map(side, others)) if others else across) / DOUBLING


def towards(kind: RelationKind, region: Region, peers: Sequence[Region], image_size: Size) -> float | None:
    """How far to one side: the share of the peers that it is on that side of; without peers, its side of the picture.

    `kind` is LEFT_OF, RIGHT_OF, ABOVE, BELOW, IN_FRONT_OF or BEHIND. Of the front and the back of a picture nothing can
    be told without a depth model.
    """
    others = _others(region, peers)
    if not others:
        return _side(kind, region, image_size)
    told = [strength(kind, region, other, image_size=image_size) for other in others]
    known = [each for each in told if each is not None]
    return sum(known) / len(known) if len(known) == len(told) else None


def first(order: Order, region: Region, peers: Sequence[Region]) -> float | None:
    """How clearly it comes first in an order: from a half up where it does, a half at a tie, less where it does not."""
    line = [region, *_others(region, peers)]
    best = ranks.ranked(line, order)
    if len(best) < len(line):
        return None
    if best[0].id == region.id:
        runner_up = ranks.margin(region, best[1], order) if len(best) > 1 else 1.0
        return HOLDS_FROM + (1 - HOLDS_FROM) * runner_up
    return HOLDS_FROM * (1.0 - ranks.margin(region, best[0], order))


def _side(kind: RelationKind, region: Region, image_size: Size) -> float | None:
    x, y = region.box.center[0] / image_size.width, region.box.center[1] / image_size.height
    near = nearness(region)
    at = {
        RelationKind.LEFT_OF: 1.0 - x,
        RelationKind.RIGHT_OF: x,
        RelationKind.ABOVE: 1.0 - y,
        RelationKind.BELOW: y,
        RelationKind.IN_FRONT_OF: near,
        RelationKind.BEHIND: None if near is None else 1.0 - near,
    }[kind]
    return None if at is None else ramp(at, 1.0)


def _others(region: Region, peers: Sequence[Region]) -> list[Region]:
    return [peer for peer in peers if peer.id != region.id]


def _doublings(value: float, usual: float) -> float:
    if min(value, usual) <= 0:
        return 0.0
    return math.log2(value / usual)
