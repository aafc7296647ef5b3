"""What comes from Triton and goes back to it: tensors that are checked, answers, and errors that say what was wrong."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Asked = TypeVar("Asked")
Given = TypeVar("Given")
Made = TypeVar("Made")

Outputs = dict[str, npt.NDArray[Any]]
U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

RGB = 3
CORNERS = 4


class BadInput(Exception):
    """The request is at fault; the message says how."""


class BadOutput(Exception):
    """The network gave something that is no answer; the message says what."""


def batches(args: dict[str, str]) -> bool:
    """Whether Triton hands over several requests at once, each tensor then with an axis of one in front."""
    return int(json.loads(args["model_config"])["max_batch_size"]) > 0


def answers(
    requests: Sequence[Any],
    name: str,
    ask: Callable[[Any], Asked],
    respond: Callable[[list[Asked]], list[Outputs]],
    *,
    batched: bool,
) -> list[Any]:
    """One response a request: what is made of all that they ask, together; or an error in its place.

    A request that fails does not fail its neighbours, whatever breaks: where they cannot be answered together, each is
    answered alone.

    Args:
        requests: As Triton hands them over.
        name: Of the model, for the errors.
        ask: What a request asks.
        respond: The outputs for what was asked, in its order.
        batched: See `batches`.
    """
    asked = [_tried(ask, request) for request in requests]
    good = [each for each in asked if not isinstance(each, Exception)]
    made = _tried(respond, good)
    if isinstance(made, Exception):
        alone = [_tried(respond, [each]) for each in good] if len(good) > 1 else [made] * len(good)
        made = [each if isinstance(each, Exception) else each[0] for each in alone]
    rest = iter(made)
    return [_response(name, each if isinstance(each, Exception) else next(rest), batched=batched) for each in asked]


def image(request: Any) -> U8:
    """IMAGE, u8 (H, W, 3).

    Raises:
        BadInput: It has another shape.
    """
    image_rgb = _given(request, "IMAGE", RGB)
    if image_rgb.ndim != RGB or image_rgb.shape[2] != RGB or 0 in image_rgb.shape:
        raise BadInput(f"IMAGE must be [H, W, 3] with H and W at least 1, not {list(image_rgb.shape)}")
    return image_rgb


def texts(request: Any, name: str, limit: int) -> list[str]:
    """A bytes tensor as texts.

    Raises:
        BadInput: There are more than `limit`, or one is blank or not UTF-8.
    """
    raw = pb_utils.get_input_tensor_by_name(request, name).as_numpy().reshape(-1)
    if len(raw) > limit:
        raise BadInput(f"{name} has {len(raw)} entries, and at most {limit} are taken at once")
    return [_text(value, f"{name}[{place}]") for place, value in enumerate(raw)]


def boxes(request: Any, image_rgb: U8) -> F32:
    """BOXES, f32 (N, 4) xyxy, clipped to the picture.

    Raises:
        BadInput: It has another shape, or one of them is not finite or has no area in the picture.
    """
    given = _given(request, "BOXES", 2)
    if given.ndim != 2 or given.shape[1] != CORNERS:  # noqa: PLR2004
        raise BadInput(f"BOXES must be [N, 4], not {list(given.shape)}")
    height, width = image_rgb.shape[:2]
    clipped = np.clip(given, 0, np.array([width, height, width, height], np.float32))
    good = np.isfinite(given).all(axis=1) & (clipped[:, :2] < clipped[:, 2:]).all(axis=1)
    if not good.all():
        first = int(np.flatnonzero(~good)[0])
        raise BadInput(f"BOXES[{first}] is {given[first].tolist()}: no box xyxy with an area in {width} x {height} px")
    return clipped


def finite(what: str, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The values, all finite.

    Raises:
        BadOutput: They are not.
    """
    wrong = int(values.size - np.isfinite(values).sum())
    if wrong:
        raise BadOutput(f"{wrong} of {values.size} {what} are not finite numbers")
    return values


def said(lines: list[str]) -> npt.NDArray[np.object_]:
    """Texts as a bytes tensor."""
    return np.array([line.encode() for line in lines], np.object_)


def picture_key(image_rgb: U8) -> bytes:
    """What names a picture while it is cached: a digest over its shape and pixels."""
    digest = hashlib.blake2b(str(image_rgb.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(image_rgb))
    return digest.digest()


def _text(value: bytes, where: str) -> str:
    try:
        text = value.decode().strip()
    except UnicodeDecodeError as error:
        raise BadInput(f"{where} is not UTF-8") from error
    if not text:
        raise BadInput(f"{where} is blank")
    return text


def _given(request: Any, name: str, rank: int) -> npt.NDArray[Any]:
    """An input without the axis that Triton puts in front of it where requests come together."""
    value: npt.NDArray[Any] = pb_utils.get_input_tensor_by_name(request, name).as_numpy()
    return value[0] if value.ndim == rank + 1 and len(value) == 1 else value


def _tried(work: Callable[[Given], Made], given: Given) -> Made | Exception:
    """What is made of something, or why nothing was."""
    try:
        return work(given)
    except Exception as error:  # noqa: BLE001  # whatever breaks, what it was asked for fails alone
        return error


def _response(name: str, outcome: Outputs | Exception, *, batched: bool) -> Any:
    if isinstance(outcome, BadInput):
        return _error(f"{name}: {outcome}", pb_utils.TritonError.INVALID_ARG)
    if isinstance(outcome, BadOutput):
        return _error(f"{name}: {outcome}", pb_utils.TritonError.INTERNAL)
    if isinstance(outcome, Exception):
        return _error(f"{name}: {type(outcome).__name__}: {outcome}", pb_utils.TritonError.INTERNAL)
    tensors = {key: value[np.newaxis] if batched else value for key, value in outcome.items()}
    return pb_utils.InferenceResponse([pb_utils.Tensor(key, value) for key, value in tensors.items()])


def _error(message: str, code: int) -> Any:
    """A response that carries an error and nothing else."""
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(message, code))
