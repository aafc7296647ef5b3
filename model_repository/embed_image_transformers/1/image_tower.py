"""SigLIP, SigLIP 2 and CLIP: places of a picture as unit vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import engine
import numpy as np
import torch
from exchange import finite
from fitting import fit
from PIL import Image
from transformers import AutoModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkpoint import Checkpoint
    from engine import Engine
    from exchange import F32, U8

LONGEST = 4096
TRIAL_SHAPE = (48, 64, 3)
# CLIP enlarges the shorter side to its input's and cuts the middle out: of a strip no more is seen than this anyway.
CLIP_SEEN_RATIO = 8


class ImageTower:
    """The half of a checkpoint that sees.

    Attributes:
        width: Of its vectors.
    """

    def __init__(self, checkpoint: Checkpoint, batch: int, runtime: Engine) -> None:
        self._runtime = runtime
        self._batch = batch
        self._network = runtime.network(AutoModel, checkpoint)
        # Loaded with the rest, so that missing weights are told; not needed to see.
        del self._network.text_model
        self._processor = engine.image_processor(checkpoint)
        self._cuts_middle = checkpoint.model_type == "clip"
        # Tried before the model is called ready: it loads what loads late, and tells broken weights.
        self.width = self._lot([Image.fromarray(np.full(TRIAL_SHAPE, 127, np.uint8))]).shape[1]

    def see(self, looks: Sequence[tuple[U8, F32]]) -> list[F32]:
        """(N, D) unit vectors, by look, of the pixels that boxes (N, 4), xyxy within the picture, touch.

        The crops of all looks pass the network together, `batch` of them at a time.
        """
        crops = [self._crop(image_rgb, box) for image_rgb, boxes_xyxy in looks for box in boxes_xyxy]
        lots = [crops[start : start + self._batch] for start in range(0, len(crops), self._batch)]
        vectors = np.concatenate([np.zeros((0, self.width), np.float32), *map(self._lot, lots)])
        ends = np.cumsum([len(boxes_xyxy) for _, boxes_xyxy in looks])
        return np.split(vectors, ends[:-1])

    def _crop(self, image_rgb: U8, box_xyxy: F32) -> Image.Image:
        left, top = np.floor(box_xyxy[:2]).astype(int)
        right, bottom = np.ceil(box_xyxy[2:]).astype(int)
        crop = image_rgb[top:bottom, left:right]
        if self._cuts_middle:
            crop = middle(crop, CLIP_SEEN_RATIO)
        return fit(crop, longest=LONGEST, thin_ratio=np.inf).image

    def _lot(self, crops: list[Image.Image]) -> F32:
        prepared = self._processor(crops, return_tensors="pt")
        with self._runtime.running():
            inputs = {name: self._placed(values) for name, values in prepared.items()}
            vectors = self._network.get_image_features(**inputs).pooler_output.float()
        return finite("embeddings", engine.array(vectors / vectors.norm(dim=-1, keepdim=True)))

    def _placed(self, values: Any) -> torch.Tensor:
        return self._runtime.tensor(values, torch.float32 if values.is_floating_point() else values.dtype)


def middle(image_rgb: U8, ratio: int) -> U8:
    """The middle of a picture, no side of it over `ratio` times the other."""
    longest = ratio * min(image_rgb.shape[:2])
    starts = [max(0, side - longest) // 2 for side in image_rgb.shape[:2]]
    return image_rgb[starts[0] : starts[0] + longest, starts[1] : starts[1] + longest]
