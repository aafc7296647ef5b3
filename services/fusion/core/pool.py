"""All regions of an answer, whoever found them, and which of them stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.geometry import intersection, iou
from services.common.regions import Capability, Tier
from services.fusion.core.places import Places
from services.fusion.core.policy import UNSCORED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from services.common.geometry import Box
    from services.common.regions import Region

SAME_PLACE_IOU: Final = 0.3
"""Two looks' boxes around one piece of lettering overlap at least this much; tiers draw them differently."""

SAME_PLACE_COVERAGE: Final = 0.7
"""Or one of them lies this much within the other: a look may join what another splits."""

SAME_THING_IOU: Final = 0.5
"""Two boxes of one kind of thing overlap at least this much where they are about one thing. As in COCO's matching."""


def score(region: Region) -> float:
    """The source's score, in [0, 1]; `UNSCORED` where it gave none."""
    return UNSCORED if region.score is None else region.score


def same_place(a: Box, b: Box) -> bool:
    """Whether two boxes are about one piece of lettering."""
    shared = intersection(a, b)
    if not shared:
        return False  # Most pairs of a page end here.
    smaller = min(a.area, b.area)
    return shared >= SAME_PLACE_COVERAGE * smaller or iou(a, b) >= SAME_PLACE_IOU


def same_thing(a: Box, b: Box) -> bool:
    """Whether two boxes are about one object, if they are about the same kind."""
    return iou(a, b) >= SAME_THING_IOU


def standing(regions: Sequence[Region]) -> list[Region]:
    """The lettering that resolution reads: the accurate tier's, and the fast tier's where the accurate saw nothing."""
    accurate = [r for r in regions if r.source.tier is Tier.ACCURATE]
    fast = [r for r in regions if r.source.tier is not Tier.ACCURATE]
    places = Places(accurate)
    return accurate + [r for r in fast if not any(same_place(r.box, other.box) for other in places.around(r.box))]


def distinct(things: Iterable[Region]) -> list[Region]:
    """Things of one kind without those that repeat another: the accurate tier's stand, then the better scored.

    Best first.
    """
    ranked = sorted(things, key=lambda r: (r.source.tier is not Tier.ACCURATE, -score(r), r.id))
    return sorted(apart(ranked, same_thing), key=lambda r: (-score(r), r.id))


def apart(regions: Sequence[Region], same: Callable[[Box, Box], bool]) -> list[Region]:
    """Regions without those that are the same as one before them that was kept."""
    places = Places(regions)
    kept: dict[int, Box] = {}
    for row, region in enumerate(regions):
        if not any(same(region.box, kept[other]) for other in places.rows_around(region.box) if other in kept):
            kept[row] = region.box
    return [regions[row] for row in kept]


def at_place(box: Box, regions: Sequence[Region]) -> list[Region]:
    """The regions that are about the same thing as `box`, nearest in shape first."""
    return sorted((r for r in regions if same_place(box, r.box)), key=lambda r: (-iou(box, r.box), r.id))


def written(regions: Iterable[Region]) -> list[Region]:
    """Those that are lettering."""
    return [r for r in regions if r.source.capability is Capability.READ_TEXT]


def labelled(regions: Iterable[Region], labels: Iterable[str]) -> list[Region]:
    """The things that answer one of the phrases."""
    wanted = frozenset(labels)
    return [r for r in regions if r.source.capability is not Capability.READ_TEXT and r.label in wanted]
