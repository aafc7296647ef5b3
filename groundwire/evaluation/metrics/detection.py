"""Average precision, by COCO's own evaluator."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.evaluation.examples import Box

MOST_PER_IMAGE = (1, 10, 100)


@dataclass(frozen=True, slots=True)
class Detections:
    """What was found, or what is there, of one class in one picture.

    Attributes:
        image: The picture.
        label: The class.
        boxes: Where.
        scores: One a box, of what was found; empty for the truth.
    """

    image: str
    label: str
    boxes: tuple[Box, ...]
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class AveragePrecision:
    """COCO's three first figures, in [0, 1]; NaN where there is no truth.

    Attributes:
        ap: Mean over IoU 0.50 to 0.95 in steps of 0.05.
        ap50: At IoU 0.5.
        ap75: At IoU 0.75.
    """

    ap: float
    ap50: float
    ap75: float


def average_precision(found: Sequence[Detections], truth: Sequence[Detections]) -> AveragePrecision:
    """AP of boxes over all classes that the truth has, as pycocotools' `COCOeval` computes it."""
    from pycocotools.coco import COCO  # type: ignore[import-untyped]  # noqa: PLC0415 - only here, and slow to import
    from pycocotools.cocoeval import COCOeval  # type: ignore[import-untyped]  # noqa: PLC0415

    if not any(one.boxes for one in truth):
        return AveragePrecision(float("nan"), float("nan"), float("nan"))
    images = {name: number for number, name in enumerate(dict.fromkeys(one.image for one in truth), start=1)}
    labels = {name: number for number, name in enumerate(dict.fromkeys(one.label for one in truth), start=1)}
    predicted = [row for one in found if one.image in images and one.label in labels for row in _rows(one)]
    with contextlib.redirect_stdout(io.StringIO()):  # It prints its progress.
        coco = COCO()
        coco.dataset = {
            "images": [{"id": number} for number in images.values()],
            "categories": [{"id": number} for number in labels.values()],
            "annotations": _numbered([row for one in truth for row in _rows(one)], images, labels),
        }
        coco.createIndex()
        answers = COCO()
        answers.dataset = {**coco.dataset, "annotations": _numbered(predicted, images, labels)}
        answers.createIndex()
        evaluator = COCOeval(coco, answers, iouType="bbox")
        evaluator.params.maxDets = list(MOST_PER_IMAGE)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return AveragePrecision(*(float(value) for value in evaluator.stats[:3]))


def _rows(one: Detections) -> list[dict[str, Any]]:
    scores = one.scores or (1.0,) * len(one.boxes)
    return [
        {"image": one.image, "label": one.label, "bbox": [x, y, right - x, bottom - y], "score": score}
        for (x, y, right, bottom), score in zip(one.boxes, scores, strict=True)
    ]


def _numbered(rows: list[dict[str, Any]], images: dict[str, int], labels: dict[str, int]) -> list[dict[str, Any]]:
    """As COCO's tables want them."""
    return [
        {
            "id": number,
            "image_id": images[row["image"]],
            "category_id": labels[row["label"]],
            "bbox": row["bbox"],
            "area": row["bbox"][2] * row["bbox"][3],
            "iscrowd": 0,
            "score": row["score"],
        }
        for number, row in enumerate(rows, start=1)
    ]
