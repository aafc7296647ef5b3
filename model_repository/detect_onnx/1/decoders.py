"""What ONNX detectors put out, one pure function a format.

Every decoder takes the network's outputs for one picture, in the order that its docstring names them, and the size of
the network's input (width, height). It gives boxes (N, 4) float64, xyxy in pixels of the network's input; class numbers
(N,) int64; scores (N,) float64 in [0, 1]. One candidate has one class, its best. What is not of the format's shape is a
ValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Outputs = Sequence[npt.NDArray[Any]]

MOST: Final = 300
"""Boxes that one picture gives at most, as with most detectors' own code."""


class Candidates(NamedTuple):
    """What a network found, before any threshold."""

    boxes_xyxy: Floats
    classes: npt.NDArray[np.int64]
    scores: Floats


def fastestdet_grid(outputs: Outputs, size_wh: tuple[int, int]) -> Candidates:
    """FastestDet: [1, 5+C, H, W], a cell its objectness, tanh offsets x y, sigmoid sizes w h, class probabilities.

    The score is objectness^0.6 · class^0.4, as in the network's own demo (dog-qiuqiu/FastestDet, test.py).
    """
    grid = _one(outputs, axes=4)[0]
    rows, columns = grid.shape[1:]
    row, column = np.mgrid[:rows, :columns]
    center_x = (column + np.tanh(grid[1])) / columns
    center_y = (row + np.tanh(grid[2])) / rows
    boxes = np.stack([center_x, center_y, _sigmoid(grid[3]), _sigmoid(grid[4])], axis=-1).reshape(-1, 4)
    classes, best = _best(grid[5:].reshape(len(grid) - 5, -1).T)
    return Candidates(_corners(boxes * (*size_wh, *size_wh)), classes, grid[0].ravel() ** 0.6 * best**0.4)


def yolo_xywh_obj_cls(outputs: Outputs, _size_wh: tuple[int, int]) -> Candidates:
    """YOLOv5, v7, and YOLOX exported with its decoder: [1, N, 5+C], centre and size in pixels, objectness, classes."""
    rows = _one(outputs, axes=3)[0]
    classes, best = _best(rows[:, 5:])
    return Candidates(_corners(rows[:, :4]), classes, rows[:, 4] * best)


def yolo_cxcywh_cls(outputs: Outputs, _size_wh: tuple[int, int]) -> Candidates:
    """YOLOv8, v9 and 11: [1, 4+C, N], centre and size in pixels, class probabilities; no objectness."""
    rows = _one(outputs, axes=3)[0].T
    classes, best = _best(rows[:, 4:])
    return Candidates(_corners(rows[:, :4]), classes, best)


def yolo_xyxy_score_cls(outputs: Outputs, _size_wh: tuple[int, int]) -> Candidates:
    """YOLOv10 and others that end in their own choice: [1, N, 6], corners in pixels, score, class number."""
    rows = _one(outputs, axes=3)[0]
    if rows.shape[1] != 6:  # noqa: PLR2004 - the format's columns
        message = f"a row has {rows.shape[1]} values, not 6"
        raise ValueError(message)
    return Candidates(rows[:, :4], rows[:, 5].round().astype(np.int64), rows[:, 4])


def detr_cxcywh_logits(outputs: Outputs, size_wh: tuple[int, int]) -> Candidates:
    """RT-DETR and D-FINE: boxes [1, Q, 4], centre and size in 0 to 1; class logits [1, Q, C], for the sigmoid."""
    boxes, logits = (each[0] for each in _some(outputs, count=2))
    if boxes.ndim != 2 or logits.ndim != 2 or boxes.shape[1] != 4 or len(boxes) != len(logits):  # noqa: PLR2004
        message = f"boxes {boxes.shape} and logits {logits.shape} do not go together"
        raise ValueError(message)
    classes, best = _best(_sigmoid(logits))
    return Candidates(_corners(boxes * (*size_wh, *size_wh)), classes, best)


def xyxy_labels_scores(outputs: Outputs, _size_wh: tuple[int, int]) -> Candidates:
    """Detectors of torchvision: boxes [N, 4] in pixels, labels [N], scores [N]; a leading axis of 1 is allowed."""
    boxes, labels, scores = _some(outputs, count=3)
    boxes, labels, scores = boxes.reshape(-1, boxes.shape[-1]), labels.reshape(-1), scores.reshape(-1)
    if boxes.shape[1] != 4 or not len(boxes) == len(labels) == len(scores):  # noqa: PLR2004
        message = f"{boxes.shape} boxes, {len(labels)} labels and {len(scores)} scores do not go together"
        raise ValueError(message)
    return Candidates(boxes, labels.astype(np.int64), scores)


DECODERS: Final[Mapping[str, Callable[[Outputs, tuple[int, int]], Candidates]]] = MappingProxyType(
    {
        decoder.__name__: decoder
        for decoder in (
            fastestdet_grid,
            yolo_xywh_obj_cls,
            yolo_cxcywh_cls,
            yolo_xyxy_score_cls,
            detr_cxcywh_logits,
            xyxy_labels_scores,
        )
    }
)


def chosen(found: Candidates, *, threshold: float, nms_iou: float) -> Candidates:
    """The candidates with a score of at least `threshold`, without those that repeat a better one; the best first.

    One repeats another of the same class when their IoU is over `nms_iou`; with 1, none does.
    """
    order = np.argsort(-found.scores, kind="stable")
    order = order[found.scores[order] >= threshold]
    kept: list[int] = []
    while order.size and len(kept) < MOST:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        near = ious(found.boxes_xyxy[best], found.boxes_xyxy[rest]) > nms_iou
        order = rest[~(near & (found.classes[rest] == found.classes[best]))]
    return Candidates(found.boxes_xyxy[kept], found.classes[kept], found.scores[kept])


def ious(box_xyxy: Floats, others_xyxy: Floats) -> Floats:
    """Intersection over union of a box (4,) with each of others (N, 4); 0 where both are empty."""
    low = np.maximum(box_xyxy[:2], others_xyxy[:, :2])
    high = np.minimum(box_xyxy[2:], others_xyxy[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    union = _areas(box_xyxy[None])[0] + _areas(others_xyxy) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _areas(boxes_xyxy: Floats) -> Floats:
    areas: Floats = np.clip(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], 0, None).prod(axis=1)
    return areas


def _corners(boxes_cxcywh: Floats) -> Floats:
    """Corners xyxy of boxes given by centre and size."""
    center, half = boxes_cxcywh[:, :2], boxes_cxcywh[:, 2:] / 2
    return np.concatenate([center - half, center + half], axis=1)


def _best(per_class: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """The best class of each candidate, of (N, C), and its value."""
    if per_class.shape[1] == 0:
        message = "there is no class among its values"
        raise ValueError(message)
    classes = per_class.argmax(axis=1)
    return classes.astype(np.int64), per_class[np.arange(len(classes)), classes]


def _sigmoid(values: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(values / 2))


def _one(outputs: Outputs, *, axes: int) -> Floats:
    """The only output, with so many axes, of which the first has length 1."""
    (output,) = _some(outputs, count=1)
    if output.ndim != axes or len(output) != 1:
        message = f"the output has shape {list(output.shape)}"
        raise ValueError(message)
    return output


def _some(outputs: Outputs, *, count: int) -> list[Floats]:
    """The outputs, as many as the format has, with finite values."""
    if len(outputs) != count:
        message = f"there are {len(outputs)} outputs, not {count}"
        raise ValueError(message)
    values = [np.asarray(output, np.float64) for output in outputs]
    if not all(np.isfinite(each).all() and each.ndim > 0 for each in values):
        message = "an output has values that are not finite"
        raise ValueError(message)
    return values
