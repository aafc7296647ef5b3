"""Capability `detect` with any ONNX detector that a descriptor describes.

What the descriptor's words mean is known to `framing` and `painting` (the network's input), `decoders` (its output) and
`vocabulary` (its classes).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import triton_python_backend_utils as pb_utils
from decoders import DECODERS, Candidates, chosen
from framing import frame, tensor
from painting import laid
from providers import Provider, providers
from session import session
from vocabulary import Vocabulary

U8 = npt.NDArray[np.uint8]
Tensors = dict[str, npt.NDArray[Any]]


class Detector:
    """A network and what is known of it.

    Args:
        folder: With `descriptor.json` and the ONNX file.
        weights_digest: SHA-256 that the file must have; empty for any.
        threads: Of one operator.
        asked: The providers that it is to run with.

    Raises:
        ValueError: The file is another, does not go with its descriptor, or does not run where it was asked to.
    """

    def __init__(self, folder: Path, weights_digest: str, threads: int, asked: list[Provider]) -> None:
        described = json.loads((folder / "descriptor.json").read_text(encoding="utf-8"))
        self.input, self.output = described["input"], described["output"]
        self.bounds = {"score": self.output["score_threshold"], "nms_iou": self.output["nms_iou"]}
        self.class_count = len(described["classes"])
        self.vocabulary = Vocabulary(described["classes"], described["synonyms"])
        weights = (folder / described["model"]).read_bytes()
        self.digest = hashlib.sha256(weights).hexdigest()
        if weights_digest not in ("", self.digest):
            message = f"{described['model']} has the SHA-256 {self.digest}, not {weights_digest}"
            raise ValueError(message)
        self.session = session(weights, threads=threads, asked=asked)
        (self.input_name,) = (each.name for each in self.session.get_inputs())

    def detect(self, image_rgb: U8) -> Candidates:
        """What is in a picture, in its pixels.

        Raises:
            ValueError: The network's output is not of the described format.
        """
        size_wh = (self.input["size"][0], self.input["size"][1])
        where = frame((image_rgb.shape[1], image_rgb.shape[0]), size_wh, self.input["resize"])
        values = tensor(laid(image_rgb, size_wh, where), self.input)
        outputs = self.session.run(self.output["names"] or None, {self.input_name: values})
        candidates = DECODERS[self.output["format"]](outputs, size_wh)
        if (candidates.classes >= self.class_count).any():
            message = f"the network has a class {candidates.classes.max()}, and {self.class_count} are described"
            raise ValueError(message)
        found = chosen(candidates, threshold=self.bounds["score"], nms_iou=self.bounds["nms_iou"])
        return found._replace(boxes_xyxy=where.back(found.boxes_xyxy))

    def answer(self, image_rgb: U8, phrases: list[str]) -> Tensors:
        """The contract's outputs. A box of a class that several phrases name answers each of them."""
        numbers = [self.vocabulary.number(phrase) for phrase in phrases]
        found = self.detect(image_rgb)
        asked = np.array([-1 if number is None else number for number in numbers], np.int64)
        rows, columns = np.nonzero(found.classes[:, None] == asked[None, :])
        return {
            "BOXES": found.boxes_xyxy[rows].astype(np.float32).reshape(-1, 4),
            "PHRASE": columns.astype(np.int32),
            "SCORES": found.scores[rows].astype(np.float32),
            "EMBEDDINGS": np.zeros((len(rows), 0), np.float32),
            "SEARCHABLE": asked >= 0,
            "WEIGHTS_DIGEST": np.array([self.digest.encode()], np.object_),
            "THRESHOLDS": np.array([json.dumps(self.bounds, sort_keys=True).encode()], np.object_),
        }


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, args: dict[str, str]) -> None:
        """Load the network and try it; an exception here marks this model as failed, and no other."""
        config = json.loads(args["model_config"])
        said = {key: value["string_value"] for key, value in config["parameters"].items()}
        self.name = config["name"]
        asked = providers(
            said["device"],
            onnxruntime.get_available_providers(),
            gpu=int(args["model_instance_device_id"]) if args["model_instance_kind"] == "GPU" else None,
            half=said["dtype"] == "float16",
            engines=said["engines"],
        )
        threads = int(said["intra_op_threads"])
        self.detector = Detector(Path(said["checkpoint"]), said["weights_digest"], threads, asked)
        self.detector.answer(np.zeros((64, 48, 3), np.uint8), ["anything"])

    def execute(self, requests: list[Any]) -> list[Any]:
        """One response a request; a request that fails does not fail its neighbours."""
        return [self._respond(request) for request in requests]

    def _respond(self, request: Any) -> Any:
        """What the phrases name in the request's IMAGE, or a Triton error that says what was wrong."""
        image_rgb = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()
        phrases = pb_utils.get_input_tensor_by_name(request, "PHRASES").as_numpy()
        if image_rgb.ndim != 3 or image_rgb.shape[2] != 3 or 0 in image_rgb.shape:  # noqa: PLR2004
            message = f"IMAGE must be [H, W, 3] with H and W at least 1, not {list(image_rgb.shape)}"
            return self._error(message, pb_utils.TritonError.INVALID_ARG)
        try:
            outputs = self.detector.answer(image_rgb, [phrase.decode() for phrase in phrases.reshape(-1)])
        except Exception as error:  # noqa: BLE001  # whatever breaks, this request alone fails
            message = f"looking at IMAGE {list(image_rgb.shape)} failed: {type(error).__name__}: {error}"
            return self._error(message, pb_utils.TritonError.INTERNAL)
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in outputs.items()])

    def _error(self, message: str, code: int) -> Any:
        """A response that carries an error and nothing else."""
        return pb_utils.InferenceResponse(error=pb_utils.TritonError(f"{self.name}: {message}", code))
