"""One instance a worker; the network's code is that of every other server."""

import os
import sys

import numpy as np
import triton_python_backend_utils as pb_utils

sys.path.insert(0, os.environ["BENCH_SERVERS"])
from network import Network

POLYGON = np.zeros((1, 4, 2), np.float32)
SCORE = np.ones(1, np.float32)


class TritonPythonModel:
    """What Triton's python backend calls, by these names."""

    def initialize(self, _args: dict[str, str]) -> None:
        """Load the network."""
        self.network = Network()

    def execute(self, requests: list[object]) -> list[object]:
        """One response a request."""
        return [self._respond(request) for request in requests]

    def _respond(self, request: object) -> object:
        """The answer as a text, which is the form that the contract has room for."""
        said = self.network(pb_utils.get_input_tensor_by_name(request, "IMAGE").as_numpy())
        text = np.array([said.hex().encode()], np.object_)
        outputs = {"POLYGONS": POLYGON, "TEXTS": text, "SCORES": SCORE}
        return pb_utils.InferenceResponse([pb_utils.Tensor(name, value) for name, value in outputs.items()])
