"""Capability `find_private` with the Haar cascades of OpenCV's wheel: faces, and plates of the European shape.

What is peculiar to the cascades lives here: their grey pictures, their mirrored profiles, their windows wider than
what they find, and their weights, which are no probabilities.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import triton_python_backend_utils as pb_utils

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

# Step between the sizes that are searched; smaller finds more and takes longer.
SCALE_STEP = 1.1

# Windows that have to agree on a place. OpenCV's own default is 3: a face missed costs more here than one imagined.
LEAST_NEIGHBOURS = 3

# Least side of a face, and least width of a plate, pixels. Below, cascades find little but noise.
LEAST_SIDE = 24

# Level weight at which the score is one half. A drawn face of any size weighs about 6, noise below 1.
HALF_WEIGHT = 2.0

# Longer side, pixels, to which larger pictures are reduced: the cascades' time grows with the pixels.
LONGEST_SIDE = 1280


@dataclass(frozen=True)
class Cascade:
    """One cascade.

    Attributes:
        kind: What it finds.
        finder: OpenCV's classifier.
        stages: How many it has; a window that passed fewer was rejected.
        mirrored: Whether the mirrored picture is searched as well, since it knows left profiles alone.
    """

    kind: str
    finder: Any
    stages: int
    mirrored: bool


# File, kind, mirrored. The face cascades are under Intel's licence (BSD-like), whose text they carry; the plate
# cascade carries none and comes with OpenCV, under Apache-2.0.
FILES = (
    ("haarcascade_frontalface_default.xml", "face", False),
    ("haarcascade_profileface.xml", "face", True),
    ("haarcascade_russian_plate_number.xml", "plate", False),
)


def load() -> tuple[tuple[Cascade, ...], str]:
    """The cascades, and the SHA-256 (hex) over their files, one after the other in the order of `FILES`."""
    digest = hashlib.sha256()
    cascades = []
    for name, kind, mirrored in FILES:
        path = Path(cv2.data.haarcascades) / name
        content = path.read_bytes()
        digest.update(content)
        stages = re.search(rb"<stageNum>(\d+)</stageNum>", content)
        if stages is None:
            message = f"find_private: {name} does not say how many stages it has"
            raise RuntimeError(message)
        cascades.append(Cascade(kind, cv2.CascadeClassifier(str(path)), int(stages[1]), mirrored))
    return tuple(cascades), digest.hexdigest()


def score(weights: F32) -> F32:
    """Level weights as scores in [0, 1]: w / (w + `HALF_WEIGHT`), and 0 below 0.

    A level weight is the sum that the last stage's weak classifiers reach, an unbounded figure that grows with
    likeness. The map keeps its order and says no more than it: it is not calibrated.
    """
    likeness = np.clip(weights, 0, None)
    return np.asarray(likeness / (likeness + HALF_WEIGHT), np.float32)


def search(cascade: Cascade, grey: U8) -> tuple[F32, F32]:
    """Boxes (N, 4) xyxy in pixels of `grey`, and their scores (N,)."""
    windows, levels, weights = cascade.finder.detectMultiScale3(
        grey, SCALE_STEP, LEAST_NEIGHBOURS, minSize=(LEAST_SIDE, 1), outputRejectLevels=True
    )
    boxes = np.asarray(windows, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    passed = np.asarray(levels, np.int64).reshape(-1) >= cascade.stages
    return boxes[passed], score(np.asarray(weights, np.float32).reshape(-1)[passed])


def find(cascades: tuple[Cascade, ...], image_rgb: U8) -> tuple[F32, list[bytes], F32]:
    """Boxes (N, 4) xyxy in pixels of `image_rgb`, kinds (N,), scores (N,)."""
    height, width = image_rgb.shape[:2]
    shrink = min(1.0, LONGEST_SIDE / max(height, width))
    grey = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY)
    if shrink < 1:
        grey = cv2.resize(grey, (max(1, round(width * shrink)), max(1, round(height * shrink))))
    boxes, kinds, scores = [np.zeros((0, 4), np.float32)], [], [np.zeros(0, np.float32)]
    for cascade in cascades:
        for mirrored in (False, True) if cascade.mirrored else (False,):
            found, likeness = search(cascade, np.ascontiguousarray(grey[:, ::-1]) if mirrored else grey)
            boxes.append(found if not mirrored else _unmirrored(found, grey.shape[1]))
            kinds += [cascade.kind.encode()] * len(found)
            scores.append(likeness)
    back = np.array([width / grey.shape[1], height / grey.shape[0]] * 2, np.float32)
    return np.concatenate(boxes) * back, kinds, np.concatenate(scores)


def _unmirrored(boxes: F32, width: int) -> F32:
    """Boxes of the mirrored picture, in the frame of the picture."""
    return np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], axis=1)


def drawn_face() -> U8:
    """A face of a few ellipses, which the frontal cascade takes for one."""
    page = np.full((240, 240, 3), 90, np.uint8)
    cv2.ellipse(page, (120, 120), (75, 100), 0, 0, 360, (205, 180, 160), -1, cv2.LINE_AA)
    for side in (-32, 32):
        cv2.ellipse(page, (120 + side, 100), (19, 9), 0, 0, 360, (50, 40, 40), -1, cv2.LINE_AA)
        cv2.ellipse(page, (120 + side, 84), (24, 5), 0, 0, 360, (70, 55, 50), -1, cv2.LINE_AA)
    cv2.line(page, (114, 140), (126, 140), (120, 95, 85), 5, cv2.LINE_AA)
    cv2.ellipse(page, (120, 170), (30, 9), 0, 0, 360, (110, 50, 50), -1, cv2.LINE_AA)
    return page


def drawn_plate() -> U8:
    """A number plate."""
    page = np.full((200, 400, 3), 60, np.uint8)
    cv2.rectangle(page, (100, 80), (300, 125), (255, 255, 255), -1)
    cv2.rectangle(page, (100, 80), (300, 125), (0, 0, 0), 2)
    cv2.putText(page, "A123BC 77", (106, 115), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (0, 0, 0), 3, cv2.LINE_AA)
    return page


def self_test(cascades: tuple[Cascade, ...]) -> None:
    """Find a drawn face and a drawn plate, and nothing on an empty page: what cannot do that never becomes ready.

    Raises:
        RuntimeError: It cannot.
    """
    pages = {"face": drawn_face(), "plate": drawn_plate(), "nothing": np.full((200, 200, 3), 255, np.uint8)}
    for wanted, page in pages.items():
        kinds = {kind.decode() for kind in find(cascades, page)[1]} or {"nothing"}
        if kinds != {wanted}:
            message = f"find_private: the self-test drew {wanted} and found {sorted(kinds)}"
            raise RuntimeError(message)


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load and try the cascades; an exception here marks this model as failed, and no other."""
        parameters = json.loads(args["model_config"])["parameters"]
        cv2.setNumThreads(int(parameters["threads"]["string_value"]))
        self.cascades, digest = load()
        self_test(self.cascades)
        self.searched = np.array(sorted({cascade.kind.encode() for cascade in self.cascades}), np.object_)
        self.digest = np.array([digest.encode()], np.object_)

    def execute(self, requests: list[Any]) -> list[Any]:
        """One response a request; a request that fails does not fail its neighbours."""
        return [self._respond(request) for request in requests]

    def _respond(self, request: Any) -> Any:
        """What is private in the request's IMAGE, or a Triton error that says what was wrong."""
        image_rgb = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()
        if image_rgb.ndim != 3 or image_rgb.shape[2] != 3 or 0 in image_rgb.shape:  # noqa: PLR2004
            message = f"IMAGE must be [H, W, 3] with H and W at least 1, not {list(image_rgb.shape)}"
            return _error(message, pb_utils.TritonError.INVALID_ARG)
        try:
            boxes, kinds, scores = find(self.cascades, image_rgb)
        except Exception as error:  # noqa: BLE001  # whatever breaks, this request alone fails
            message = f"searching IMAGE {list(image_rgb.shape)} failed: {type(error).__name__}: {error}"
            return _error(message, pb_utils.TritonError.INTERNAL)
        outputs = {
            "BOXES": boxes.astype(np.float32),
            "KINDS": np.array(kinds, np.object_),
            "SCORES": scores,
            "SEARCHED": self.searched,
            "WEIGHTS_DIGEST": self.digest,
        }
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in outputs.items()])


def _error(message: str, code: int) -> Any:
    """A response that carries an error and nothing else."""
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(f"find_private: {message}", code))
