"""Stands in for a reader's model.py, which lies beside it as honest.py: passes its answers on, changed when told to.

Which lie is told stands in the file `lie`; a mark for each reply that was changed goes to the file `told`. It runs in
Triton's own environment and needs nothing of the project.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("honest", HERE / "honest.py")
honest: Any = importlib.util.module_from_spec(_spec)  # type: ignore[arg-type]
sys.modules["honest"] = honest
_spec.loader.exec_module(honest)  # type: ignore[union-attr]

FAR = 1e7
MANY = 10_000


def changed(lie: str, outputs: dict[str, Any]) -> dict[str, Any]:
    """The outputs, with the lie in them."""
    polygons, scores = outputs["POLYGONS"], outputs["SCORES"]
    lies = {
        "nan-boxes": {"POLYGONS": np.full_like(polygons, np.nan)},
        "far-boxes": {"POLYGONS": polygons + np.float32(FAR)},
        "nan-scores": {"SCORES": np.full_like(scores, np.nan)},
        "other-shape": {"POLYGONS": polygons[:, :3]},
        "no-text": {"TEXTS": np.array([b"\xff\xfe"] * len(polygons), np.object_)},
        "too-many": {
            "POLYGONS": np.zeros((MANY, 4, 2), np.float32),
            "TEXTS": np.array([b"YAMAHA"] * MANY, np.object_),
            "SCORES": np.ones(MANY, np.float32),
        },
    }
    return outputs | lies[lie]


class TritonPythonModel(honest.TritonPythonModel):  # type: ignore[misc,name-defined]
    """The honest model, with another tongue."""

    def execute(self, requests: list[Any]) -> list[Any]:
        """The honest responses, or changed ones."""
        responses = super().execute(requests)
        told = HERE / "lie"
        if not told.exists():
            return responses
        lie = told.read_text()
        with (HERE / "told").open("a") as count:
            count.write("x" * len(responses))
        return [self._lied(lie, response) for response in responses]

    def _lied(self, lie: str, response: Any) -> Any:
        outputs = {tensor.name(): tensor.as_numpy() for tensor in response.output_tensors()}
        said = changed(lie, outputs)
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in said.items()])
