"""A checkpoint: the folder of a trained model, as the hubs lay it out. Here it is judged before anything is loaded."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from parameters import Parameters

SAFE_SUFFIX = ".safetensors"
# Files that may hold pickled Python, which can run any code when it is read.
PICKLE_SUFFIXES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl"})
# Such files beside the weights that hold none of them: settings of the training.
NOT_WEIGHTS = frozenset({"training_args.bin", "optimizer.pt", "scheduler.pt", "scaler.pt"})

READ_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that may be loaded.

    Attributes:
        folder: Where it is.
        config: Its config.json.
        safe: Whether its weights are safetensors; False for pickles that were allowed.
        digest: SHA-256, lower-case hex, over its files of weights, one after the other in the order of their names.
    """

    folder: Path
    config: Mapping[str, Any]
    safe: bool
    digest: str

    @property
    def model_type(self) -> str:
        """The architecture, by the name that `transformers` gives it."""
        return str(self.config["model_type"])


def open_checkpoint(parameters: Parameters, model_folder: Path, known: Collection[str]) -> Checkpoint:
    """The checkpoint that the parameters `checkpoint`, `weights_digest` and `allow_pickle` describe.

    Args:
        parameters: The model's.
        model_folder: The folder of its config.pbtxt, to which a relative `checkpoint` is relative.
        known: The architectures (`model_type`) that can be served.

    Raises:
        ValueError: There is none, or it must not be loaded; the message says why.
    """
    named = parameters.text("checkpoint")
    if not named:
        raise ValueError("no checkpoint is bound: this folder is a template, see `groundwire models bind`")
    folder = model_folder / named
    config = _config(folder)
    if config.get("model_type") not in known:
        found = config.get("model_type")
        raise ValueError(f"{folder} is of the architecture {found!r}; served are {', '.join(sorted(known))}")
    weights, safe = _weights(folder, allow_pickle=parameters.flag("allow_pickle"))
    digest = digest_of(weights)
    expected = parameters.text("weights_digest")
    if expected and expected != digest:
        raise ValueError(f"the weights in {folder} have the SHA-256 {digest}, and {expected} was expected")
    return Checkpoint(folder, config, safe, digest)


def digest_of(files: Collection[Path]) -> str:
    """SHA-256, lower-case hex, over the content of files, one after the other."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as content:
            while piece := content.read(READ_BYTES):
                digest.update(piece)
    return digest.hexdigest()


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"{path} is not a JSON object")  # noqa: TRY004  # one kind of error for all that is wrong
    return config


def _weights(folder: Path, *, allow_pickle: bool) -> tuple[list[Path], bool]:
    """The files of weights in the order of their names, and whether they are safetensors."""
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if safe := [path for path in files if path.suffix == SAFE_SUFFIX]:
        return safe, True
    pickles = [path for path in files if path.suffix in PICKLE_SUFFIXES and path.name not in NOT_WEIGHTS]
    if not pickles:
        raise ValueError(f"{folder} has no weights: no file ends in {SAFE_SUFFIX}")
    if not allow_pickle:
        raise ValueError(
            f"{pickles[0]} may run any code when it is read, and {folder} has no {SAFE_SUFFIX} beside it: convert it,"
            " or set the parameter allow_pickle to true if you trust whoever made it"
        )
    return pickles, False
