"""Capability `segment` with the Segment Anything models of `transformers`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from checkpoint import open_checkpoint
from exchange import BadInput, answers, batches, boxes, image, said
from parameters import Parameters

if TYPE_CHECKING:
    import numpy.typing as npt

    Look = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]

# By `model_type` of a checkpoint's config.json, with the checkpoints that are meant.
ARCHITECTURES = (
    # facebook/sam2.1-hiera-{tiny,small,base-plus,large}, which call themselves by the video model's name: Apache-2.0.
    "sam2_video",
    # facebook/sam2-hiera-*, converted for pictures alone: Apache-2.0.
    "sam2",
    # facebook/sam-vit-{base,large,huge}: Apache-2.0.
    "sam",
)

# What is shown before the model is called ready: it loads what loads late, and tells broken weights.
TRIAL_SHAPE = (48, 64, 3)
TRIAL_BOX = (8, 8, 40, 32)


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, args: dict[str, str]) -> None:
        """Judge, load and try the checkpoint; an exception here marks this model as failed, and no other."""
        self.name = args["model_name"]
        parameters = Parameters.of(args["model_config"])
        checkpoint = open_checkpoint(parameters, Path(args["model_repository"]), ARCHITECTURES)
        # torch is imported when it is known that there is something to load.
        from engine import Engine  # noqa: PLC0415
        from sam import Sam  # noqa: PLC0415

        self.sam = Sam(checkpoint, parameters, Engine.of(parameters, args))
        self.max_masks_bytes = parameters.mebibytes("max_masks_mib")
        self.digest = said([checkpoint.digest])
        self.batched = batches(args)
        self.sam.outline(np.full(TRIAL_SHAPE, 127, np.uint8), np.array([TRIAL_BOX], np.float32))

    def execute(self, requests: list[Any]) -> list[Any]:
        """One response a request; a request that fails does not fail its neighbours."""
        return answers(requests, self.name, self._asked, self._outlined, batched=self.batched)

    def _asked(self, request: Any) -> Look:
        image_rgb = image(request)
        boxes_xyxy = boxes(request, image_rgb)
        height, width = image_rgb.shape[:2]
        if len(boxes_xyxy) * height * width > self.max_masks_bytes:
            raise BadInput(
                f"the masks of {len(boxes_xyxy)} boxes over {width} x {height} px are more than"
                f" {self.max_masks_bytes} bytes: ask for fewer at once"
            )
        return image_rgb, boxes_xyxy

    def _outlined(self, looks: list[Look]) -> list[dict[str, npt.NDArray[Any]]]:
        return [self._of(*look) for look in looks]

    def _of(self, image_rgb: npt.NDArray[np.uint8], boxes_xyxy: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
        height, width = image_rgb.shape[:2]
        masks, scores = np.zeros((0, height, width), np.uint8), np.zeros(0, np.float32)
        if len(boxes_xyxy):
            masks, scores = self.sam.outline(image_rgb, boxes_xyxy)
        return {"MASKS": masks, "SCORES": scores, "WEIGHTS_DIGEST": self.digest}
