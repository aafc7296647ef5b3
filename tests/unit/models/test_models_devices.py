"""Where networks run: what is asked for, against what the machine has."""

from __future__ import annotations

import importlib.util
from typing import Any, Final

import pytest

from tests.unit.models.runner_modules import REPOSITORY, runner_module

CPU: Final = "CPUExecutionProvider"
CUDA: Final = "CUDAExecutionProvider"
TENSORRT: Final = "TensorrtExecutionProvider"


@pytest.mark.parametrize(
    ("wanted", "dtype", "gpus", "instance_gpu", "found"),
    [
        ("auto", "auto", 0, None, ("cpu", 0, "")),
        ("auto", "auto", 2, None, ("cuda", 0, "float16")),
        ("auto", "auto", 2, 1, ("cuda", 1, "float16")),
        ("auto", "float32", 1, 0, ("cuda", 0, "")),
        ("auto", "bfloat16", 1, 0, ("cuda", 0, "bfloat16")),
        ("auto", "bfloat16", 0, None, ("cpu", 0, "bfloat16")),
        ("cpu", "auto", 4, 3, ("cpu", 0, "")),
        ("cuda", "auto", 1, None, ("cuda", 0, "float16")),
        # Triton has a GPU, torch was built without: the network runs all the same.
        ("auto", "auto", 0, 0, ("cpu", 0, "")),
    ],
)
def test_torch_runs_where_the_machine_allows(
    wanted: str, dtype: str, gpus: int, instance_gpu: int | None, found: tuple[str, int, str]
) -> None:
    assert runner_module("device").device(wanted, dtype, gpus=gpus, instance_gpu=instance_gpu) == found


@pytest.mark.parametrize(
    ("gpus", "instance_gpu", "why"), [(0, None, "finds no CUDA device"), (1, 1, "GPU 1, and torch finds 1")]
)
def test_a_device_that_is_not_there_is_an_error(gpus: int, instance_gpu: int | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        runner_module("device").device("cuda", "auto", gpus=gpus, instance_gpu=instance_gpu)


@pytest.fixture(scope="module")
def onnx() -> Any:
    spec = importlib.util.spec_from_file_location("providers", REPOSITORY / "read_text" / "1" / "providers.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.mark.parametrize(
    ("wanted", "available", "gpu", "names"),
    [
        ("auto", [CPU], None, [CPU]),
        ("auto", [CPU], 0, [CPU]),
        ("auto", [TENSORRT, CUDA, CPU], 1, [CUDA, CPU]),
        ("auto", [CUDA, CPU], None, [CPU]),
        ("cpu", [CUDA, CPU], 0, [CPU]),
        ("cuda", [CUDA, CPU], None, [CUDA, CPU]),
        ("tensorrt", [TENSORRT, CUDA, CPU], 0, [TENSORRT, CUDA, CPU]),
    ],
)
def test_onnx_runs_where_the_machine_allows(
    onnx: Any, wanted: str, available: list[str], gpu: int | None, names: list[str]
) -> None:
    asked = onnx.providers(wanted, available, gpu=gpu)

    assert [name for name, _ in asked] == names
    assert {options.get("device_id", gpu or 0) for _, options in asked} == {gpu or 0}


def test_half_precision_is_tensorrt_s_and_asked_for(onnx: Any) -> None:
    (_, plain), *_ = onnx.providers("tensorrt", [TENSORRT, CUDA, CPU], gpu=0)
    (_, half), *_ = onnx.providers("tensorrt", [TENSORRT, CUDA, CPU], gpu=0, half=True, engines="/engines")

    assert (plain["trt_fp16_enable"], plain["trt_engine_cache_enable"]) == (False, False)
    assert (half["trt_fp16_enable"], half["trt_engine_cache_path"]) == (True, "/engines")


def test_a_session_that_runs_elsewhere_is_an_error(onnx: Any) -> None:
    with pytest.raises(ValueError, match="has no CUDAExecutionProvider"):
        onnx.providers("cuda", [CPU], gpu=0)
    onnx.check(onnx.providers("cuda", [CUDA, CPU], gpu=0), [CUDA, CPU])
    with pytest.raises(ValueError, match="CUDAExecutionProvider did not start"):
        onnx.check(onnx.providers("cuda", [CUDA, CPU], gpu=0), [CPU])
