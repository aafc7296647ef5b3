"""Depth Anything: one value a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine
from exchange import finite
from fitting import fit
from torch.nn import functional
from transformers import AutoModelForDepthEstimation

if TYPE_CHECKING:
    import torch
    from checkpoint import Checkpoint
    from engine import Engine
    from exchange import F32, U8

LONGEST = 4096


class DepthAnything:
    """Depth Anything, version 1 or 2.

    Attributes:
        kind: What its values mean: `inverse` or `metres`, as config.pbtxt describes them.
    """

    def __init__(self, checkpoint: Checkpoint, runtime: Engine) -> None:
        self._runtime = runtime
        self._network = runtime.network(AutoModelForDepthEstimation, checkpoint)
        self._processor = engine.image_processor(checkpoint)
        self.kind = "metres" if self._network.config.depth_estimation_type == "metric" else "inverse"

    def measure(self, image_rgb: U8) -> F32:
        """(H, W): the depth of every pixel of the picture, enlarged as `post_process_depth_estimation` does."""
        fitted = fit(image_rgb, longest=LONGEST)
        pixels = self._processor(fitted.image, return_tensors="np")["pixel_values"]
        with self._runtime.running():
            seen = self._network(pixel_values=self._runtime.tensor(pixels)).predicted_depth[None].float()
        width, height = fitted.image.size
        inside = _enlarged(seen, (height, width))[..., : fitted.inside_wh[1], : fitted.inside_wh[0]]
        if fitted.inside_wh != fitted.size_wh:
            inside = _enlarged(inside, fitted.size_wh[::-1])
        return finite("depths", engine.array(inside[0, 0]))


def _enlarged(depth: torch.Tensor, size_hw: tuple[int, int]) -> torch.Tensor:
    return functional.interpolate(depth, size_hw, mode="bicubic", align_corners=False)
