"""LitServe: a worker process each, the picture as a form's file, which is how it takes bytes."""

import os

import litserve
from fastapi import Request, Response
from network import WORKERS, Network


class Api(litserve.LitAPI):
    """Bytes in, bytes out."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe calls it with one
        """Load the network."""
        self.network = Network()

    def decode_request(self, request: Request) -> bytes:
        """The form's file."""
        return request["picture"].file.read()

    def predict(self, body: bytes) -> bytes:
        """Run it."""
        return self.network(body)

    def encode_response(self, said: bytes) -> Response:
        """As bytes."""
        return Response(said, media_type="application/octet-stream")


if __name__ == "__main__":
    server = litserve.LitServer(Api(), accelerator="cpu", workers_per_device=WORKERS)
    server.run(host="127.0.0.1", port=int(os.environ["BENCH_PORT"]), log_level="error", generate_client_file=False)
