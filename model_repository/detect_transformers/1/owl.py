"""OWL-ViT and OWLv2: open vocabulary, from two towers that do not see each other.

So what the image tower makes of a picture is kept, and what the text tower makes of a phrase: a new phrase about a
known picture costs the text tower and a dot product. The method is that of `OwlViTForObjectDetection.forward` in
transformers, cut where the towers meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine
import numpy as np
import torch
from candidates import Candidates, PhraseNotes, corners_of
from exchange import finite, picture_key
from fitting import fit
from lru import ByteBoundedLru
from transformers import AutoModelForZeroShotObjectDetection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidates import Look
    from checkpoint import Checkpoint
    from engine import Engine
    from exchange import U8
    from fitting import Fitted
    from parameters import Parameters

# The library's (`post_process_grounded_object_detection`).
THRESHOLD = 0.1
# OWLv2 pads to a square and filters that in floating point, which takes seconds and gigabytes when it is large. Its
# input has 960 pixels a side (1008 for the large one): pictures of over twice that are reduced first.
LONGEST = 2048
PHRASES_AT_ONCE = 32
# The image tower's class vectors and the phrases' are made unit vectors with this, as in the library's class head.
EPSILON = 1e-6


class Owl:
    """OWL-ViT or OWLv2.

    Attributes:
        threshold: Over which scores a box is meant, unless the parameter says otherwise.
        labels: None of its own: any phrase can be asked.
    """

    threshold = THRESHOLD
    labels: tuple[str, ...] = ()

    def __init__(self, checkpoint: Checkpoint, parameters: Parameters, runtime: Engine) -> None:
        self._runtime = runtime
        self._network = runtime.network(AutoModelForZeroShotObjectDetection, checkpoint)
        self._processor = engine.image_processor(checkpoint)
        self._tokenizer = engine.tokenizer(checkpoint)
        self._tokens = self._network.config.text_config.max_position_embeddings
        # OWLv2 pads to a square at the bottom and the right; OWL-ViT stretches.
        self._pads = checkpoint.model_type == "owlv2"
        self._pictures: ByteBoundedLru[torch.Tensor] = ByteBoundedLru(parameters.mebibytes("feature_cache_mib"))
        self._phrases: ByteBoundedLru[torch.Tensor] = ByteBoundedLru(parameters.mebibytes("phrase_cache_mib"))

    def look(self, looks: Sequence[Look]) -> list[Candidates]:
        """Every patch of each picture as a candidate for every phrase that is asked about it."""
        fitted = [self._fitted(image_rgb) for image_rgb, _ in looks]
        with self._runtime.running():
            features = self._pictures_of([image_rgb for image_rgb, _ in looks], fitted)
            asked = [self._asked(phrases) for _, phrases in looks]
        return [self._candidates(*each) for each in zip(fitted, features, asked, strict=True)]

    def _fitted(self, image_rgb: U8) -> Fitted:
        return fit(image_rgb, longest=LONGEST if self._pads else max(image_rgb.shape), thin_ratio=np.inf)

    def _candidates(
        self, fitted: Fitted, features: torch.Tensor, asked: tuple[torch.Tensor, PhraseNotes]
    ) -> Candidates:
        box, shift, scale, vectors = features.split([4, 1, 1, features.shape[1] - 6], dim=1)
        phrases, notes = asked
        scores = torch.sigmoid((vectors @ phrases.T + shift) * scale)
        side = max(fitted.image.size)
        frame = (side, side) if self._pads else fitted.image.size
        boxes = fitted.back(corners_of(finite("boxes", engine.array(box)), frame))
        return Candidates(boxes, finite("scores", engine.array(scores)), engine.array(vectors), notes)

    def _pictures_of(self, images_rgb: Sequence[U8], fitted: Sequence[Fitted]) -> list[torch.Tensor]:
        """(Q, 4 + 1 + 1 + D): box cxcywh, shift and scale of the logits, and class vector of every patch, by picture.

        The pictures of which nothing is kept pass the image tower together, each once.
        """
        keys = [picture_key(image_rgb) for image_rgb in images_rgb]
        found = {key: kept for key in keys if (kept := self._pictures.get(key)) is not None}
        new = {key: each for key, each in zip(keys, fitted, strict=True) if key not in found}
        for key, features in zip(new, self._seen(list(new.values())), strict=True):
            self._pictures.put(key, features, features.nbytes)
            found[key] = features
        return [found[key] for key in keys]

    def _seen(self, fitted: Sequence[Fitted]) -> list[torch.Tensor]:
        if not fitted:
            return []
        # Every picture fills one input of the same size, so that any of them go together.
        pixels = [self._processor(each.image, return_tensors="np")["pixel_values"] for each in fitted]
        feature_map = self._network.image_embedder(self._runtime.tensor(np.concatenate(pixels)))[0]
        patches = feature_map.flatten(1, 2)
        head = self._network.class_head
        parts = (
            self._network.box_predictor(patches, feature_map),
            head.logit_shift(patches),
            head.elu(head.logit_scale(patches)) + 1,
            _unit(head.dense0(patches)),
        )
        # Each with memory of its own: what is kept of one must not hold the others.
        return [row.clone() for row in torch.cat([part.float() for part in parts], dim=2)]

    def _asked(self, phrases: Sequence[str]) -> tuple[torch.Tensor, PhraseNotes]:
        """(P, D): the phrases' unit vectors; and their notes."""
        ids = self._tokenizer(list(phrases), padding="max_length", truncation=True, max_length=self._tokens)
        whole = self._tokenizer(list(phrases))["input_ids"]
        keys = [np.array(row, np.int64).tobytes() for row in ids["input_ids"]]
        vectors = [self._phrases.get(key) for key in keys]
        new = [place for place, vector in enumerate(vectors) if vector is None]
        for start in range(0, len(new), PHRASES_AT_ONCE):
            batch = new[start : start + PHRASES_AT_ONCE]
            rows = {name: self._runtime.tensor([ids[name][i] for i in batch], torch.long) for name in ids}
            read = self._read(**rows)
            for place, vector in zip(batch, read, strict=True):
                vectors[place] = vector
                self._phrases.put(keys[place], vector, vector.nbytes)
        cut = [place for place, tokens in enumerate(whole) if len(tokens) > self._tokens]
        return torch.stack(vectors), PhraseNotes.of(len(vectors), cut=cut)  # type: ignore[arg-type]  # the loop has filled every one

    def _read(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> list[torch.Tensor]:
        """What the text tower makes of a batch of phrases, each with memory of its own."""
        towers = getattr(self._network, self._network.base_model_prefix)
        pooled = towers.get_text_features(input_ids=input_ids, attention_mask=attention_mask).pooler_output
        return [row.clone() for row in _unit(pooled.float() / pooled.float().norm(dim=-1, keepdim=True))]


def _unit(vectors: torch.Tensor) -> torch.Tensor:
    vectors = vectors.float()
    return vectors / (vectors.norm(dim=-1, keepdim=True) + EPSILON)
