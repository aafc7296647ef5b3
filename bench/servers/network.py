"""The network that every server serves, the same way: bytes of a picture in, four bytes out.

In: u8 [320, 320, 3]. Out: the mean of the network's output, f32 little-endian. One thread a call, so that the number of
workers is the thread budget.
"""

from __future__ import annotations

import os
import struct

import numpy as np
import onnxruntime

SIDE = 320
WORKERS = int(os.environ.get("BENCH_WORKERS", "2"))


class Network:
    """An ONNX network on one thread; may be called from several at once."""

    def __init__(self, path: str = "") -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = path or os.environ["BENCH_MODEL"]
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def __call__(self, body: bytes | np.ndarray) -> bytes:
        """The answer to one picture."""
        picture = np.frombuffer(body, np.uint8).reshape(1, SIDE, SIDE, 3)
        batch = np.ascontiguousarray(picture.transpose(0, 3, 1, 2), dtype=np.float32) / 255
        return struct.pack("<f", float(self._session.run(None, {self._input: batch})[0].mean()))
