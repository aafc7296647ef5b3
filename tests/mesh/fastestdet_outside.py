"""FastestDet run by hand, outside the mesh: what the bring-your-own path is compared with.

    python fastestdet_outside.py MODEL.onnx THRESHOLD NMS_IOU PICTURE… > boxes.json

It shares no code with the runner, and needs onnxruntime and OpenCV: Triton's environment has them. The decoding is
the one of the network's own demo (dog-qiuqiu/FastestDet, test.py), with NMS within each class.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import cv2  # type: ignore[import-not-found,unused-ignore]  # of Triton's environment
import numpy as np
import onnxruntime  # type: ignore[import-not-found,unused-ignore]  # likewise

SIDE = 352

Found = tuple[float, float, float, float, float, int]
"""x1, y1, x2, y2 in pixels of the picture, score, class."""


def cells(grid: Any, width: int, height: int, threshold: float) -> list[Found]:
    """What the grid of one picture, of that size, says."""
    found = []
    rows, columns = grid.shape[1:]
    for row in range(rows):
        for column in range(columns):
            values = grid[:, row, column]
            number = int(np.argmax(values[5:]))
            score = float(values[0]) ** 0.6 * float(values[5 + number]) ** 0.4
            if score < threshold:
                continue
            center_x = (column + math.tanh(values[1])) / columns * width
            center_y = (row + math.tanh(values[2])) / rows * height
            wide = width / (1 + math.exp(-values[3]))
            high = height / (1 + math.exp(-values[4]))
            corners = (center_x - wide / 2, center_y - high / 2, center_x + wide / 2, center_y + high / 2)
            found.append((*corners, score, number))
    return found


def overlap(a: Found, b: Found) -> float:
    """Intersection over union."""
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return wide * high / (both - wide * high)


def without_repeats(found: list[Found], nms_iou: float) -> list[Found]:
    """The best first, and none that overlaps a better one of its class."""
    kept: list[Found] = []
    for each in sorted(found, key=lambda candidate: -candidate[4]):
        if all(other[5] != each[5] or overlap(each, other) <= nms_iou for other in kept):
            kept.append(each)
    return kept


def main(model: str, threshold: str, nms_iou: str, *pictures: str) -> None:
    """Print what is in each picture, as JSON."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (name,) = (each.name for each in session.get_inputs())
    answers = []
    for picture in pictures:
        image_bgr = cv2.imread(picture)
        height, width = image_bgr.shape[:2]
        small = cv2.resize(image_bgr, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        tensor = (small.astype(np.float32) / 255).transpose(2, 0, 1)[None]
        grid = session.run(None, {name: tensor})[0][0]
        answers.append(without_repeats(cells(grid, width, height, float(threshold)), float(nms_iou)))
    print(json.dumps(answers))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
