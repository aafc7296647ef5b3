"""BentoML: a service with a process a worker, bytes as its root input."""

import os

import bentoml
from network import WORKERS, Network


@bentoml.service(workers=WORKERS, traffic={"timeout": 600})
class Served:
    """Bytes in, bytes out."""

    def __init__(self) -> None:
        self.network = Network()

    @bentoml.api
    def predict(self, body: bytes, /) -> bytes:
        """Run it."""
        return self.network(body)


if __name__ == "__main__":
    bentoml.serve("bentoml_server:Served", host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), blocking=True)
