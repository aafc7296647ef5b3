"""Grounding DINO and MM-Grounding DINO (LLMDet too): open vocabulary, picture and phrases read together.

The text is part of what the picture is encoded with, so nothing can be kept of a picture between requests. Several
phrases share one pass: they stand in one prompt, and the score of a place for a phrase comes from that phrase's tokens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import engine
import numpy as np
import torch
from candidates import Candidates, PhraseNotes, corners_of
from exchange import finite
from fitting import fit
from prompts import Marks, Prompt, prompts_of
from transformers import AutoModelForZeroShotObjectDetection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from candidates import F32, Look
    from checkpoint import Checkpoint
    from engine import Engine
    from exchange import U8
    from fitting import Fitted
    from parameters import Parameters

# The library's (`post_process_grounded_object_detection`).
THRESHOLD = 0.25
# The processor enlarges the shorter side to 800 pixels and stops at 1333 for the longer; more is not seen anyway.
LONGEST = 4096
# Begin, stop and end stand around a phrase.
FRAME_TOKENS = 3
# The network takes these for the ends of phrases wherever they stand (`SPECIAL_TOKENS` in the library).
ENDS_OF_PHRASES = re.compile(r"[.?]+")


class GroundingDino:
    """Grounding DINO or MM-Grounding DINO.

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
        stop = self._tokenizer.convert_tokens_to_ids(".")
        self._marks = Marks(self._tokenizer.cls_token_id, self._tokenizer.sep_token_id, stop)
        self._limit = self._network.config.max_text_len
        self._mean = parameters.choice("token_score", "mean", "max") == "mean"

    def look(self, looks: Sequence[Look]) -> list[Candidates]:
        """What is seen in each look, one by one: to stand in one pass, pictures and prompts would have to be padded."""
        return [self._look(image_rgb, phrases) for image_rgb, phrases in looks]

    def _look(self, image_rgb: U8, phrases: Sequence[str]) -> Candidates:
        """Every query of every prompt's pass as a candidate for the phrases of that prompt."""
        tokens, notes = self._tokens(phrases)
        fitted = fit(image_rgb, longest=LONGEST)
        passes = [self._pass(fitted, prompt, len(phrases)) for prompt in prompts_of(tokens, self._marks, self._limit)]
        boxes = np.concatenate([np.zeros((0, 4), np.float32), *(boxes for boxes, _ in passes)])
        scores = np.concatenate([np.zeros((0, len(phrases)), np.float32), *(scores for _, scores in passes)])
        return Candidates(boxes, scores, np.zeros((len(boxes), 0), np.float32), notes)

    def _tokens(self, phrases: Sequence[str]) -> tuple[list[list[int]], PhraseNotes]:
        """The phrases' token numbers, none where the vocabulary has no part of one, and their notes."""
        room = self._limit - FRAME_TOKENS
        texts = [ENDS_OF_PHRASES.sub(" ", phrase).lower().strip() for phrase in phrases]
        rows: list[list[int]] = self._tokenizer(texts, add_special_tokens=False)["input_ids"]
        rows = [[] if set(row) <= {self._tokenizer.unk_token_id} else row for row in rows]
        unknown = [place for place, row in enumerate(rows) if not row]
        cut = [place for place, row in enumerate(rows) if len(row) > room]
        return [row[:room] for row in rows], PhraseNotes.of(len(rows), unknown=unknown, cut=cut)

    def _pass(self, fitted: Fitted, prompt: Prompt, phrases: int) -> tuple[F32, F32]:
        """Boxes (Q, 4) in pixels of the picture and scores (Q, `phrases`), 0 for phrases of other prompts."""
        pixels = self._processor(fitted.image, return_tensors="np")
        ids = self._runtime.tensor([prompt.tokens], torch.long)
        with self._runtime.running():
            seen = self._network(
                pixel_values=self._runtime.tensor(pixels["pixel_values"]),
                pixel_mask=self._runtime.tensor(pixels["pixel_mask"], torch.long),
                input_ids=ids,
                token_type_ids=torch.zeros_like(ids),
                attention_mask=torch.ones_like(ids),
            )
        by_token = finite("scores", engine.array(seen.logits[0, :, : len(prompt.tokens)].float().sigmoid()))
        scores = np.zeros((len(by_token), phrases), np.float32)
        for number, first, after in prompt.spans:
            own = by_token[:, first:after]
            scores[:, number] = own.mean(axis=1) if self._mean else own.max(axis=1)
        boxes = corners_of(finite("boxes", engine.array(seen.pred_boxes[0])), fitted.image.size)
        return fitted.back(boxes), scores
