"""Meshes to be hurt: as they are, on small disks, with a language model."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.faults import clocks, disks, replies
from groundwire.mesh import triton, vllm
from groundwire.mesh.errors import PartMissing
from groundwire.mesh.local import Mesh, chosen
from groundwire.mesh.ports import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.faults.fault import Fault

ALWAYS = {"GROUNDWIRE_PERCEPTION_CONTEXT_BYTES": "0", "GROUNDWIRE_PROVENANCE_CHECKPOINT_INTERVAL_S": "2"}
"""Nothing is reused between questions; what is recorded is signed soon."""
RIGS = ("whole", "disks", "vllm")
TINY_MODEL = Path("tests/mesh/tiny_model.py")
PROMPTS = Path("services/llm/templates")


def lacking(fault: Fault) -> str:
    """Why a fault cannot be inflicted on this machine; empty where it can."""
    if fault.rig == "disks":
        return disks.lacking()
    if fault.rig == "vllm":
        return "" if _vllm_python() else "needs vLLM's environment: make vllm"
    return clocks.lacking() if fault.prepare is clocks.prepare else ""


@contextmanager
def rig(kind: str) -> Iterator[Mesh]:
    """A mesh of a kind on free ports, stopped at the end."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        folder = Path(name)
        home = folder / "home"
        home.mkdir()
        environ = {**os.environ, **ALWAYS}
        if kind == "whole":
            environ[triton.MODELS_VARIABLE] = str(replies.lying_models(folder))
        if kind == "disks":
            held.enter_context(disks.small_disks(home))
        if kind == "vllm":
            environ[vllm.MODEL_VARIABLE] = str(_tiny_model(folder / "tiny"))
        yield held.enter_context(Mesh.start(home, ports=free_ports(chosen(environ)), environ=environ))


def _vllm_python() -> Path | None:
    try:
        return vllm.find_python(os.environ, [Path.cwd()])
    except PartMissing:
        return None


def _tiny_model(folder: Path) -> Path:
    """A tiny random language model, its tokenizer trained on the prompts."""
    command = [str(_vllm_python()), str(TINY_MODEL), str(folder), *map(str, sorted(PROMPTS.glob("*.txt")))]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONSAFEPATH": "1"}, capture_output=True)  # noqa: S603
    return folder
