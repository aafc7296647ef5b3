"""Capability `depth` with the depth estimators of `transformers`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from checkpoint import open_checkpoint
from exchange import answers, batches, image, said
from parameters import Parameters

if TYPE_CHECKING:
    import numpy.typing as npt

# By `model_type` of a checkpoint's config.json, with the checkpoints that are meant.
ARCHITECTURES = (
    # depth-anything/Depth-Anything-V2-Small-hf, LiheYoung/depth-anything-small-hf: Apache-2.0. The base and large
    # ones of version 2 are CC-BY-NC-4.0.
    "depth_anything",
)

# What is shown before the model is called ready: it loads what loads late, and tells broken weights.
TRIAL_SHAPE = (48, 64, 3)


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, args: dict[str, str]) -> None:
        """Judge, load and try the checkpoint; an exception here marks this model as failed, and no other."""
        self.name = args["model_name"]
        parameters = Parameters.of(args["model_config"])
        checkpoint = open_checkpoint(parameters, Path(args["model_repository"]), ARCHITECTURES)
        # torch is imported when it is known that there is something to load.
        from depth_anything import DepthAnything  # noqa: PLC0415
        from engine import Engine  # noqa: PLC0415

        self.network = DepthAnything(checkpoint, Engine.of(parameters, args))
        self.said = {"KIND": said([self.network.kind]), "WEIGHTS_DIGEST": said([checkpoint.digest])}
        self.batched = batches(args)
        self.network.measure([np.full(TRIAL_SHAPE, 127, np.uint8)])

    def execute(self, requests: list[Any]) -> list[Any]:
        """One response a request; a request that fails does not fail its neighbours."""
        return answers(requests, self.name, image, self._measured, batched=self.batched)

    def _measured(self, images_rgb: list[npt.NDArray[np.uint8]]) -> list[dict[str, npt.NDArray[Any]]]:
        return [{"DEPTH": depth, **self.said} for depth in self.network.measure(images_rgb)]
