"""SAM 2, SAM 2.1 and SAM: one mask for each box. The encoder sees no box, so what it makes of a picture is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import engine
import numpy as np
import numpy.typing as npt
import torch
from exchange import finite, picture_key
from fitting import fit
from lru import ByteBoundedLru
from torch.nn import functional
from transformers import Sam2Model, SamModel

if TYPE_CHECKING:
    from checkpoint import Checkpoint
    from engine import Engine
    from exchange import F32, U8
    from fitting import Fitted
    from parameters import Parameters

MEAN_AND_STD = ("image_mean", "image_std")

# Boxes that the mask decoder takes at once; the masks of one lot are held in floating point at the picture's size.
BOXES_AT_ONCE = 8
LONGEST = 4096

# A strip would be resized to less than one pixel by SAM, which keeps the shape of pictures.
SAM_THIN_RATIO = 16


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as the encoder takes it.

    Attributes:
        pixels: (1, 3, S, S).
        inside_hw: Height and width of the picture's part of it, at the top-left.
    """

    pixels: npt.NDArray[np.float32]
    inside_hw: tuple[int, int]


class Stretching:
    """What SAM 2's own processor does, which needs torchvision: stretch to a square, then normalise.

    `interpolate` with antialiasing is what torchvision's resize of a tensor comes to.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        said = engine.image_settings(checkpoint)
        self._size_hw = (said["size"]["height"], said["size"]["width"])
        self._scale = said.get("rescale_factor", 1 / 255)
        self._mean, self._std = (np.array(said[name], np.float32).reshape(3, 1, 1) for name in MEAN_AND_STD)

    def __call__(self, fitted: Fitted) -> Prepared:
        """The picture stretched to the square."""
        image = torch.from_numpy(np.array(fitted.image)).permute(2, 0, 1)[None]
        resized = functional.interpolate(image, self._size_hw, mode="bilinear", antialias=True)[0].numpy()
        return Prepared(((resized * np.float32(self._scale) - self._mean) / self._std)[None], self._size_hw)


class Padding:
    """What SAM's own processor does: enlarge or reduce to the square's side, then pad."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._processor = engine.image_processor(checkpoint)

    def __call__(self, fitted: Fitted) -> Prepared:
        """The picture in the top-left of the square."""
        prepared = self._processor(fitted.image, return_tensors="np")
        height, width = (int(side) for side in prepared["reshaped_input_sizes"][0])
        return Prepared(prepared["pixel_values"], (height, width))


class Sam:
    """SAM 2 or SAM."""

    def __init__(self, checkpoint: Checkpoint, parameters: Parameters, runtime: Engine) -> None:
        self._runtime = runtime
        stretches = checkpoint.model_type != "sam"
        # By name: of SAM 2.1's configuration the automatic class makes a wrong one (transformers 5.19).
        self._network = runtime.network(Sam2Model if stretches else SamModel, checkpoint)
        self._prepare = Stretching(checkpoint) if stretches else Padding(checkpoint)
        self._thin_ratio = np.inf if stretches else SAM_THIN_RATIO
        self._kept: ByteBoundedLru[tuple[Any, int, int, int]] = ByteBoundedLru(
            parameters.mebibytes("feature_cache_mib")
        )

    def outline(self, image_rgb: U8, boxes_xyxy: F32) -> tuple[U8, F32]:
        """Masks (N, H, W) of 0 and 1 over the picture, and the overlap (N,) that the network expects of each.

        Args:
            image_rgb: (H, W, 3).
            boxes_xyxy: (N, 4), pixels, within the picture.
        """
        height, width = image_rgb.shape[:2]
        masks = np.zeros((len(boxes_xyxy), height, width), np.uint8)
        scores = np.zeros(len(boxes_xyxy), np.float32)
        fitted = fit(image_rgb, longest=LONGEST, thin_ratio=self._thin_ratio)
        boxes = fitted.into(boxes_xyxy)
        with self._runtime.running():
            features, side, *inside = self._features(image_rgb, fitted)
            down, across = (to / size for to, size in zip(inside, reversed(fitted.image.size), strict=True))
            prompts = boxes * np.array([across, down, across, down], np.float32)
            for start in range(0, len(prompts), BOXES_AT_ONCE):
                lot = slice(start, start + BOXES_AT_ONCE)
                logits, scores[lot] = self._decoded(features, prompts[lot])
                masks[lot] = _restored(logits, side, (inside[0], inside[1]), fitted)
        return masks, np.clip(scores, 0, 1)

    def _features(self, image_rgb: U8, fitted: Fitted) -> tuple[Any, int, int, int]:
        """What the encoder makes of the picture; side of its square; height and width of the picture in it."""
        key = picture_key(image_rgb)
        kept = self._kept.get(key)
        if kept is None:
            prepared = self._prepare(fitted)
            features = self._network.get_image_embeddings(self._runtime.tensor(prepared.pixels))
            kept = (features, prepared.pixels.shape[-1], *prepared.inside_hw)
            held = features if isinstance(features, list) else [features]
            self._kept.put(key, kept, sum(each.nbytes for each in held))
        return kept

    def _decoded(self, features: Any, prompts: F32) -> tuple[torch.Tensor, F32]:
        """Logits (N, 1, h, w) of the masks, and the overlap that the network expects of each."""
        seen = self._network(
            image_embeddings=features, input_boxes=self._runtime.tensor(prompts[None]), multimask_output=False
        )
        finite("mask logits", engine.array(seen.pred_masks))
        return seen.pred_masks[0].float(), finite("scores", engine.array(seen.iou_scores[0, :, 0]))


def _restored(logits: torch.Tensor, side: int, inside_hw: tuple[int, int], fitted: Fitted) -> U8:
    """Masks (N, H, W) over the original, of logits over the square: what was done to the picture is undone."""
    if inside_hw != (side, side):
        logits = functional.interpolate(logits, (side, side), mode="bilinear", align_corners=False)
        logits = logits[..., : inside_hw[0], : inside_hw[1]]
    width, height = fitted.image.size
    logits = functional.interpolate(logits, (height, width), mode="bilinear", align_corners=False)
    logits = logits[..., : fitted.inside_wh[1], : fitted.inside_wh[0]]
    if fitted.inside_wh != fitted.size_wh:
        size_hw = fitted.size_wh[::-1]
        logits = functional.interpolate(logits, size_hw, mode="bilinear", align_corners=False)
    return np.asarray((logits[:, 0] > 0).to(torch.uint8).cpu().numpy())
