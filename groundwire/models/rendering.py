"""From a runner and a stored model to a folder that Triton can load.

A runner is a folder of the model repository whose `config.pbtxt` has a parameter `checkpoint`: it knows a family of
networks and waits to be told which one. Its own folder is never loaded.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from groundwire.models.errors import NotLoaded

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG: Final = "config.pbtxt"
VARIANTS: Final = "configs/*.pbtxt"
"""Configurations of the same model for other machines, which Triton chooses by --model-config-name."""

CHECKPOINT: Final = "checkpoint"
DIGEST: Final = "weights_digest"
ALLOW_PICKLE: Final = "allow_pickle"
TOGETHER: Final = "together"
"""Parameter that names the architectures whose requests are taken together, where the configuration batches."""

ENVIRONMENT: Final = "EXECUTION_ENV_PATH"
"""Parameter by which Triton's python backend runs a model in a Python environment of its own."""


def is_runner(folder: Path) -> bool:
    """Whether a folder of a model repository is a runner, and no model itself."""
    try:
        return CHECKPOINT in _config(folder).parameters
    except (OSError, UnicodeDecodeError, text_format.ParseError):
        return False  # No model either; Triton says what is wrong with it.


def needs_environment(runner: Path) -> bool:
    """Whether a runner runs in a Python environment of its own.

    Raises:
        NotLoaded: It is no runner.
    """
    return ENVIRONMENT in _runner_config(runner).parameters


def render(runner: Path, model: str, parameters: Mapping[str, str], repository: Path) -> Path:
    """Make a model of a runner, in place of one of that name; the folder appears whole or not at all.

    Args:
        runner: The folder of the runner.
        model: Name of the model, as Triton is to know it.
        parameters: What the runner is told; what it does not ask for, it is not told.
        repository: The model repository that gets it.

    Returns:
        The model's folder.

    Raises:
        NotLoaded: It is no runner.
    """
    _runner_config(runner)
    repository.mkdir(parents=True, exist_ok=True)
    # Beside the repository, since Triton looks at everything that is in it.
    unfinished, place = repository.parent / f"{model}.unfinished", repository / model
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(runner, unfinished, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (unfinished / CONFIG, *unfinished.glob(VARIANTS)):
        path.write_text(_filled_in(path, model, parameters), encoding="utf-8")
    shutil.rmtree(place, ignore_errors=True)
    unfinished.replace(place)
    return place


def _filled_in(path: Path, model: str, parameters: Mapping[str, str]) -> str:
    config = _parsed(path)
    config.name = model
    for key, value in parameters.items():
        if key in config.parameters:
            config.parameters[key].string_value = value
    if config.max_batch_size and _architecture(config) not in config.parameters[TOGETHER].string_value.split():
        _take_one_by_one(config)
    return text_format.MessageToString(config)


def _architecture(config: Any) -> str:
    """What the checkpoint calls itself; empty where it does not say."""
    try:
        described = json.loads((Path(config.parameters[CHECKPOINT].string_value) / "config.json").read_bytes())
    except (OSError, ValueError):
        return ""  # The runner says what is wrong with it.
    return str(described.get("model_type", "")) if isinstance(described, dict) else ""


def _take_one_by_one(config: Any) -> None:
    config.max_batch_size = 0
    config.ClearField("dynamic_batching")
    for each in config.input:
        each.allow_ragged_batch = False


def _runner_config(runner: Path) -> Any:
    try:
        config = _config(runner)
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise NotLoaded(
            f"there is no runner {runner.name} in the model repository: {error}",
            remedy="see whether GROUNDWIRE_TRITON_MODELS names the project's model_repository",
        ) from error
    if CHECKPOINT not in config.parameters:
        raise NotLoaded(f"{runner.name} is no runner: it takes no {CHECKPOINT}", remedy="see its config.pbtxt")
    return config


def _config(folder: Path) -> Any:
    return _parsed(folder / CONFIG)


def _parsed(path: Path) -> Any:
    return text_format.Parse(path.read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
