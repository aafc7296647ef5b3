"""Tokenizers of the kinds that vision models come with, made on the spot for tiny checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import transformers as hf
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ["a", "cat", "dog", "red", "car", "wheel", "left", "of", "the", "photo", "object", "remote", "control"]


def bert(folder: Path) -> int:
    """A WordPiece vocabulary whose marks stand where BERT's do, as Grounding DINO expects; its size."""
    size = 1100
    vocabulary = [f"[unused{number}]" for number in range(size)]
    vocabulary[0] = "[PAD]"
    for number, token in {100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]", 1012: ".", 1029: "?"}.items():
        vocabulary[number] = token
    letters = "abcdefghijklmnopqrstuvwxyz"
    for number, token in enumerate([*letters, *(f"##{letter}" for letter in letters), *WORDS]):
        if token not in vocabulary:
            vocabulary[200 + number] = token
    numbers = {token: number for number, token in enumerate(vocabulary)}
    hf.BertTokenizer(vocab=numbers, do_lower_case=True).save_pretrained(folder)
    return size


def clip(folder: Path, length: int) -> dict[str, int]:
    """Byte-level BPE without merges; what a text configuration has to know of it."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = ["!", *(letter for letter in letters if letter != "!"), *(f"{letter}</w>" for letter in letters)]
    vocabulary = {token: number for number, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}
    made = hf.CLIPTokenizer(vocab=vocabulary, merges=[], pad_token="!", model_max_length=length)  # noqa: S106
    made.save_pretrained(folder)
    return {
        "vocab_size": len(vocabulary),
        "bos_token_id": vocabulary["<|startoftext|>"],
        "eos_token_id": vocabulary["<|endoftext|>"],
        "pad_token_id": 0,
        "max_position_embeddings": length,
    }


def gemma(folder: Path, length: int) -> dict[str, int]:
    """Words with an end mark, as SigLIP 2's tokenizer ends texts; what a text configuration has to know of it."""
    letters = [chr(code) for code in range(33, 127)]
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>", *WORDS, *(letter for letter in letters if letter not in WORDS)]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    words = Tokenizer(models.WordPiece(vocabulary, unk_token="<unk>", continuing_subword_prefix=""))  # noqa: S106
    words.normalizer = normalizers.NFC()
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    hf.PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="<pad>",  # noqa: S106
        eos_token="<eos>",  # noqa: S106
        bos_token="<bos>",  # noqa: S106
        unk_token="<unk>",  # noqa: S106
        model_max_length=length,
    ).save_pretrained(folder)
    marks = {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
    return {"vocab_size": len(vocabulary), "max_position_embeddings": length, **marks}
