"""Make a tiny language model that knows nothing: random weights, and a tokenizer trained on the spot.

    .venv-vllm/bin/python tests/mesh/tiny_model.py [--vision] FOLDER TEXT_FILE...

It runs in vLLM's environment, which has torch and transformers, and needs nothing of the project. The architecture is
Qwen2's; with `--vision`, Idefics3's, which needs no torchvision. Heads are of 64, which the CPU's attention kernels
know. The same seed gives the same weights.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3ImageProcessorPil,
    Idefics3Processor,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

SEED = 7
VOCABULARY = 1024
MAX_TOKENS = 16384
# Three times the usual: what the noise says depends on what it is asked.
SPREAD = 0.06
END, START, STOP = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


VISION_CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% if message['content'] is string %}"
    "{{ message['content'] }}{% else %}{% for part in message['content'] %}{% if part['type'] == 'image' %}<image>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# What Idefics3's processor puts around and between the pieces of a picture.
MARKS = ["<image>", "<fake_token_around_image>", "<end_of_utterance>", "<global-img>"]
PLACES = [f"<row_{row}_col_{column}>" for row in range(1, 7) for column in range(1, 7)]
IMAGE_SIDE = 56
PATCH_SIDE = 14
SCALE = 2


def tokenizer(texts: list[str], marks: list[str], template: str) -> PreTrainedTokenizerFast:
    """A byte-level BPE: whatever comes can be written and read."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = [END, START, STOP, *marks]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token=STOP,
        pad_token=END,
        additional_special_tokens=[START, *marks],
        chat_template=template,
        model_max_length=MAX_TOKENS,
    )


def model(words: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    """Two layers of noise."""
    torch.manual_seed(SEED)
    config = Qwen2Config(
        vocab_size=len(words),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=MAX_TOKENS,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        tie_word_embeddings=True,
        initializer_range=SPREAD,
    )
    return Qwen2ForCausalLM(config)


def vision_model(words: PreTrainedTokenizerFast) -> Idefics3ForConditionalGeneration:
    """Two layers of noise that see, and two that write."""
    torch.manual_seed(SEED)
    writing = {
        "model_type": "llama",
        "vocab_size": len(words),
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": MAX_TOKENS,
        "bos_token_id": None,
        "eos_token_id": words.eos_token_id,
        "pad_token_id": words.pad_token_id,
        "initializer_range": SPREAD,
    }
    seeing = {
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": IMAGE_SIDE,
        "patch_size": PATCH_SIDE,
        "initializer_range": SPREAD,
    }
    image = words.convert_tokens_to_ids("<image>")
    config = Idefics3Config(
        text_config=writing, vision_config=seeing, image_token_id=image, scale_factor=SCALE, tie_word_embeddings=False
    )
    return Idefics3ForConditionalGeneration(config)


def processor(words: PreTrainedTokenizerFast) -> Idefics3Processor:
    """What cuts pictures up for it."""
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 2 * IMAGE_SIDE}, max_image_size={"longest_edge": IMAGE_SIDE}
    )
    pieces = (IMAGE_SIDE // PATCH_SIDE // SCALE) ** 2
    return Idefics3Processor(images, words, image_seq_len=pieces, chat_template=VISION_CHAT_TEMPLATE)


def main(folder: Path, sources: list[Path], *, vision: bool) -> None:
    """Write the model and its tokenizer into a folder."""
    texts = [path.read_text(encoding="utf-8") for path in sources]
    made: PreTrainedModel
    if vision:
        words = tokenizer(texts, [*MARKS, *PLACES], VISION_CHAT_TEMPLATE)
        processor(words).save_pretrained(folder)
        made = vision_model(words)
    else:
        words = tokenizer(texts, [], CHAT_TEMPLATE)
        made = model(words)
    words.save_pretrained(folder)
    made.to(torch.bfloat16).save_pretrained(folder)


if __name__ == "__main__":
    wanted = sys.argv[1:]
    sees = "--vision" in wanted
    target, *files = [Path(name) for name in wanted if name != "--vision"]
    main(target, files, vision=sees)
