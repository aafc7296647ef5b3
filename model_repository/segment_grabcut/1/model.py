"""Capability `segment` without a trained model: GrabCut, seeded by the box.

GrabCut (Rother, Kolmogorov, Blake 2004, as OpenCV has it) parts the colours within a box from those around it. It does
well on a thing whose colours differ from its surroundings, and knows nothing of things: where the colours do not
differ it gives back the box. There are no weights, so no digest.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import triton_python_backend_utils as pb_utils

U8 = npt.NDArray[np.uint8]
F32 = npt.NDArray[np.float32]

ITERATIONS = 3

# Longer side, pixels, of what is cut: a larger neighbourhood is reduced, cut, and the mask enlarged again.
LONGEST_SIDE = 320

# Margin of background shown around a box, as a share of its longer side, and its least width in pixels.
MARGIN = 0.3
LEAST_MARGIN = 8

# Sides below this leave GrabCut's five colours on either side too few pixels to learn from.
LEAST_SIDE = 4

# A cut that keeps less than this share of its box has found a fleck, not the thing.
LEAST_SHARE = 0.02

# OpenCV draws GrabCut's first colour clusters by chance: the same seed, the same mask.
SEED = 1


def outline(image_rgb: U8, box_xyxy: F32) -> U8:
    """The mask (H, W) of what `box_xyxy` holds; the whole box where GrabCut cannot part it from its surroundings."""
    height, width = image_rgb.shape[:2]
    bounds = np.clip(np.nan_to_num(box_xyxy), 0, [width, height, width, height])
    left, top = np.floor(bounds[:2]).astype(int)
    right, bottom = np.ceil(bounds[2:]).astype(int)
    mask = np.zeros((height, width), np.uint8)
    if right <= left or bottom <= top:
        return mask
    mask[top:bottom, left:right] = 1
    margin = max(LEAST_MARGIN, round(MARGIN * max(right - left, bottom - top)))
    west, north = max(0, left - margin), max(0, top - margin)
    near = image_rgb[north : bottom + margin, west : right + margin]
    inside = (left - west, top - north, right - west, bottom - north)
    cut = _cut(near, inside)
    if cut is not None:
        mask[top:bottom, left:right] = cut[inside[1] : inside[3], inside[0] : inside[2]]
    return mask


def _cut(near: U8, inside: tuple[int, int, int, int]) -> U8 | None:
    """GrabCut's mask of `near` for the box `inside` it; None where it can tell nothing apart."""
    height, width = near.shape[:2]
    shrink = min(1.0, LONGEST_SIDE / max(height, width))
    small = cv2.resize(near, (max(1, round(width * shrink)), max(1, round(height * shrink))))
    left, top, right, bottom = (round(edge * shrink) for edge in inside)
    seeds = np.full(small.shape[:2], cv2.GC_BGD, np.uint8)
    seeds[top:bottom, left:right] = cv2.GC_PR_FGD
    if min(right - left, bottom - top) < LEAST_SIDE or (seeds != cv2.GC_BGD).all():
        return None
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(SEED)
    cv2.grabCut(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), seeds, None, *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    kept = np.isin(seeds, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    if kept.sum() < LEAST_SHARE * (right - left) * (bottom - top):
        return None
    return np.asarray(cv2.resize(kept, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def self_test() -> None:
    """Outline a drawn disc: a segmenter that gives its box back never becomes ready.

    Raises:
        RuntimeError: The outline is not the disc's.
    """
    page = np.full((120, 160, 3), 230, np.uint8)
    disc = np.zeros((120, 160), np.uint8)
    cv2.circle(disc, (80, 60), 30, 1, -1)
    page[disc == 1] = (180, 30, 30)
    mask = outline(page, np.array([48, 28, 113, 93], np.float32))
    share = (mask & disc).sum() / (mask | disc).sum()
    if share < 0.9:  # noqa: PLR2004  # IoU; the box alone has 0.67
        message = f"segment_grabcut: the self-test drew a disc and outlined it with an IoU of {share:.2f}"
        raise RuntimeError(message)


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, _args: dict[str, str]) -> None:
        """Try the algorithm; an exception here marks this model as failed, and no other."""
        cv2.setNumThreads(1)
        self_test()

    def execute(self, requests: list[Any]) -> list[Any]:
        """One response a request; a request that fails does not fail its neighbours."""
        return [self._respond(request) for request in requests]

    def _respond(self, request: Any) -> Any:
        """The masks of the request's BOXES, or a Triton error that says what was wrong."""
        image_rgb = pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy()
        boxes_xyxy = pb_utils.get_input_tensor_by_name(request, "BOXES").as_numpy()
        if image_rgb.ndim != 3 or image_rgb.shape[2] != 3 or 0 in image_rgb.shape:  # noqa: PLR2004
            message = f"IMAGE must be [H, W, 3] with H and W at least 1, not {list(image_rgb.shape)}"
            return _error(message, pb_utils.TritonError.INVALID_ARG)
        try:
            masks = np.zeros((len(boxes_xyxy), *image_rgb.shape[:2]), np.uint8)
            for mask, box_xyxy in zip(masks, boxes_xyxy, strict=True):
                mask[:] = outline(image_rgb, box_xyxy)
        except Exception as error:  # noqa: BLE001  # whatever breaks, this request alone fails
            message = f"outlining in IMAGE {list(image_rgb.shape)} failed: {type(error).__name__}: {error}"
            return _error(message, pb_utils.TritonError.INTERNAL)
        return pb_utils.InferenceResponse([pb_utils.Tensor("MASKS", masks)])


def _error(message: str, code: int) -> Any:
    """A response that carries an error and nothing else."""
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(f"segment_grabcut: {message}", code))
