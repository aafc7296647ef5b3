"""Where lettering stands on a page: lines, neighbours to the right, neighbours below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.common.geometry import Box
    from services.common.regions import Region

LINE_OVERLAP: Final = 0.5
"""Share of the lower box's height that two boxes of one line have in common, at least."""

BELOW_HEIGHTS: Final = 2.5
"""How many heights of the key its value may lie beneath it, at most."""


def on_one_line(a: Box, b: Box) -> bool:
    """Whether two boxes stand beside each other: their heights overlap by at least `LINE_OVERLAP` of the lower one."""
    shared = min(a.y_max, b.y_max) - max(a.y_min, b.y_min)
    return shared >= LINE_OVERLAP * min(a.height, b.height)


def right_of(key: Region, regions: Iterable[Region]) -> list[Region]:
    """Regions on the key's line that begin to its right, nearest first."""
    middle = key.box.center[0]
    beside = [r for r in regions if r.id != key.id and on_one_line(key.box, r.box) and r.box.center[0] > middle]
    return sorted(beside, key=lambda r: (r.box.x_min, r.id))


def below(key: Region, regions: Iterable[Region]) -> list[Region]:
    """Regions under the key that share columns with it, nearest first, within `BELOW_HEIGHTS` of its height."""
    reach = key.box.y_max + BELOW_HEIGHTS * key.box.height

    def under(box: Box) -> bool:
        shares = min(box.x_max, key.box.x_max) > max(box.x_min, key.box.x_min)
        return shares and box.center[1] > key.box.y_max and box.y_min < reach

    return sorted((r for r in regions if r.id != key.id and under(r.box)), key=lambda r: (r.box.y_min, r.id))


def column(key: Region, regions: Sequence[Region]) -> list[Region]:
    """What stands beneath a key that heads a column, top to bottom, for as long as it goes on.

    A region that has lettering to its left while the key has none is the end of another line, and no column's.
    """
    found: list[Region] = []
    foot = key
    while (under := next(iter(below(foot, regions)), None)) is not None:
        if _left_of(under, regions) and not _left_of(key, regions):
            break
        found.append(under)
        foot = under
    return found


def _left_of(region: Region, regions: Iterable[Region]) -> list[Region]:
    middle = region.box.center[0]
    return [r for r in regions if r.id != region.id and on_one_line(region.box, r.box) and r.box.center[0] < middle]


def lines(regions: Iterable[Region]) -> list[list[Region]]:
    """Regions by line, top to bottom, left to right within each."""
    found: list[list[Region]] = []
    for region in sorted(regions, key=lambda r: (r.box.center[1], r.box.x_min, r.id)):
        if found and on_one_line(found[-1][0].box, region.box):
            found[-1].append(region)
        else:
            found.append([region])
    return [sorted(line, key=lambda r: (r.box.x_min, r.id)) for line in found]


def reading_order(regions: Iterable[Region]) -> list[Region]:
    """Top to bottom by line, left to right within a line."""
    return [region for line in lines(regions) for region in line]


def depth(region: Region, regions: Sequence[Region]) -> float:
    """How far down the page's lettering a region lies, in [0, 1]: 0 at the first line, 1 at the last."""
    first = min(r.box.center[1] for r in regions)
    last = max(r.box.center[1] for r in regions)
    return (region.box.center[1] - first) / (last - first) if last > first else 0.0
