"""Capability `embed_text` with the text towers of `transformers`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from checkpoint import open_checkpoint
from exchange import answers, batches, said, texts
from parameters import Parameters

if TYPE_CHECKING:
    import numpy.typing as npt

# By `model_type` of a checkpoint's config.json, with the checkpoints that are meant; embed_image has the same.
ARCHITECTURES = (
    # google/siglip-*, and google/siglip2-* of fixed size, which calls itself so too: Apache-2.0.
    "siglip",
    # google/siglip2-*-naflex: Apache-2.0.
    "siglip2",
    # openai/clip-vit-*: MIT.
    "clip",
)

# What is read before the model is called ready: it loads what loads late, and tells broken weights.
TRIAL = "a photo of an object"


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, args: dict[str, str]) -> None:
        """Judge, load and try the checkpoint; an exception here marks this model as failed, and no other."""
        self.name = args["model_name"]
        parameters = Parameters.of(args["model_config"])
        checkpoint = open_checkpoint(parameters, Path(args["model_repository"]), ARCHITECTURES)
        # torch is imported when it is known that there is something to load.
        from engine import Engine  # noqa: PLC0415
        from text_tower import TextTower  # noqa: PLC0415

        self.tower = TextTower(checkpoint, parameters.count("batch"), Engine.of(parameters, args))
        self.max_texts = parameters.count("max_texts")
        self.digest = said([checkpoint.digest])
        self.batched = batches(args)
        self.width = self.tower.read([TRIAL])[0].shape[1]

    def execute(self, requests: list[Any]) -> list[Any]:
        """One response a request; a request that fails does not fail its neighbours."""
        return answers(requests, self.name, self._asked, self._embedded, batched=self.batched)

    def _asked(self, request: Any) -> list[str]:
        return texts(request, "TEXTS", self.max_texts)

    def _embedded(self, lists: list[list[str]]) -> list[dict[str, npt.NDArray[Any]]]:
        return [self._of(given) for given in lists]

    def _of(self, given: list[str]) -> dict[str, npt.NDArray[Any]]:
        vectors, cut = np.zeros((0, self.width), np.float32), np.zeros(0, np.bool_)
        if given:
            vectors, cut = self.tower.read(given)
        return {"EMBEDDINGS": vectors, "CUT": cut, "WEIGHTS_DIGEST": self.digest}
