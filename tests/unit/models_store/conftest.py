"""The modules of the runner `detect_onnx`, which live in Triton's layout and not in a package."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

RUNNER = Path(__file__).parents[3] / "model_repository" / "detect_onnx" / "1"


def module(name: str) -> Any:
    """A module of the runner, loaded from its file."""
    spec = importlib.util.spec_from_file_location(f"detect_onnx_{name}", RUNNER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="session")
def decoders() -> Any:
    return module("decoders")


@pytest.fixture(scope="session")
def framing() -> Any:
    return module("framing")


@pytest.fixture(scope="session")
def vocabulary() -> Any:
    return module("vocabulary")
