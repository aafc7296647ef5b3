"""Capability `detect` with the open-vocabulary and closed-set detectors of `transformers`."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from candidates import Candidates, PhraseNotes, Rule, select
from checkpoint import open_checkpoint
from exchange import answers, batches, image, said, texts
from parameters import Parameters

if TYPE_CHECKING:
    import numpy.typing as npt
    from candidates import Look


class Architecture(NamedTuple):
    """Who serves an architecture: a module of this folder and its class."""

    module: str
    detector: str


# By `model_type` of a checkpoint's config.json. All of the code is Apache-2.0, and so are the checkpoints named here;
# another checkpoint's licence is its maker's affair.
ARCHITECTURES = {
    # IDEA-Research/grounding-dino-tiny, -base: Apache-2.0.
    "grounding-dino": Architecture("grounding_dino", "GroundingDino"),
    # openmmlab-community/mm_grounding_dino_*, iSEE-Laboratory/llmdet_{tiny,base,large}: Apache-2.0.
    "mm-grounding-dino": Architecture("grounding_dino", "GroundingDino"),
    # google/owlv2-base-patch16-ensemble, google/owlv2-large-patch14-ensemble: Apache-2.0.
    "owlv2": Architecture("owl", "Owl"),
    # google/owlvit-base-patch32, -patch16, google/owlvit-large-patch14: Apache-2.0.
    "owlvit": Architecture("owl", "Owl"),
    # ustc-community/dfine-{nano,small,medium,large,xlarge}-{coco,obj365,obj2coco}: Apache-2.0.
    "d_fine": Architecture("closed_set", "ClosedSet"),
    # PekingU/rtdetr_v2_r{18vd,34vd,50vd,101vd}: Apache-2.0.
    "rt_detr_v2": Architecture("closed_set", "ClosedSet"),
}

# What is shown before the model is called ready: it loads what loads late, and tells broken weights.
TRIAL_SHAPE = (48, 64, 3)
TRIAL_PHRASE = "object"

# What is seen where nothing is asked for.
NOTHING = Candidates(
    np.zeros((0, 4), np.float32), np.zeros((0, 0), np.float32), np.zeros((0, 0), np.float32), PhraseNotes.of(0)
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

        module, detector = ARCHITECTURES[checkpoint.model_type]
        self.detector = getattr(importlib.import_module(module), detector)(
            checkpoint, parameters, Engine.of(parameters, args)
        )
        automatic = parameters.text("threshold") == "auto"
        self.rule = Rule(
            threshold=self.detector.threshold if automatic else parameters.number("threshold", 0, 1),
            nms_iou=parameters.number("nms_iou", 0, 1),
            most=parameters.count("max_boxes_per_phrase"),
            most_in_all=parameters.count("max_boxes"),
        )
        self.max_phrases = parameters.count("max_phrases")
        self.digest = said([checkpoint.digest])
        self.bounds = said([json.dumps({"score": self.rule.threshold, "nms_iou": self.rule.nms_iou}, sort_keys=True)])
        self.labels = said(list(self.detector.labels))
        self.batched = batches(args)
        self._detect([(np.full(TRIAL_SHAPE, 127, np.uint8), [TRIAL_PHRASE, *self.detector.labels[:1]])])

    def execute(self, requests: list[Any]) -> list[Any]:
        """One response a request; a request that fails does not fail its neighbours."""
        return answers(requests, self.name, self._asked, self._detect, batched=self.batched)

    def _asked(self, request: Any) -> Look:
        return image(request), texts(request, "PHRASES", self.max_phrases)

    def _detect(self, looks: list[Look]) -> list[dict[str, npt.NDArray[Any]]]:
        """The outputs of each look, as config.pbtxt describes them. Without phrases there is nothing to look for."""
        seen = iter(self.detector.look([look for look in looks if look[1]]))
        return [self._meant(image_rgb, next(seen) if phrases else NOTHING) for image_rgb, phrases in looks]

    def _meant(self, image_rgb: npt.NDArray[np.uint8], seen: Candidates) -> dict[str, npt.NDArray[Any]]:
        found = select(seen, (image_rgb.shape[1], image_rgb.shape[0]), self.rule)
        return {
            "BOXES": found.boxes_xyxy,
            "PHRASE": found.phrase,
            "SCORES": found.scores,
            "EMBEDDINGS": found.embeddings,
            "SEARCHABLE": seen.notes.searchable,
            "CUT": seen.notes.cut,
            "LABELS": self.labels,
            "WEIGHTS_DIGEST": self.digest,
            "THRESHOLDS": self.bounds,
        }
