"""Capability `read_text` with RapidOCR (PP-OCR networks on ONNX Runtime).

What is peculiar to RapidOCR lives here: its BGR pictures, its options, the corner that it calls the first, its
`None` for "nothing found", and its trouble with thin pictures.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
import rapidocr
import triton_python_backend_utils as pb_utils
from omegaconf import flag_override
from providers import providers
from session import session

# RapidOCR's three networks by the role it gives them, in reading order: find, turn upright, recognise.
WEIGHTS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
}

# RapidOCR enlarges until the shorter side has 736 pixels, so a thin picture would be enlarged without bound.
# Beyond this ratio of the sides it is padded to the next one, which are RapidOCR's own figures for wide pictures.
THIN_RATIO = 8
PADDED_RATIO = 4

# A crop that is this much taller than wide is turned by RapidOCR a quarter to the left before it is read.
TALL_RATIO = 1.5

SELF_TEST = "GROUNDWIRE"

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]


class Reader(rapidocr.RapidOCR):  # type: ignore[misc]  # rapidocr's bases are untyped
    """RapidOCR whose boxes begin at the top-left of the writing, not of the picture.

    Args:
        networks: What it runs, by the roles of `WEIGHTS`.
    """

    def __init__(self, networks: dict[str, onnxruntime.InferenceSession]) -> None:
        super().__init__(params={"Global.log_level": "error"})
        # RapidOCR takes networks that are there already; its configuration holds plain values otherwise.
        with flag_override(self.cfg, "allow_objects", True):
            for role, network in networks.items():
                self.cfg[role].session = network

    def build_final_output(self, ori_img: U8, det_res: Any, cls_res: Any, *rest: Any) -> Any:
        """Turn every box by what the classifier said of it, then go on as RapidOCR does."""
        if det_res.boxes is not None and cls_res.cls_res is not None:
            turned = [
                upright(box, half_turn="180" in label and score > self.cfg.Cls.cls_thresh)
                for box, (label, score) in zip(det_res.boxes, cls_res.cls_res, strict=True)
            ]
            det_res.boxes = np.stack(turned)
        return super().build_final_output(ori_img, det_res, cls_res, *rest)


def upright(box: F32, *, half_turn: bool) -> F32:
    """The corners of `box`, (4, 2), beginning where the writing begins; RapidOCR's begin at the picture's top-left."""
    width = max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3]))
    height = max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2]))
    quarter = 1 if int(height) >= TALL_RATIO * int(width) else 0
    return np.roll(box, -(quarter + 2 * half_turn), axis=0)


def padding(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of border to add on either side, so that no side is tiny beside the other."""
    rows = width / PADDED_RATIO - height if width > THIN_RATIO * height else 0
    columns = height / PADDED_RATIO - width if height > THIN_RATIO * width else 0
    return int(rows) // 2, int(columns) // 2


def read(reader: Reader, image_rgb: U8) -> tuple[F32, npt.NDArray[np.object_], F32]:
    """Polygons (N, 4, 2) in pixels of `image_rgb`, texts (N,) in UTF-8, scores (N,); all with N = 0 for no writing."""
    height, width = image_rgb.shape[:2]
    rows, columns = padding(height, width)
    image_bgr = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR)
    found = reader(cv2.copyMakeBorder(image_bgr, rows, rows, columns, columns, cv2.BORDER_CONSTANT))
    polygons = np.asarray(found.boxes if found.boxes is not None else [], np.float32).reshape(-1, 4, 2)
    polygons = np.clip(polygons - (columns, rows), 0, (width, height)).astype(np.float32)
    texts = np.array([text.encode() for text in found.txts or ()], np.object_)
    return polygons, texts, np.asarray(found.scores or (), np.float32)


def load(threads: int, device: str = "cpu", gpu: int | None = None) -> tuple[Reader, str]:
    """A reader, and the SHA-256 (hex) over its weights: the files one after the other, in the order of `WEIGHTS`.

    Args:
        threads: Of one operator.
        device: auto, cpu or cuda; see `providers`.
        gpu: The GPU that Triton gave this instance; None for one on the CPU.

    Raises:
        ValueError: It cannot run there.
    """
    folder = Path(rapidocr.__file__).parent / "models"
    weights = {role: (folder / name).read_bytes() for role, name in WEIGHTS.items()}
    asked = providers(device, onnxruntime.get_available_providers(), gpu=gpu)
    networks = {role: session(each, threads=threads, asked=asked) for role, each in weights.items()}
    return Reader(networks), hashlib.sha256(b"".join(weights.values())).hexdigest()


def thresholds(reader: Reader) -> dict[str, float]:
    """What RapidOCR leaves out by: pixels that are no writing, boxes that hold little of it, and doubtful readings."""
    return {
        "det_thresh": float(reader.cfg.Det.thresh),
        "det_box_thresh": float(reader.cfg.Det.box_thresh),
        "text_score": float(reader.cfg.Global.text_score),
    }


def self_test(reader: Reader) -> None:
    """Read a drawn word: it runs all three networks, and a reader that cannot read never becomes ready.

    Raises:
        RuntimeError: The word was not read.
    """
    page = np.full((96, 480, 3), 255, np.uint8)
    cv2.putText(page, SELF_TEST, (20, 65), cv2.FONT_HERSHEY_DUPLEX, 2.0, (0, 0, 0), 3, cv2.LINE_AA)
    texts = read(reader, page)[1].tolist()
    if texts != [SELF_TEST.encode()]:
        message = f"read_text: the self-test drew {SELF_TEST!r} and read {texts}"
        raise RuntimeError(message)


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load and try the networks; an exception here marks this model as failed, and no other."""
        parameters = json.loads(args["model_config"])["parameters"]
        said = {name: value["string_value"] for name, value in parameters.items()}
        gpu = int(args["model_instance_device_id"]) if args["model_instance_kind"] == "GPU" else None
        self.reader, digest = load(int(said["intra_op_threads"]), said["device"], gpu)
        self_test(self.reader)
        said_always = {"WEIGHTS_DIGEST": digest, "THRESHOLDS": json.dumps(thresholds(self.reader), sort_keys=True)}
        self.said = {name: np.array([value.encode()], np.object_) for name, value in said_always.items()}

    def execute(self, requests: list[Any]) -> list[Any]:
        """One response a request; a request that fails does not fail its neighbours."""
        return [self._respond(request) for request in requests]

    def _respond(self, request: Any) -> Any:
        """The writing in the request's IMAGE, or a Triton error that says what was wrong."""
        image_rgb = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()
        if image_rgb.ndim != 3 or image_rgb.shape[2] != 3 or 0 in image_rgb.shape:  # noqa: PLR2004
            message = f"IMAGE must be [H, W, 3] with H and W at least 1, not {list(image_rgb.shape)}"
            return _error(message, pb_utils.TritonError.INVALID_ARG)
        try:
            polygons, texts, scores = read(self.reader, image_rgb)
        except Exception as error:  # noqa: BLE001  # whatever breaks, this request alone fails
            message = f"reading IMAGE {list(image_rgb.shape)} failed: {type(error).__name__}: {error}"
            return _error(message, pb_utils.TritonError.INTERNAL)
        outputs = {"POLYGONS": polygons, "TEXTS": texts, "SCORES": scores, **self.said}
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in outputs.items()])


def _error(message: str, code: int) -> Any:
    """A response that carries an error and nothing else."""
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(f"read_text: {message}", code))
