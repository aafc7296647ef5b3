"""The runners' own modules, which Triton finds beside model.py and nobody else does."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import ModuleType

REPOSITORY: Final = Path(__file__).parents[3] / "model_repository"
RUNNERS: Final = tuple(sorted(path.parent for path in REPOSITORY.glob("*_transformers/config.pbtxt")))
FOLDER: Final = str(REPOSITORY / "detect_transformers" / "1")


def runner_module(name: str) -> ModuleType:
    """A module of the detectors' runner, which holds what the others share; those that need torch cannot be had."""
    # At the end, as Triton's stub puts it: whatever is installed comes first.
    if FOLDER not in sys.path:
        sys.path.append(FOLDER)
    return importlib.import_module(name)
