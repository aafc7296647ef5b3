"""A network on ONNX Runtime, set to share its cores with the rest of the mesh."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import onnxruntime
from providers import check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers import Provider

ERRORS = 3
"""What is logged: of ONNX Runtime's levels those from error on."""

SHARED_CORES = {
    # A CPU takes a slow path for numbers below 1e-38, of which the networks of lettering make many: they are worth
    # nothing, and without them a picture is read in half the time, to the same letters (bench/bench_against_raw.py).
    "session.set_denormal_as_zero": "1",
    # By default a thread that waits for its next piece of work turns in circles, on a core that others could use.
    "session.intra_op.allow_spinning": "0",
}


def session(weights: str | bytes, *, threads: int, asked: Sequence[Provider]) -> onnxruntime.InferenceSession:
    """The network of an ONNX file, ready to run.

    Args:
        weights: The file's path, or what it holds.
        threads: Of one operator; more than there are cores means the runtime's own choice.
        asked: The providers that it is to run with.

    Raises:
        ValueError: It runs elsewhere than it was asked to.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads if threads <= (os.cpu_count() or threads) else 0
    options.log_severity_level = ERRORS
    # Pictures differ in size, and an arena would keep what the largest of them took.
    options.enable_cpu_mem_arena = False
    for key, value in SHARED_CORES.items():
        options.add_session_config_entry(key, value)
    made = onnxruntime.InferenceSession(weights, options, providers=list(asked))
    check(asked, made.get_providers())
    return made
