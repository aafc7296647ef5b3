"""Depth Anything: one value a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine
import numpy as np
from exchange import finite
from fitting import fit
from torch.nn import functional
from transformers import AutoModelForDepthEstimation

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from checkpoint import Checkpoint
    from engine import Engine
    from exchange import F32, U8
    from fitting import Fitted

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

    def measure(self, images_rgb: Sequence[U8]) -> list[F32]:
        """(H, W) each: the depth of every pixel, enlarged as `post_process_depth_estimation` does.

        The network takes pictures in their own proportions: those that come to one size pass it together.
        """
        fitted = [fit(image_rgb, longest=LONGEST) for image_rgb in images_rgb]
        pixels = [self._processor(each.image, return_tensors="np")["pixel_values"] for each in fitted]
        alike: dict[tuple[int, ...], list[int]] = {}
        for place, each in enumerate(pixels):
            alike.setdefault(each.shape, []).append(place)
        depths: dict[int, F32] = {}
        for places in alike.values():
            with self._runtime.running():
                given = self._runtime.tensor(np.concatenate([pixels[place] for place in places]))
                seen = self._network(pixel_values=given).predicted_depth[:, None].float()
            depths |= {
                place: _of_picture(depth[None], fitted[place]) for place, depth in zip(places, seen, strict=True)
            }
        return [depths[place] for place in range(len(fitted))]


def _of_picture(depth: torch.Tensor, fitted: Fitted) -> F32:
    width, height = fitted.image.size
    inside = _enlarged(depth, (height, width))[..., : fitted.inside_wh[1], : fitted.inside_wh[0]]
    if fitted.inside_wh != fitted.size_wh:
        inside = _enlarged(inside, fitted.size_wh[::-1])
    return finite("depths", engine.array(inside[0, 0]))


def _enlarged(depth: torch.Tensor, size_hw: tuple[int, int]) -> torch.Tensor:
    return functional.interpolate(depth, size_hw, mode="bicubic", align_corners=False)
