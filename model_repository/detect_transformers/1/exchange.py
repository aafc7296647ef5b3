"""What comes from Triton and goes back to it: tensors that are checked, and errors that say what was wrong."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from collections.abc import Callable

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

RGB = 3
CORNERS = 4


class BadInput(Exception):
    """The request is at fault; the message says how."""


class BadOutput(Exception):
    """The network gave something that is no answer; the message says what."""


def answer(request: Any, name: str, respond: Callable[[Any], dict[str, npt.NDArray[Any]]]) -> Any:
    """The response to a request: the tensors that `respond` makes of it, or an error in its place.

    A request that fails does not fail its neighbours, whatever breaks.
    """
    try:
        outputs = respond(request)
    except BadInput as error:
        return _error(f"{name}: {error}", pb_utils.TritonError.INVALID_ARG)
    except BadOutput as error:
        return _error(f"{name}: {error}", pb_utils.TritonError.INTERNAL)
    except Exception as error:  # noqa: BLE001  # whatever breaks, this request alone fails
        return _error(f"{name}: {type(error).__name__}: {error}", pb_utils.TritonError.INTERNAL)
    return pb_utils.InferenceResponse([pb_utils.Tensor(key, value) for key, value in outputs.items()])


def image(request: Any) -> U8:
    """IMAGE, u8 (H, W, 3).

    Raises:
        BadInput: It has another shape.
    """
    image_rgb = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()
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
    given = pb_utils.get_input_tensor_by_name(request, "BOXES").as_numpy()
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


def _error(message: str, code: int) -> Any:
    """A response that carries an error and nothing else."""
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(message, code))
