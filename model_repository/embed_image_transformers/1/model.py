"""Capability `embed_image` with the image towers of `transformers`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from checkpoint import open_checkpoint
from exchange import BadInput, answers, batches, boxes, image, said
from parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Look = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]

# By `model_type` of a checkpoint's config.json, with the checkpoints that are meant; embed_text has the same.
ARCHITECTURES = (
    # google/siglip-*, and google/siglip2-* of fixed size, which calls itself so too: Apache-2.0.
    "siglip",
    # google/siglip2-*-naflex: Apache-2.0.
    "siglip2",
    # openai/clip-vit-*: MIT.
    "clip",
)


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, args: dict[str, str]) -> None:
        """Judge, load and try the checkpoint; an exception here marks this model as failed, and no other."""
        self.name = args["model_name"]
        parameters = Parameters.of(args["model_config"])
        checkpoint = open_checkpoint(parameters, Path(args["model_repository"]), ARCHITECTURES)
        # torch is imported when it is known that there is something to load.
        from engine import Engine  # noqa: PLC0415
        from image_tower import ImageTower  # noqa: PLC0415

        self.tower = ImageTower(checkpoint, parameters.count("batch"), Engine.of(parameters, args))
        self.max_boxes = parameters.count("max_boxes")
        self.digest = said([checkpoint.digest])
        self.batched = batches(args)

    def execute(self, requests: list[Any]) -> list[Any]:
        """One response a request; a request that fails does not fail its neighbours."""
        return answers(requests, self.name, self._asked, self._embedded, batched=self.batched)

    def _asked(self, request: Any) -> Look:
        image_rgb = image(request)
        boxes_xyxy = boxes(request, image_rgb)
        if len(boxes_xyxy) > self.max_boxes:
            raise BadInput(f"BOXES has {len(boxes_xyxy)} entries, and at most {self.max_boxes} are taken at once")
        return image_rgb, boxes_xyxy

    def _embedded(self, looks: list[Look]) -> list[dict[str, npt.NDArray[Any]]]:
        return [{"EMBEDDINGS": vectors, "WEIGHTS_DIGEST": self.digest} for vectors in self.tower.see(looks)]
