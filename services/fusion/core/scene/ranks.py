"""Things of one kind, counted off: "the second from the left", "the largest"."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Order
from services.fusion.core.scene.extent import ramp
from services.fusion.core.scene.relations import LARGER_FULL, NEARNESS_FULL, nearness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.common.plans import Rank
    from services.common.regions import Region

STEP_FULL: Final = 0.25
"""Distance of two middles, in mean extents of the two along the axis, that orders them beyond doubt."""


def ranked(regions: Sequence[Region], order: Order) -> list[Region]:
    """The regions in an order, the named one first; those whose place in it cannot be told are left out.

    Sides are those of the boxes' middles, sizes those of the boxes, distances the measured nearness. What ties in the
    order is in the order of left to right, then top to bottom, then id, so that the same regions always come out alike.
    """
    value = _VALUES[order]
    told = [(value(region), region) for region in regions]
    known = [(amount, region) for amount, region in told if amount is not None]
    return [region for _, region in sorted(known, key=lambda each: (each[0], *each[1].box.center, each[1].id))]


def place(regions: Sequence[Region], rank: Rank) -> tuple[Region, float] | None:
    """The region at a place, and how clearly it is there, in [0, 1]: its margin to the nearer of its neighbours.

    None where there are fewer regions than that, or where the order of one of them cannot be told.
    """
    line = ranked(regions, rank.order)
    if len(line) < len(regions) or not 1 <= rank.place <= len(line):
        return None
    found = line[rank.place - 1]
    neighbours = [*line[max(0, rank.place - 2) : rank.place - 1], *line[rank.place : rank.place + 1]]
    return found, min((margin(found, other, rank.order) for other in neighbours), default=1.0)


def margin(a: Region, b: Region, order: Order) -> float:
    """How clearly an order tells two regions apart, whichever comes first, in [0, 1]; 0 for a tie."""
    return _MARGINS[order](a, b)


def _sideways(a: Region, b: Region) -> float:
    apart = abs(a.box.center[0] - b.box.center[0])
    return ramp(apart, STEP_FULL * (a.box.width + b.box.width) / 2)


def _upright(a: Region, b: Region) -> float:
    apart = abs(a.box.center[1] - b.box.center[1])
    return ramp(apart, STEP_FULL * (a.box.height + b.box.height) / 2)


def _in_size(a: Region, b: Region) -> float:
    small, large = sorted((a.box.area, b.box.area))
    return ramp(1.0 - small / large, LARGER_FULL) if large > 0 else 0.0


def _in_depth(a: Region, b: Region) -> float:
    near, far = nearness(a), nearness(b)
    return 0.0 if near is None or far is None else ramp(abs(near - far), NEARNESS_FULL)


def _farness(region: Region) -> float | None:
    near = nearness(region)
    return None if near is None else -near


_VALUES: Final[Mapping[Order, Callable[[Region], float | None]]] = MappingProxyType(
    {
        Order.FROM_LEFT: lambda region: region.box.center[0],
        Order.FROM_RIGHT: lambda region: -region.box.center[0],
        Order.FROM_TOP: lambda region: region.box.center[1],
        Order.FROM_BOTTOM: lambda region: -region.box.center[1],
        Order.LARGEST: lambda region: -region.box.area,
        Order.SMALLEST: lambda region: region.box.area,
        Order.NEAREST: _farness,
        Order.FARTHEST: nearness,
    }
)

_MARGINS: Final[Mapping[Order, Callable[[Region, Region], float]]] = MappingProxyType(
    {
        Order.FROM_LEFT: _sideways,
        Order.FROM_RIGHT: _sideways,
        Order.FROM_TOP: _upright,
        Order.FROM_BOTTOM: _upright,
        Order.LARGEST: _in_size,
        Order.SMALLEST: _in_size,
        Order.NEAREST: _in_depth,
        Order.FARTHEST: _in_depth,
    }
)
