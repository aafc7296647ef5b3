"""From what models saw in views to regions of the image: mapped back, cleaned, merged, put in order.

The rules, in the order in which they apply:

1. Every polygon goes back through its view's transform; its bounding box is the region's box.
2. A box that is not finite, is empty within the image, or ends before it begins, is rejected, and so is lettering
   without a letter. One that reaches over the image's edge is clamped.
3. What lies by more than half in places that were painted over is rejected: it was seen in the paint.
4. With an area, only what shares with it at least half of the smaller of the two stays.
5. Two findings of *different* views that mean the same thing become one. Lettering is the same where the shared part
   is over half of the smaller outline; objects, where they answer the same phrase and have an IoU over one half, or
   where one is cut by its view's edge and lies by over half in the other. What stays is, in this order: not cut by
   its view's edge, seen larger, longer text, higher score. The rest is position, so the order of arrival never counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from services.common import geometry
from services.common.geometry import Box, Size, box_of
from services.perception.core import polygons

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from services.perception.core.outputs import Found
    from services.perception.core.views import View

SAME: Final = 0.5
"""Overlap above which two findings mean the same thing; see the module's rules."""

Outline = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a model found, in the frame of the image.

    Attributes:
        view: Number of the view in which it was found.
        box: Bounding box, clamped to the image.
        outline: Corners (x, y), clamped likewise; empty for objects.
        text: Lettering; empty for objects.
        label: Phrase; empty for lettering.
        score: The model's, in [0, 1], or None.
        cut: Whether it runs into an inner edge of its view.
        scale: Magnification at which it was seen.
    """

    view: int
    box: Box
    outline: Outline
    text: str
    label: str
    score: float | None
    cut: bool
    scale: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How many raw regions met which fate, as in the contract's `RegionCounts`."""

    raw: int = 0
    clamped: int = 0
    rejected: int = 0
    merged: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(
            self.raw + other.raw,
            self.clamped + other.clamped,
            self.rejected + other.rejected,
            self.merged + other.merged,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """What a whole look found: findings in their final order, and what became of the rest."""

    findings: tuple[Finding, ...]
    counts: Counts


def looked(
    views: Sequence[View], found: Sequence[Found], size: Size, area: Box | None, painted: Sequence[Box] = ()
) -> Look:
    """What models `found` in `views` of an image of `size`, by the module's rules. Lettering in reading order.

    Args:
        views: What the models were shown.
        found: What they found in each, in the view's frame.
        size: Of the image.
        area: Where it was looked; None for everywhere.
        painted: The image's places that were painted over.
    """
    placed = [placed_in(number, view, each, size) for number, (view, each) in enumerate(zip(views, found, strict=True))]
    counts = sum((part.counts for part in placed), Counts())
    everything = tuple(finding for part in placed for finding in part.findings)
    real = tuple(finding for finding in everything if hidden(finding.box, painted) <= SAME)
    near = tuple(finding for finding in real if area is None or belongs(finding.box, area))
    kept = merged(near)
    ordered = best_first(kept) if any(finding.label for finding in kept) else in_reading_order(kept)
    rejected = counts.rejected + len(everything) - len(real)
    return Look(ordered, replace(counts, rejected=rejected, merged=len(near) - len(kept)))


def hidden(box: Box, painted: Sequence[Box]) -> float:
    """The share of `box` that lies in any of the `painted` places, [0, 1]; rule 3.

    >>> hidden(Box(0, 0, 10, 10), [Box(0, 0, 5, 10), Box(0, 0, 10, 5)])
    0.75
    """
    if not painted:
        return 0.0
    places = np.array([place.as_array() for place in painted]).reshape(-1, 4)
    left, top, right, bottom = np.concatenate([places, box.as_array()[None]]).T
    xs = np.unique(np.clip([*left, *right], box.x_min, box.x_max))
    ys = np.unique(np.clip([*top, *bottom], box.y_min, box.y_max))
    middle_x, middle_y = (xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2
    across = (places[:, :1] < middle_x) & (middle_x < places[:, 2:3])
    down = (places[:, 1:2] < middle_y) & (middle_y < places[:, 3:])
    covered = (down[:, :, None] & across[:, None, :]).any(axis=0)
    return float((covered * np.outer(np.diff(ys), np.diff(xs))).sum() / box.area)


def placed_in(number: int, view: View, found: Found, size: Size) -> Look:
    """Rules 1 and 2 for what was found in the view with that number."""
    corners = view.transform.backward(found.polygons)
    raw_xyxy = geometry.bounds(corners)
    boxes_xyxy = geometry.clamped(raw_xyxy, size)
    is_reading = found.polygons.shape[1] > 2  # noqa: PLR2004 - two corners make a box
    keep = geometry.valid(boxes_xyxy) & np.isfinite(raw_xyxy).all(axis=1)
    keep &= np.array([bool(word.strip()) for word in found.words], dtype=np.bool_)
    if not is_reading:
        keep &= (corners[:, 0] < corners[:, 1]).all(axis=1)
    clamped = keep & (raw_xyxy != boxes_xyxy).any(axis=1)
    findings = tuple(
        Finding(
            view=number,
            box=box_of(boxes_xyxy[row]),
            outline=_clamped_outline(corners[row], size) if is_reading else (),
            text=found.words[row] if is_reading else "",
            label="" if is_reading else found.words[row],
            score=None if found.scores is None else float(found.scores[row]),
            cut=view.cuts(box_of(boxes_xyxy[row]), size),
            scale=view.transform.scale_x,
        )
        for row in np.flatnonzero(keep)
    )
    return Look(findings, Counts(raw=len(found), clamped=int(clamped.sum()), rejected=len(found) - int(keep.sum())))


def _clamped_outline(polygon: geometry.Floats, size: Size) -> Outline:
    inside = np.clip(polygon, 0, (size.width, size.height))
    return tuple((float(x), float(y)) for x, y in inside)


def belongs(box: Box, area: Box) -> bool:
    """Rule 4: whether the two share at least half of the smaller."""
    smaller = box if box.area <= area.area else area
    larger = area if smaller is box else box
    return geometry.coverage(smaller, larger) >= SAME


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Rule 5: the findings without those that repeat a better one of another view, best first.

    Merging what is merged changes nothing, and the order of the argument does not matter.
    """
    ordered = sorted(findings, key=_preference)
    boxes_xyxy = np.array([finding.box.as_array() for finding in ordered]).reshape(-1, 4)
    kept = np.zeros(len(ordered), dtype=np.bool_)
    for row, finding in enumerate(ordered):
        # Few touch each other, and only those can be the same: a page of small print is compared in no time.
        rivals = np.flatnonzero(kept[:row] & _touching(boxes_xyxy[:row], boxes_xyxy[row]))
        others = (ordered[rival] for rival in rivals)
        kept[row] = not any(other.view != finding.view and same(other, finding) for other in others)
    return tuple(finding for finding, stays in zip(ordered, kept, strict=True) if stays)


def _touching(boxes_xyxy: geometry.Floats, box_xyxy: geometry.Floats) -> geometry.Bools:
    """Which of (N, 4) boxes share an area with one (4,), (N,)."""
    left, top, right, bottom = box_xyxy
    across = (boxes_xyxy[:, 0] < right) & (boxes_xyxy[:, 2] > left)
    return np.asarray(across & (boxes_xyxy[:, 1] < bottom) & (boxes_xyxy[:, 3] > top))


def same(better: Finding, worse: Finding) -> bool:
    """Whether two findings of different views mean the same thing."""
    if better.label != worse.label:
        return False
    if better.label:
        within = worse.cut and geometry.coverage(worse.box, better.box) > SAME
        return within or geometry.iou(better.box, worse.box) > SAME
    if geometry.coverage(worse.box, better.box) == 0:
        return False
    one, other = polygons.ring(better.outline), polygons.ring(worse.outline)
    return polygons.shared_area(one, other) > SAME * min(polygons.area(one), polygons.area(other))


def _preference(finding: Finding) -> tuple[object, ...]:
    return (finding.cut, -finding.scale, -len(finding.text), -_score(finding), *_position(finding))


def _position(finding: Finding) -> tuple[object, ...]:
    """From the top, then from the left; then whatever tells two findings apart, so that no tie is left to chance."""
    box = finding.box
    place = (box.y_min, box.x_min, box.y_max, box.x_max, finding.outline)
    return (*place, finding.text, finding.label, finding.view, _score(finding), finding.cut, finding.scale)


def _score(finding: Finding) -> float:
    """The score; below all others where there is none."""
    return -1.0 if finding.score is None else finding.score


def best_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By falling score, those without one last; then by position."""
    return tuple(sorted(findings, key=lambda each: (-_score(each), *_position(each))))


def in_reading_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Line by line from the top, each line from the left.

    Taken by the height of its middle, a finding joins the first line whose opening finding it overlaps vertically by
    at least half of the lower of the two; else it opens a line.
    """
    lines: list[list[Finding]] = []
    for finding in sorted(findings, key=lambda each: (each.box.center[1], *_position(each))):
        line = next((line for line in lines if level(line[0].box, finding.box)), None)
        if line is None:
            lines.append([finding])
        else:
            line.append(finding)
    return tuple(
        finding for line in lines for finding in sorted(line, key=lambda each: (each.box.x_min, *_position(each)))
    )


def level(a: Box, b: Box) -> bool:
    """Whether two boxes stand on one line: their vertical overlap is at least half of the lower of the two."""
    shared = min(a.y_max, b.y_max) - max(a.y_min, b.y_min)
    return shared >= SAME * min(a.height, b.height)
