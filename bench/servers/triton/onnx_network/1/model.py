"""One instance a worker; the network's code is that of every other server."""

import os
import sys

import numpy as np
import triton_python_backend_utils as pb_utils

sys.path.insert(0, os.environ["BENCH_SERVERS"])
from network import Network


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, _args: dict[str, str]) -> None:
        """Load the network."""
        self.network = Network()

    def execute(self, requests: list[object]) -> list[object]:
        """One response a request."""
        said = [
            self.network(pb_utils.get_input_tensor_by_name(one, "PICTURE").as_numpy().tobytes()) for one in requests
        ]
        tensors = [pb_utils.Tensor("MEAN", np.frombuffer(one, np.uint8)) for one in said]
        return [pb_utils.InferenceResponse([tensor]) for tensor in tensors]
