"""The runners' folders: one configuration for two kinds of machine, and shared modules that are one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from tests.unit.models.runner_modules import REPOSITORY, RUNNERS

if TYPE_CHECKING:
    from pathlib import Path

BATCHING = {"depth_transformers", "detect_transformers", "embed_image_transformers"}
SHARED = ("parameters", "checkpoint", "exchange", "engine", "device")


def config(path: Path) -> Any:
    return text_format.Parse(path.read_text(encoding="utf-8"), model_config_pb2.ModelConfig())


@pytest.fixture(params=RUNNERS, ids=lambda path: path.name)
def runner(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


def test_there_is_a_runner_for_every_capability() -> None:
    capabilities = ("depth", "detect", "embed_image", "embed_text", "segment")

    assert [folder.name for folder in RUNNERS] == [f"{capability}_transformers" for capability in capabilities]


def test_on_gpus_nothing_differs_but_where_it_runs_and_what_is_taken_together(runner: Path) -> None:
    cpu, gpu = config(runner / "config.pbtxt"), config(runner / "configs" / "gpu.pbtxt")

    (group,) = gpu.instance_group
    assert group.kind == model_config_pb2.ModelInstanceGroup.KIND_GPU
    batches = runner.name in BATCHING
    assert (gpu.max_batch_size > 0) is gpu.HasField("dynamic_batching") is batches
    assert all(each.allow_ragged_batch is batches for each in gpu.input)
    for each in (cpu, gpu):
        each.ClearField("instance_group")
    gpu.parameters["threads"].CopyFrom(cpu.parameters["threads"])
    gpu.ClearField("dynamic_batching")
    gpu.max_batch_size = 0
    for tensor in gpu.input:
        tensor.allow_ragged_batch = False
    assert cpu == gpu


@pytest.mark.parametrize("name", ["read_text", "detect_onnx"])
def test_onnx_models_differ_on_gpus_in_their_processes_alone(name: str) -> None:
    cpu, gpu = config(REPOSITORY / name / "config.pbtxt"), config(REPOSITORY / name / "configs" / "gpu.pbtxt")

    (group,) = gpu.instance_group
    assert group.kind == model_config_pb2.ModelInstanceGroup.KIND_GPU
    cpu.ClearField("instance_group")
    gpu.ClearField("instance_group")
    assert cpu == gpu
    assert cpu.parameters["device"].string_value == "auto"


def test_a_runner_names_itself_and_waits_for_a_checkpoint(runner: Path) -> None:
    said = config(runner / "config.pbtxt")

    assert (said.name, said.backend, said.max_batch_size) == (runner.name, "python", 0)
    for name in ("checkpoint", "weights_digest", "EXECUTION_ENV_PATH"):
        assert said.parameters[name].string_value == ""
    assert "WEIGHTS_DIGEST" in {output.name for output in said.output}


def test_what_runners_share_is_one_file(runner: Path) -> None:
    home = REPOSITORY / "detect_transformers" / "1"

    for name in SHARED:
        assert (runner / "1" / f"{name}.py").resolve() == home / f"{name}.py"
    assert not [path for path in (runner / "1").iterdir() if path.is_symlink() and not path.exists()]
