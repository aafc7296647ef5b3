"""All regions of an answer, whoever found them, and which of them stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.geometry import coverage, iou
from services.common.regions import Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.geometry import Box
    from services.common.regions import Region

SAME_PLACE_IOU: Final = 0.3
"""Two looks' boxes around one piece of lettering overlap at least this much; tiers draw them differently."""

SAME_PLACE_COVERAGE: Final = 0.7
"""Or one of them lies this much within the other: a look may join what another splits."""


def same_place(a: Box, b: Box) -> bool:
    """Whether two boxes are about one thing."""
    return iou(a, b) >= SAME_PLACE_IOU or max(coverage(a, b), coverage(b, a)) >= SAME_PLACE_COVERAGE


def standing(regions: Sequence[Region]) -> list[Region]:
    """The regions that resolution reads: the accurate tier's, and the fast tier's where the accurate saw nothing."""
    accurate = [r for r in regions if r.source.tier is Tier.ACCURATE]
    fast = [r for r in regions if r.source.tier is not Tier.ACCURATE]
    return accurate + [r for r in fast if not any(same_place(r.box, other.box) for other in accurate)]


def at_place(box: Box, regions: Sequence[Region]) -> list[Region]:
    """The regions that are about the same thing as `box`, nearest in shape first."""
    return sorted((r for r in regions if same_place(box, r.box)), key=lambda r: (-iou(box, r.box), r.id))
