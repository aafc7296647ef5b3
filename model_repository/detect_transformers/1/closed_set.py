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

    from candidates import Look
    from checkpoint import Checkpoint
    from engine import Engine
    from exchange import F32, U8
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

    def look(self, looks: Sequence[Look]) -> list[Candidates]:
        """Every query as a candidate for the phrases that are labels; a picture is not looked at for none."""
        numbers = [[self._vocabulary.number(phrase) for phrase in phrases] for _, phrases in looks]
        shown = [place for place, each in enumerate(numbers) if any(number is not None for number in each)]
        seen = dict(zip(shown, self._seen([looks[place][0] for place in shown]), strict=True))
        nothing = np.zeros((0, 4), np.float32), np.zeros((0, 0), np.float32)
        return [_candidates(*seen.get(place, nothing), each) for place, each in enumerate(numbers)]

    def _seen(self, images_rgb: Sequence[U8]) -> list[tuple[F32, F32]]:
        """Boxes (Q, 4) in pixels of each picture, and the scores (Q, L) of every label; all pictures in one pass."""
        if not images_rgb:
            return []
        # A picture's pixels are stretched to a square, whatever its shape.
        prepared = [self._processor(engine.picture(each), return_tensors="np")["pixel_values"] for each in images_rgb]
        with self._runtime.running():
            seen = self._network(pixel_values=self._runtime.tensor(np.concatenate(prepared)))
        scores = finite("scores", engine.array(seen.logits.float().sigmoid()))
        boxes = finite("boxes", engine.array(seen.pred_boxes))
        sizes = [(each.shape[1], each.shape[0]) for each in images_rgb]
        return [(corners_of(box, size), score) for box, size, score in zip(boxes, sizes, scores, strict=True)]


def _candidates(boxes_xyxy: F32, by_label: F32, numbers: Sequence[int | None]) -> Candidates:
    """Of every label's scores those of the labels that phrases name."""
    known = [place for place, number in enumerate(numbers) if number is not None]
    scores = np.zeros((len(boxes_xyxy), len(numbers)), np.float32)
    if known:
        scores[:, known] = by_label[:, [numbers[place] for place in known]]
    notes = PhraseNotes.of(len(numbers), unknown=set(range(len(numbers))) - set(known))
    return Candidates(boxes_xyxy, scores, np.zeros((len(boxes_xyxy), 0), np.float32), notes)
