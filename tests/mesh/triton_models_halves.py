"""What half precision changes: every runner on every architecture, in single precision and in halves, on the CPU.

    .venv-models/bin/python tests/mesh/triton_models_halves.py JOBS.json QUESTIONS.npz

JOBS.json holds, by architecture, the folder of a runner's code and its model configuration in the JSON in which Triton
hands it over; QUESTIONS.npz the inputs of the contract by name. Prints JSON: by architecture and precision, how far the
answers are apart (`apart` says how that is measured). Nothing of Triton is needed: its module is stood in for.
"""

from __future__ import annotations

import importlib
import json
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Arrays = dict[str, Any]
PRECISIONS = ("float16", "bfloat16")

NEAR = 0.02
"""How far edges of the same box may be apart, as a share of the picture's longer side."""

ALIKE = 0.02
"""How far scores of the same box may be apart."""


class TritonError(Exception):
    """An error as Triton's module has it."""

    INVALID_ARG, INTERNAL = range(2)


def respond(output_tensors: Sequence[tuple[str, Any]] = (), error: TritonError | None = None) -> Arrays:
    """A response as its outputs; an error is raised."""
    if error is not None:
        raise error
    return dict(output_tensors)


def triton_module() -> types.ModuleType:
    """What runners use of Triton's module, for requests that are dictionaries of arrays."""
    module = types.ModuleType("triton_python_backend_utils")
    given: dict[str, Any] = {
        "get_input_tensor_by_name": lambda request, name: types.SimpleNamespace(as_numpy=lambda: request[name]),
        "Tensor": lambda name, value: (name, value),
        "InferenceResponse": respond,
        "TritonError": TritonError,
    }
    vars(module).update(given)
    return module


def answers(folder: Path, config: dict[str, Any], dtype: str, questions: Arrays) -> Arrays:
    """What a runner answers in a precision."""
    for name in [name for name, module in sys.modules.items() if str(folder.parents[1]) in _file_of(module)]:
        del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        config["parameters"]["dtype"]["string_value"] = dtype
        runner = importlib.import_module("model").TritonPythonModel()
        runner.initialize(
            {
                "model_name": config["name"],
                "model_config": json.dumps({"max_batch_size": 0, **config}),
                "model_repository": str(folder.parent),
                "model_instance_kind": "CPU",
                "model_instance_device_id": "0",
            }
        )
        (response,) = runner.execute([questions])
        return response  # type: ignore[no-any-return]  # as `respond` made it
    finally:
        sys.path.remove(str(folder))


def _file_of(module: types.ModuleType) -> str:
    return getattr(module, "__file__", None) or ""


def apart(single: Arrays, half: Arrays, side: int) -> dict[str, float]:
    """How far two answers are apart.

    Boxes: the share of single precision's that half precision does not have, each edge within `NEAR` and the score
    within `ALIKE`. Masks: the share of pixels that differ. Vectors: the largest angle's 1 - cosine. Depths: the largest
    difference, as a share of the largest. Scores of masks: the largest difference.
    """
    if "BOXES" in single:
        return {"boxes": _missing(single, half, side)}
    if "MASKS" in single:
        masks = float((single["MASKS"] != half["MASKS"]).mean())
        return {"masks": masks, "scores": float(np.abs(single["SCORES"] - half["SCORES"]).max())}
    if "EMBEDDINGS" in single:
        return {"vectors": float((1 - (single["EMBEDDINGS"] * half["EMBEDDINGS"]).sum(axis=1)).max())}
    return {"depths": float(np.abs(single["DEPTH"] - half["DEPTH"]).max() / single["DEPTH"].max())}


def _missing(single: Arrays, half: Arrays, side: int) -> float:
    edges = np.abs(single["BOXES"][:, None] - half["BOXES"][None]).max(axis=-1)
    alike = (edges < NEAR * side) & (np.abs(single["SCORES"][:, None] - half["SCORES"][None]) < ALIKE)
    alike &= single["PHRASE"][:, None] == half["PHRASE"][None]
    return float(1 - alike.any(axis=1).mean())


def main() -> None:
    """Run every job, and print."""
    sys.modules["triton_python_backend_utils"] = triton_module()
    jobs = json.loads(Path(sys.argv[1]).read_text())
    with np.load(sys.argv[2], allow_pickle=True) as file:
        questions = {name: file[name] for name in file.files}
    found: dict[str, Any] = {}
    for name, (folder, config) in jobs.items():
        single = answers(Path(folder), config, "float32", questions)
        side = max(questions["IMAGE"].shape)
        found[name] = {
            dtype: apart(single, answers(Path(folder), config, dtype, questions), side) for dtype in PRECISIONS
        }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
