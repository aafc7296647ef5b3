"""SigLIP, SigLIP 2 and CLIP: texts as unit vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engine
import numpy as np
import torch
from exchange import finite
from transformers import AutoModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from checkpoint import Checkpoint
    from engine import Engine
    from exchange import F32


class TextTower:
    """The half of a checkpoint that reads.

    SigLIP was trained on lower-case texts, padded to the full length without a mask (the model cards, and
    `Siglip2Tokenizer`); CLIP's tokenizer sees to the case, and its padding is masked.
    """

    def __init__(self, checkpoint: Checkpoint, batch: int, runtime: Engine) -> None:
        self._runtime = runtime
        self._batch = batch
        self._network = runtime.network(AutoModel, checkpoint)
        # Loaded with the rest, so that missing weights are told; not needed to read.
        del self._network.vision_model
        self._tokenizer = engine.tokenizer(checkpoint)
        self._siglip = checkpoint.model_type != "clip"
        self._tokens = self._network.config.text_config.max_position_embeddings

    def read(self, texts: Sequence[str]) -> tuple[F32, npt.NDArray[np.bool_]]:
        """(N, D) unit vectors, and (N,) true where a text is longer than what is read of it."""
        given = [text.lower() for text in texts] if self._siglip else list(texts)
        lots = [given[start : start + self._batch] for start in range(0, len(given), self._batch)]
        vectors = np.concatenate([self._lot(lot) for lot in lots])
        whole = self._tokenizer(given)["input_ids"]
        return vectors, np.array([len(tokens) > self._tokens for tokens in whole])

    def _lot(self, texts: list[str]) -> F32:
        padding = "max_length" if self._siglip else True
        tokens = self._tokenizer(texts, padding=padding, truncation=True, max_length=self._tokens)
        names = ("input_ids",) if self._siglip else ("input_ids", "attention_mask")
        with self._runtime.running():
            inputs = {name: self._runtime.tensor(tokens[name], torch.long) for name in names}
            vectors = self._network.get_text_features(**inputs).pooler_output.float()
        return finite("embeddings", engine.array(vectors / vectors.norm(dim=-1, keepdim=True)))
