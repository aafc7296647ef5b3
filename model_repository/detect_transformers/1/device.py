"""Where a network runs and in which precision, decided by what is asked for and what the machine has. Pure."""

from __future__ import annotations

from typing import NamedTuple

DEVICES = ("auto", "cpu", "cuda")
HALVES = ("float16", "bfloat16")
DTYPES = ("auto", "float32", *HALVES)


class Device(NamedTuple):
    """A decision.

    Attributes:
        kind: `cpu` or `cuda`.
        number: Which of the GPUs; 0 on the CPU.
        half: Precision of multiplications where it is not single; empty for single.
    """

    kind: str
    number: int
    half: str


def device(wanted: str, dtype: str, *, gpus: int, instance_gpu: int | None) -> Device:
    """What the parameters `device` and `dtype` come to.

    Args:
        wanted: One of `DEVICES`; auto is a GPU where there is one.
        dtype: One of `DTYPES`; auto is float16 on a GPU, float32 elsewhere.
        gpus: CUDA devices that torch finds.
        instance_gpu: The GPU that Triton gave this instance; None for an instance on the CPU.

    Raises:
        ValueError: The machine has no such device.
    """
    if wanted == "cuda" and gpus == 0:
        raise ValueError("parameter device is cuda, and torch finds no CUDA device here")
    if wanted == "cpu" or gpus == 0:
        return Device("cpu", 0, dtype if dtype in HALVES else "")
    number = instance_gpu or 0
    if number >= gpus:
        raise ValueError(f"Triton gave this instance GPU {number}, and torch finds {gpus}")
    return Device("cuda", number, {"auto": "float16", "float32": ""}.get(dtype, dtype))
