"""MLServer: a custom runtime in its pool of worker processes, the picture as one BYTES element over its gRPC.

BYTES is the quickest way in: MLServer turns every number of a UINT8 tensor into a Python object.
"""

import asyncio
import os

from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.settings import ModelParameters
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput
from network import WORKERS, Network


class Served(MLModel):
    """Bytes in, bytes out."""

    async def load(self) -> bool:
        """Load the network."""
        self.network = Network()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Run it."""
        said = self.network(payload.inputs[0].data[0])
        output = ResponseOutput(name="MEAN", shape=[1], datatype="BYTES", data=[said])
        return InferenceResponse(model_name=self.name, outputs=[output])


async def main() -> None:
    """Serve until stopped."""
    grpc_port, http_port = os.environ["BENCH_PORT"], os.environ["BENCH_HTTP_PORT"]
    settings = Settings(
        debug=False,
        host="127.0.0.1",
        http_port=int(http_port),
        grpc_port=int(grpc_port),
        metrics_endpoint=None,
        parallel_workers=WORKERS,
    )
    server = MLServer(settings)
    model = ModelSettings(name="onnx_network", implementation="mlserver_server.Served", parameters=ModelParameters())
    await server.start([model])


if __name__ == "__main__":
    asyncio.run(main())
