"""Half precision against single, for every architecture: on the CPU, with tiny networks of random weights.

A GPU multiplies in float16 by the same autocast as the CPU here, so that what overflows or is lost in float16 shows
here too; how its kernels round does not. Tiny networks are a hard case: their scores hardly differ.
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from tests.mesh.triton_models_lab import CLOSED, EVERYTHING, OPEN, PHRASES, SEGMENTERS, TEXTS, TOWERS, boxes_in, picture
from tests.mesh.triton_models_server import ROOT, packed, run_there

if TYPE_CHECKING:
    from pathlib import Path

RUNNERS: Final = {
    **dict.fromkeys((*OPEN, *CLOSED), "detect"),
    **dict.fromkeys(SEGMENTERS, "segment"),
    **{f"{name}_text": "embed_text" for name in TOWERS},
    **{f"{name}_image": "embed_image" for name in TOWERS},
    "depth_anything": "depth",
}

SIZE: Final = (97, 61)

TOKENS: Final = 84
"""Places that a closed set's encoder proposes. All of them are asked for: of proposals that hardly differ, the best
twenty are others at the slightest change."""

APART: Final = {
    "float16": {"boxes": 0.1, "masks": 0.01, "scores": 0.001, "vectors": 1e-5, "depths": 0.001},
    "bfloat16": {"boxes": 0.5, "masks": 0.05, "scores": 0.01, "vectors": 1e-4, "depths": 0.01},
}
"""How far half precision may be from single, as `triton_models_halves.apart` measures it. On GPUs `auto` is float16."""


def job(architecture: str, capability: str, checkpoints: Path) -> tuple[str, dict[str, Any]]:
    """A runner's code, and its configuration."""
    runner = ROOT / "model_repository" / f"{capability}_transformers"
    said = text_format.Parse((runner / "config.pbtxt").read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
    parameters = {name: {"string_value": value.string_value} for name, value in said.parameters.items()}
    own = {"checkpoint": str(checkpoints / architecture.removesuffix("_text").removesuffix("_image")), "threads": "1"}
    for name, value in {**own, **(EVERYTHING if capability == "detect" else {})}.items():
        parameters[name] = {"string_value": value}
    return str(runner / "1"), {"name": architecture, "parameters": parameters}


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, float]]]:
    folder = tmp_path_factory.mktemp("halves")
    checkpoints = folder / "checkpoints"
    run_there("tiny_checkpoints.py", checkpoints)
    for name in CLOSED:
        config = checkpoints / name / "config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "num_queries": TOKENS}))
    jobs = {architecture: job(architecture, capability, checkpoints) for architecture, capability in RUNNERS.items()}
    (folder / "jobs.json").write_text(json.dumps(jobs))
    questions: dict[str, Any] = {"PHRASES": packed(PHRASES), "TEXTS": packed(TEXTS)}
    np.savez(folder / "questions.npz", IMAGE=picture(*SIZE, 0), BOXES=boxes_in(*SIZE), **questions)
    printed = run_there("triton_models_halves.py", folder / "jobs.json", folder / "questions.npz")
    found: dict[str, dict[str, dict[str, float]]] = json.loads(printed)
    shutil.rmtree(checkpoints)
    return found


@pytest.mark.parametrize("precision", APART)
@pytest.mark.parametrize("architecture", RUNNERS)
def test_half_precision_says_nearly_the_same(
    apart: dict[str, dict[str, dict[str, float]]], architecture: str, precision: str
) -> None:
    found = apart[architecture][precision]

    assert {what: value for what, value in found.items() if not value <= APART[precision][what]} == {}
