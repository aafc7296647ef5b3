"""torch and `transformers`: where a network runs, in which precision, and that all its weights are its own."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# Whatever a checkpoint refers to, nothing is fetched while a model loads.
os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from device import DEVICES, DTYPES, device
from PIL import Image
from transformers import AutoImageProcessor, AutoTokenizer, ImageProcessingMixin
from transformers.utils import logging

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from checkpoint import Checkpoint
    from parameters import Parameters

# What matters of its warnings, weights that are missing, is an error here; Triton's log needs no progress bars.
logging.set_verbosity_error()
logging.disable_progress_bar()

TORCH_HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class Engine:
    """Where and how networks run.

    Attributes:
        device: Where.
        half: The precision of multiplications where it is not single; the weights stay single precision either way.
        may_lack: Names of weights that a checkpoint may lack.
    """

    device: torch.device
    half: torch.dtype | None
    may_lack: re.Pattern[str]

    @classmethod
    def of(cls, parameters: Parameters, args: dict[str, str]) -> Engine:
        """As the parameters `threads`, `device`, `dtype` and `may_lack` say, on the GPU that Triton gave this instance.

        Raises:
            ValueError: They say what cannot be done here.
        """
        torch.set_num_threads(parameters.count("threads", high=1024))
        found = device(
            parameters.choice("device", *DEVICES),
            parameters.choice("dtype", *DTYPES),
            gpus=torch.cuda.device_count() if torch.cuda.is_available() else 0,
            instance_gpu=int(args["model_instance_device_id"]) if args["model_instance_kind"] == "GPU" else None,
        )
        where = torch.device(found.kind, found.number) if found.kind == "cuda" else torch.device(found.kind)
        return cls(where, TORCH_HALVES.get(found.half), parameters.pattern("may_lack"))

    def network(self, auto_class: Any, checkpoint: Checkpoint) -> Any:
        """The checkpoint's network, in evaluation mode.

        Raises:
            ValueError: The checkpoint does not hold every one of its weights: what is missing would be noise.
        """
        made, info = auto_class.from_pretrained(
            checkpoint.folder,
            local_files_only=True,
            use_safetensors=checkpoint.safe,
            dtype=torch.float32,
            output_loading_info=True,
        )
        if missing := sorted(name for name in info["missing_keys"] if not self.may_lack.fullmatch(name)):
            shown = ", ".join(missing[:3])
            raise ValueError(f"{checkpoint.folder} lacks {len(missing)} of the network's weights, such as {shown}")
        return made.eval().to(self.device)

    @contextmanager
    def running(self) -> Iterator[None]:
        """What networks are called in."""
        half = torch.autocast(self.device.type, dtype=self.half or torch.bfloat16, enabled=self.half is not None)
        with torch.inference_mode(), half:
            yield

    def tensor(self, values: Any, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """An array as a tensor where the networks run."""
        return torch.as_tensor(values).to(self.device, dtype)


def image_processor(checkpoint: Checkpoint) -> Any:
    """What prepares pictures as the checkpoint was trained; Pillow does it, so that it is the same everywhere."""
    return AutoImageProcessor.from_pretrained(checkpoint.folder, local_files_only=True, backend="pil")


def image_settings(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the checkpoint's preprocessor_config.json says, where its processor itself cannot be had."""
    settings: dict[str, Any] = ImageProcessingMixin.get_image_processor_dict(checkpoint.folder)[0]
    return settings


def picture(image_rgb: Any) -> Image.Image:
    """Pixels (H, W, 3) as the processors take them: of an array they would guess which side is the colours."""
    return Image.fromarray(np.ascontiguousarray(image_rgb))


def tokenizer(checkpoint: Checkpoint) -> Any:
    """What makes tokens of texts as the checkpoint was trained."""
    return AutoTokenizer.from_pretrained(checkpoint.folder, local_files_only=True)


def array(tensor: torch.Tensor) -> Any:
    """A tensor as a single-precision array."""
    return tensor.float().cpu().numpy()
