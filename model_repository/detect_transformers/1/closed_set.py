"""D-FINE and RT-DETRv2: fast, and they know the labels that they were trained on and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine
import numpy as np
from candidates import Candidates, PhraseNotes, corners_of
from exchange import finite
from transformers import AutoModelForObjectDetection
from vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkpoint import Checkpoint
    from engine import Engine
    from exchange import U8
    from parameters import Parameters

# Below the library's 0.5: callers ask for what they were told to look for, and weigh a low score themselves.
THRESHOLD = 0.3


class ClosedSet:
    """D-FINE or RT-DETRv2.

    Attributes:
        threshold: Over which scores a box is meant, unless the parameter says otherwise.
        labels: What it knows.
    """

    threshold = THRESHOLD

    def __init__(self, checkpoint: Checkpoint, parameters: Parameters, runtime: Engine) -> None:  # noqa: ARG002
        self._runtime = runtime
        self._network = runtime.network(AutoModelForObjectDetection, checkpoint)
        self._processor = engine.image_processor(checkpoint)
        names = self._network.config.id2label
        self._vocabulary = Vocabulary([names[number] for number in sorted(names)])
        self.labels = self._vocabulary.labels

    def look(self, image_rgb: U8, phrases: Sequence[str]) -> Candidates:
        """Every query as a candidate for the phrases that are labels; the picture is not looked at for none."""
        numbers = [self._vocabulary.number(phrase) for phrase in phrases]
        known = [place for place, number in enumerate(numbers) if number is not None]
        notes = PhraseNotes.of(len(phrases), unknown=set(range(len(phrases))) - set(known))
        if not known:
            empty = np.zeros((0, 4), np.float32)
            return Candidates(empty, np.zeros((0, len(phrases)), np.float32), empty[:, :0], notes)
        # A picture's pixels are stretched to a square, whatever its shape.
        pixels = self._processor(engine.picture(image_rgb), return_tensors="np")["pixel_values"]
        with self._runtime.running():
            seen = self._network(pixel_values=self._runtime.tensor(pixels))
        by_label = finite("scores", engine.array(seen.logits[0].float().sigmoid()))
        scores = np.zeros((len(by_label), len(phrases)), np.float32)
        scores[:, known] = by_label[:, [numbers[place] for place in known]]
        height, width = image_rgb.shape[:2]
        boxes = corners_of(finite("boxes", engine.array(seen.pred_boxes[0])), (width, height))
        return Candidates(boxes, scores, np.zeros((len(boxes), 0), np.float32), notes)
