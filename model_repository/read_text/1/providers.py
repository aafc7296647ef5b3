"""Which of ONNX Runtime's providers run a network, decided by what is asked for and what is there. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"

WANTED = {"cpu": (CPU,), "cuda": (CUDA, CPU), "tensorrt": (TENSORRT, CUDA, CPU)}
"""Providers by what the parameter `device` asks for, best first: what one cannot run, the next does."""

Provider = tuple[str, dict[str, Any]]


def providers(
    wanted: str, available: Sequence[str], *, gpu: int | None, half: bool = False, engines: str = ""
) -> list[Provider]:
    """What a session is given.

    Args:
        wanted: `auto`, or one of `WANTED`. auto is CUDA where it is there: TensorRT builds engines for minutes, and
            has given wrong boxes in half precision, so it is used by those alone who ask for it.
        available: What this ONNX Runtime has.
        gpu: The GPU that Triton gave this instance; None for one on the CPU, for which auto stays there.
        half: Whether TensorRT may multiply in half precision; CUDA runs the file's own.
        engines: Folder in which TensorRT keeps its engines; empty builds them at every start.

    Raises:
        ValueError: This ONNX Runtime has no such provider.
    """
    if wanted == "auto":
        wanted = "cuda" if CUDA in available and gpu is not None else "cpu"
    best = WANTED[wanted][0]
    if best not in available:
        raise ValueError(
            f"parameter device is {wanted}, and this ONNX Runtime has no {best}: install onnxruntime-gpu in its place"
        )
    options: dict[str, dict[str, Any]] = {
        CUDA: {"device_id": gpu or 0},
        TENSORRT: {
            "device_id": gpu or 0,
            "trt_fp16_enable": half,
            "trt_engine_cache_enable": bool(engines),
            "trt_engine_cache_path": engines,
        },
    }
    return [(name, options.get(name, {})) for name in WANTED[wanted] if name in available]


def check(asked: Sequence[Provider], got: Sequence[str]) -> None:
    """Return if a session runs where it was asked to; ONNX Runtime itself steps back with a warning.

    Raises:
        ValueError: It does not: no GPU, or no driver for it.
    """
    (best, _), *_ = asked
    if best not in got:
        raise ValueError(f"{best} did not start, see ONNX Runtime's warnings above; it runs with {', '.join(got)}")
