"""How well boxes fit. Boxes are f64 [N, 4], xyxy, absolute pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.evaluation.examples import Box

F64: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]


def as_array(boxes: Sequence[Box]) -> F64:
    """f64 [N, 4], also for no box."""
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 4)


def areas(boxes: F64) -> F64:
    """f64 [N], square pixels."""
    result: F64 = np.clip(boxes[:, 2] - boxes[:, 0], 0, None) * np.clip(boxes[:, 3] - boxes[:, 1], 0, None)
    return result


def intersections(a: F64, b: F64) -> F64:
    """Shared area of each pair, f64 [N, M]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    result: F64 = np.prod(np.clip(high - low, 0, None), axis=2)
    return result


def ious(a: F64, b: F64) -> F64:
    """Intersection over union of each pair, f64 [N, M]; 0 where both are empty."""
    shared = intersections(a, b)
    union = areas(a)[:, None] + areas(b)[None, :] - shared
    result: F64 = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return result


def overlaps(a: F64, b: F64) -> F64:
    """Intersection over the smaller area of each pair, f64 [N, M]: 1 where one lies in the other."""
    shared = intersections(a, b)
    smaller = np.minimum(areas(a)[:, None], areas(b)[None, :])
    result: F64 = np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0)
    return result


def points_into(a: F64, b: F64) -> Bools:
    """Whether the middle of each of `a` lies in each of `b`, bool [N, M]: the pointing game (Zhang et al. 2016)."""
    middles = (a[:, :2] + a[:, 2:]) / 2
    inside = (middles[:, None] >= b[None, :, :2]) & (middles[:, None] <= b[None, :, 2:])
    return np.asarray(inside.all(axis=2))


def accuracy_at(best_ious: F64, threshold: float) -> float:
    """Share of phrases whose box has at least this IoU with the true one: RefCOCO's Acc@0.5. NaN for no phrase."""
    return float(np.mean(best_ious >= threshold)) if best_ious.size else float("nan")


def one_to_one(pair_ious: F64, threshold: float) -> list[tuple[int, int]]:
    """Pairs (row, column) with at least this IoU, best first, each row and column once: gRefCOCO's matching."""
    left = pair_ious.copy()
    pairs = []
    while left.size and left.max() >= threshold:
        row, column = np.unravel_index(int(left.argmax()), left.shape)
        pairs.append((int(row), int(column)))
        left[row, :] = -1.0
        left[:, column] = -1.0
    return pairs


def f1(predicted: F64, gold: F64, threshold: float = 0.5) -> float:
    """F1 of the one-to-one matches; 1 where there is nothing and nothing was predicted (GREC, He et al. 2023)."""
    if not len(gold) and not len(predicted):
        return 1.0
    matched = len(one_to_one(ious(predicted, gold), threshold)) if len(gold) and len(predicted) else 0
    return 2 * matched / (len(predicted) + len(gold))


def region_iou(predicted: F64, gold: F64) -> float:
    """IoU of two areas, each the union of its boxes; 1 where both are empty, 0 where one is.

    The mean over samples is gIoU as GRES defines it (Liu et al. 2023), no-target samples included, of boxes in place of
    masks.
    """
    if not len(gold) or not len(predicted):
        return float(len(gold) == len(predicted))
    xs = np.unique(np.concatenate([predicted[:, [0, 2]], gold[:, [0, 2]]]))
    ys = np.unique(np.concatenate([predicted[:, [1, 3]], gold[:, [1, 3]]]))
    cells = np.outer(np.diff(xs), np.diff(ys))
    ours, theirs = _covered(predicted, xs, ys), _covered(gold, xs, ys)
    union = float(cells[ours | theirs].sum())
    return float(cells[ours & theirs].sum()) / union if union else 0.0


def _covered(boxes: F64, xs: F64, ys: F64) -> Bools:
    """Which cells of the grid between the coordinates lie in a box, bool [X-1, Y-1]."""
    across = (xs[None, :-1] >= boxes[:, :1]) & (xs[None, 1:] <= boxes[:, 2:3])
    down = (ys[None, :-1] >= boxes[:, 1:2]) & (ys[None, 1:] <= boxes[:, 3:])
    return np.asarray((across[:, :, None] & down[:, None, :]).any(axis=0))
