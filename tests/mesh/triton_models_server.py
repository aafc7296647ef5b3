"""A real Triton with vision models for tests: tiny checkpoints, each behind the runner that serves it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
from google.protobuf import text_format
from tritonclient.grpc import InferenceServerClient, InferInput, model_config_pb2
from tritonclient.utils import InferenceServerException

from groundwire.mesh import triton
from groundwire.mesh.errors import PartMissing
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import Component, Kind, Listener
from groundwire.models.rendering import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

ROOT: Final = Path(__file__).parents[2]
ENV_VARIABLE: Final = "GROUNDWIRE_MODELS_ENV"
ENV_FOLDER: Final = ".venv-models"
REQUIRED: Final = "GROUNDWIRE_REQUIRE_MODELS"
"""With this variable set, tests that need the models' environment fail where it is missing, and are not skipped."""
START_TIMEOUT_S: Final = 900.0
STOP_TIMEOUT_S: Final = 60.0
POLL_S: Final = 0.5
LISTENERS: Final = tuple(Listener(f"MODELS_TEST_{name}_PORT", 0) for name in ("GRPC", "HTTP", "METRICS"))
DATATYPES: Final = {"IMAGE": "UINT8", "PHRASES": "BYTES", "TEXTS": "BYTES", "BOXES": "FP32"}


@dataclass(frozen=True)
class Bound:
    """A runner with a checkpoint.

    Attributes:
        capability: Whose runner.
        checkpoint: The checkpoint's folder.
        parameters: Parameters that differ from the runner's defaults.
        together: Whether requests are taken together, as on GPUs.
    """

    capability: str
    checkpoint: Path
    parameters: Mapping[str, str] = field(default_factory=dict)
    together: bool = False


def environment() -> Path:
    """The models' Python environment; skips the test where there is none."""
    folder = Path(os.environ.get(ENV_VARIABLE) or ROOT / ENV_FOLDER).absolute()
    if (folder / "bin" / "python").exists():
        return folder
    message = f"the models' environment {folder} is not there: make it from requirements/models.txt"
    if os.environ.get(REQUIRED):
        pytest.fail(message)
    pytest.skip(message)


def run_there(script: str, *arguments: str | Path) -> str:
    """What a script of this folder prints in the models' environment."""
    command = [environment() / "bin" / "python", Path(__file__).with_name(script), *arguments]
    settings = {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        pytest.fail(f"{script} failed:\n{done.stderr[-3000:]}")
    return done.stdout


def bind(repository: Path, name: str, bound: Bound) -> None:
    """A runner as a model of a repository, rendered as `groundwire models bind` does it."""
    runner = ROOT / "model_repository" / f"{bound.capability}_transformers"
    filled = {"checkpoint": str(bound.checkpoint), "EXECUTION_ENV_PATH": str(environment()), "threads": "1"}
    folder = render(runner, name, {**filled, **bound.parameters}, repository)
    if bound.together:
        # The configuration for GPUs, but for its processes: this server has none.
        config = text_format.Parse((folder / "configs" / "gpu.pbtxt").read_text(), model_config_pb2.ModelConfig())
        config.instance_group[0].kind = model_config_pb2.ModelInstanceGroup.KIND_CPU
        (folder / "config.pbtxt").write_text(text_format.MessageToString(config))


@dataclass
class Models:
    """A Triton that serves.

    Attributes:
        address: Of its gRPC port, host:port.
        client: Speaks to it.
    """

    address: str
    client: Any

    def infer(self, model: str, **inputs: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """All outputs of a model for inputs by name."""
        tensors = []
        for name, value in inputs.items():
            tensor = InferInput(name, value.shape, DATATYPES[name])
            tensor.set_data_from_numpy(value)
            tensors.append(tensor)
        answer = self.client.infer(model, tensors)
        return {output.name: answer.as_numpy(output.name) for output in answer.get_response().outputs}

    def refusal(self, model: str) -> str:
        """Why a model did not load; empty for one that did."""
        index = self.client.get_model_repository_index().models
        return "".join(each.reason for each in index if each.name == model and each.state != "READY")


@contextmanager
def serving(repository: Path, home: Path) -> Iterator[Models]:
    """The wheel's Triton on a repository of bound runners, all its models loaded or refused, until the context ends."""
    ports = free_ports([Component("models", Kind.SERVICE, LISTENERS)])
    grpc, http, metrics = (ports[listener.variable] for listener in LISTENERS)
    numbers = (grpc, http, metrics)
    layout = triton.layout_folder(home)
    layout.mkdir(parents=True, exist_ok=True)
    try:
        server = triton.find_server(os.environ, [ROOT], layout)
    except PartMissing as error:
        pytest.skip(error.message)
    nothing = home / "unbound"
    nothing.mkdir()
    prefix = triton.region_prefix(home)
    plan = triton.plan(server, nothing, layout, ports=numbers, prefix=prefix, otlp=None, bound=repository)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(plan.unset)}
    log = home / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own command
            plan.command,
            cwd=plan.directory,
            env=inherited | dict(plan.environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await(f"127.0.0.1:{grpc}", process, log)
        with InferenceServerClient(f"127.0.0.1:{grpc}") as client:
            yield Models(f"127.0.0.1:{grpc}", client)
    finally:
        _stop(process)
        triton.remove_regions(home)


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server is live, which it is when every model has loaded or been refused."""
    until = time.monotonic() + START_TIMEOUT_S
    while not _live(address):
        if process.poll() is not None or time.monotonic() > until:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
            pytest.fail(f"Triton did not start:\n{tail}")
        time.sleep(POLL_S)


def _live(address: str) -> bool:
    # A client of its own each time: one that was refused often waits two minutes before it tries again.
    try:
        with InferenceServerClient(address) as client:
            return bool(client.is_server_live())
    except InferenceServerException:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server, and the models' processes with it."""
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def packed(texts: Sequence[str]) -> npt.NDArray[Any]:
    """Texts as a bytes tensor."""
    return np.array([text.encode() for text in texts], np.object_)
