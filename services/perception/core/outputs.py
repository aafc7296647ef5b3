"""What models answer, checked against the capability contracts. What breaks one is named, never mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from services.common.errors import ModelOutput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.geometry import Floats, Size

Tensors = dict[str, npt.NDArray[Any]]
"""A model's outputs by name."""

SCORE_SLACK: Final = 1e-5
"""How far single precision may push a score out of [0, 1]."""

HEX_DIGITS: Final = 64
"""Length of a SHA-256 in hexadecimal."""


@dataclass(frozen=True, slots=True)
class ModelRun:
    """Who answered a call: the version as Triton knows it, and the weights' SHA-256 (hexadecimal, or empty)."""

    version: str
    weights_digest: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a model found in one view, N places, in the view's frame, as the model gave them: nothing is clamped yet.

    Attributes:
        polygons: (N, K, 2) float64, model pixels; K is 4 for lettering and 2 (opposite corners) for boxes.
        words: Lettering, or the phrase that a box answers; N of them.
        scores: (N,) float64 in [0, 1]; None where the model gives none.
        run: Who answered.
    """

    polygons: Floats
    words: tuple[str, ...]
    scores: Floats | None
    run: ModelRun

    def __len__(self) -> int:
        """N."""
        return len(self.words)


@dataclass(frozen=True, slots=True)
class Outlined:
    """One mask for each box that was asked about: (N, H, W) bool over the whole image; and who answered."""

    masks: npt.NDArray[np.bool_]
    run: ModelRun


def readings(model: str, outputs: Mapping[str, npt.NDArray[Any]], version: str) -> Found:
    """The answer of a `read_text` model: POLYGONS f32 [N,4,2], TEXTS bytes [N], SCORES f32 [N] (may be absent).

    Raises:
        ModelOutput: It is not that.
    """
    polygons = _tensor(model, outputs, "POLYGONS", "f", (None, 4, 2))
    texts = _tensor(model, outputs, "TEXTS", "O", (len(polygons),))
    return Found(
        polygons.astype(np.float64),
        tuple(_text(model, "TEXTS", value) for value in texts),
        _scores(model, outputs, len(polygons)),
        ModelRun(version, _weights_digest(model, outputs)),
    )


def detections(model: str, outputs: Mapping[str, npt.NDArray[Any]], version: str, phrases: tuple[str, ...]) -> Found:
    """The answer of a `detect` model: BOXES f32 [N,4] xyxy, PHRASE i32 [N], SCORES f32 [N] (may be absent).

    Raises:
        ModelOutput: It is not that.
    """
    boxes_xyxy = _tensor(model, outputs, "BOXES", "f", (None, 4))
    numbers = _tensor(model, outputs, "PHRASE", "i", (len(boxes_xyxy),))
    if ((numbers < 0) | (numbers >= len(phrases))).any():
        raise _broken(model, f"PHRASE has values from {numbers.min()} to {numbers.max()} for {len(phrases)} phrases")
    return Found(
        boxes_xyxy.astype(np.float64).reshape(-1, 2, 2),
        tuple(phrases[number] for number in numbers),
        _scores(model, outputs, len(boxes_xyxy)),
        ModelRun(version, _weights_digest(model, outputs)),
    )


def outlines(model: str, outputs: Mapping[str, npt.NDArray[Any]], version: str, boxes: int, size: Size) -> Outlined:
    """The answer of a `segment` model for `boxes` boxes: MASKS u8 [N,H,W], not 0 where the pixel belongs.

    Raises:
        ModelOutput: It is not that.
    """
    masks = _tensor(model, outputs, "MASKS", "u", (boxes, size.height, size.width))
    return Outlined(masks != 0, ModelRun(version, _weights_digest(model, outputs)))


def _tensor(
    model: str, outputs: Mapping[str, npt.NDArray[Any]], name: str, kind: str, shape: tuple[int | None, ...]
) -> npt.NDArray[Any]:
    """The output `name`, of NumPy dtype kind `kind` and of `shape`, where None stands for any length."""
    if name not in outputs:
        raise _broken(model, f"{name} is missing")
    tensor = outputs[name]
    if tensor.dtype.kind != kind:
        raise _broken(model, f"{name} has dtype {tensor.dtype}")
    fits = len(tensor.shape) == len(shape) and all(
        wanted in (None, got) for wanted, got in zip(shape, tensor.shape, strict=True)
    )
    if not fits:
        wanted = "[" + ",".join("N" if side is None else str(side) for side in shape) + "]"
        raise _broken(model, f"{name} has shape {list(tensor.shape)}, not {wanted}")
    return tensor


def _scores(model: str, outputs: Mapping[str, npt.NDArray[Any]], count: int) -> Floats | None:
    if "SCORES" not in outputs:
        return None
    scores = _tensor(model, outputs, "SCORES", "f", (count,)).astype(np.float64)
    sound = np.isfinite(scores) & (scores >= -SCORE_SLACK) & (scores <= 1 + SCORE_SLACK)
    if not sound.all():
        raise _broken(model, f"SCORES has {scores[~sound][0]}, which is not in [0, 1]")
    return np.asarray(np.clip(scores, 0, 1))


def _weights_digest(model: str, outputs: Mapping[str, npt.NDArray[Any]]) -> str:
    if "WEIGHTS_DIGEST" not in outputs:
        return ""
    digest = _text(model, "WEIGHTS_DIGEST", _tensor(model, outputs, "WEIGHTS_DIGEST", "O", (1,))[0])
    if len(digest) != HEX_DIGITS or set(digest) - set("0123456789abcdef"):
        raise _broken(model, "WEIGHTS_DIGEST is not 64 lower-case hexadecimal digits")
    return digest


def _text(model: str, name: str, value: object) -> str:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise _broken(model, f"{name} has a value that is not UTF-8") from error
    raise _broken(model, f"{name} has a value of type {type(value).__name__}")


def _broken(model: str, what: str) -> ModelOutput:
    return ModelOutput(
        f"the model {model} broke its contract: {what}",
        remedy="mend the model, or bind another with GROUNDWIRE_PERCEPTION_BINDINGS",
        model=model,
        what=what,
    )
