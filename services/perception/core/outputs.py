"""What models answer, checked against the capability contracts. What breaks one is named, never mended."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
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

MAX_FOUND: Final = 5000
"""Most places that a model may find in one view. A page of small print has a few hundred lines, a detector a few
hundred queries: what finds more is broken, and would keep everybody busy with sorting it."""

MAX_THRESHOLDS: Final = 16
"""Most bounds that a model may declare; records keep them with every region."""

HEX_DIGITS: Final = 64
"""Length of a SHA-256 in hexadecimal."""


@dataclass(frozen=True, slots=True)
class ModelRun:
    """Who answered a call.

    Attributes:
        version: As Triton knows it.
        weights_digest: SHA-256, hexadecimal; empty where the model declares none.
        thresholds: Names and bounds by which the model left things out, sorted.
    """

    version: str
    weights_digest: str
    thresholds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What a model found in one view, N places, in the view's frame, as the model gave them: nothing is clamped yet.

    Attributes:
        polygons: (N, K, 2) float64, model pixels; K is 4 for lettering and 2 (opposite corners) for boxes.
        words: Lettering, or the phrase that a box answers; N of them.
        scores: (N,) float64 in [0, 1]; None where the model gives none.
        run: Who answered.
        unsearchable: Phrases that were asked about and that the model cannot search for.
    """

    polygons: Floats
    words: tuple[str, ...]
    scores: Floats | None
    run: ModelRun
    unsearchable: tuple[str, ...] = ()

    def __len__(self) -> int:
        """N."""
        return len(self.words)

    def only(self, word: str) -> Found:
        """What was found for one word."""
        rows = [row for row, each in enumerate(self.words) if each == word]
        scores = None if self.scores is None else self.scores[rows]
        return replace(self, polygons=self.polygons[rows], words=(word,) * len(rows), scores=scores)


@dataclass(frozen=True, slots=True)
class Outlined:
    """One mask for each box that was asked about: (N, H, W) bool over the whole image; and who answered."""

    masks: npt.NDArray[np.bool_]
    run: ModelRun


@dataclass(frozen=True, slots=True)
class Depth:
    """How near every pixel is: (H, W) float32, larger is nearer, comparable within the picture; and who answered."""

    nearness: npt.NDArray[np.float32]
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
        _run(model, outputs, version),
    )


def detections(model: str, outputs: Mapping[str, npt.NDArray[Any]], version: str, phrases: tuple[str, ...]) -> Found:
    """The answer of a `detect` model: BOXES f32 [N,4] xyxy, PHRASE i32 [N], SCORES f32 [N] (may be absent).

    A model that knows a closed set of classes says SEARCHABLE bool [P]: which phrases it can search for. Where that is
    absent, it searches for all.

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
        _run(model, outputs, version),
        _unsearchable(model, outputs, phrases),
    )


def privates(model: str, outputs: Mapping[str, npt.NDArray[Any]], version: str, kinds: tuple[str, ...]) -> Found:
    """The answer of a `find_private` model: BOXES f32 [N,4] xyxy, KINDS bytes [N], SCORES f32 [N] (may be absent).

    It says SEARCHED bytes [K], every kind that it looks for: what is not among them was not searched, and must not be
    taken for absent. Kinds that nobody asked for are left out.

    Raises:
        ModelOutput: It is not that.
    """
    boxes_xyxy = _tensor(model, outputs, "BOXES", "f", (None, 4))
    said = _tensor(model, outputs, "KINDS", "O", (len(boxes_xyxy),))
    words = [_text(model, "KINDS", value) for value in said]
    searched = {_text(model, "SEARCHED", value) for value in _tensor(model, outputs, "SEARCHED", "O", (None,))}
    scores = _scores(model, outputs, len(boxes_xyxy))
    rows = [row for row, word in enumerate(words) if word in kinds]
    return Found(
        boxes_xyxy[rows].astype(np.float64).reshape(-1, 2, 2),
        tuple(words[row] for row in rows),
        None if scores is None else scores[rows],
        _run(model, outputs, version),
        tuple(kind for kind in kinds if kind not in searched),
    )


def outlines(model: str, outputs: Mapping[str, npt.NDArray[Any]], version: str, boxes: int, size: Size) -> Outlined:
    """The answer of a `segment` model for `boxes` boxes: MASKS u8 [N,H,W], not 0 where the pixel belongs.

    Raises:
        ModelOutput: It is not that.
    """
    masks = _tensor(model, outputs, "MASKS", "u", (boxes, size.height, size.width))
    return Outlined(masks != 0, _run(model, outputs, version))


def depths(model: str, outputs: Mapping[str, npt.NDArray[Any]], version: str, size: Size) -> Depth:
    """The answer of a `depth` model: DEPTH f32 [H,W], and KIND bytes [1] (may be absent).

    KIND is `inverse`, larger is nearer, as relative depth estimators give it and where it is absent; or `metres`, above
    0 and larger is farther, which is turned into its inverse.

    Raises:
        ModelOutput: It is not that.
    """
    depth = _tensor(model, outputs, "DEPTH", "f", (size.height, size.width)).astype(np.float32)
    kind = _text(model, "KIND", _tensor(model, outputs, "KIND", "O", (1,))[0]) if "KIND" in outputs else "inverse"
    if kind not in ("inverse", "metres"):
        raise _broken(model, f"KIND is {kind!r}, which is neither inverse nor metres")
    if not np.isfinite(depth).all():
        raise _broken(model, "DEPTH has a value that is not finite")
    if kind == "metres" and not (depth > 0).all():
        raise _broken(model, "DEPTH has metres that are not above 0")
    nearness = depth if kind == "inverse" else np.reciprocal(depth)
    return Depth(nearness, _run(model, outputs, version))


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
    if shape[0] is None and len(tensor) > MAX_FOUND:
        raise _broken(model, f"{name} has {len(tensor)} rows, over the limit of {MAX_FOUND}")
    return tensor


def _scores(model: str, outputs: Mapping[str, npt.NDArray[Any]], count: int) -> Floats | None:
    if "SCORES" not in outputs:
        return None
    scores = _tensor(model, outputs, "SCORES", "f", (count,)).astype(np.float64)
    sound = (scores >= -SCORE_SLACK) & (scores <= 1 + SCORE_SLACK)  # what is no number is not sound
    if not sound.all():
        raise _broken(model, f"SCORES has {scores[~sound][0]}, which is not in [0, 1]")
    return np.asarray(np.clip(scores, 0, 1))


def _unsearchable(model: str, outputs: Mapping[str, npt.NDArray[Any]], phrases: tuple[str, ...]) -> tuple[str, ...]:
    if "SEARCHABLE" not in outputs:
        return ()
    searchable = _tensor(model, outputs, "SEARCHABLE", "b", (len(phrases),))
    return tuple(phrase for phrase, can in zip(phrases, searchable, strict=True) if not can)


def _run(model: str, outputs: Mapping[str, npt.NDArray[Any]], version: str) -> ModelRun:
    return ModelRun(version, _weights_digest(model, outputs), _thresholds(model, outputs))


def _thresholds(model: str, outputs: Mapping[str, npt.NDArray[Any]]) -> tuple[tuple[str, float], ...]:
    """THRESHOLDS bytes [1]: a JSON object of finite numbers."""
    if "THRESHOLDS" not in outputs:
        return ()
    text = _text(model, "THRESHOLDS", _tensor(model, outputs, "THRESHOLDS", "O", (1,))[0])
    try:
        said = {str(name): float(value) for name, value in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _broken(model, "THRESHOLDS is no JSON object of numbers") from error
    if len(said) > MAX_THRESHOLDS or not all(map(math.isfinite, said.values())):
        raise _broken(model, f"THRESHOLDS has a number that is not finite, or more than {MAX_THRESHOLDS} of them")
    return tuple(sorted(said.items()))


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
