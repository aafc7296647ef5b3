"""Ray Serve: a replica a worker, the body of an HTTP request."""

import os
import threading
from pathlib import Path

import ray
from network import WORKERS, Network
from ray import serve
from starlette.requests import Request
from starlette.responses import Response


@serve.deployment(num_replicas=WORKERS, ray_actor_options={"num_cpus": 0.5}, max_ongoing_requests=16)
class Served:
    """Bytes in, bytes out."""

    def __init__(self) -> None:
        self.network = Network(os.environ["BENCH_MODEL"])

    async def __call__(self, request: Request) -> Response:
        """Run it."""
        return Response(self.network(await request.body()), media_type="application/octet-stream")


if __name__ == "__main__":
    here = str(Path(__file__).resolve().parent)
    variables = {"PYTHONPATH": here, "BENCH_MODEL": os.environ["BENCH_MODEL"]}
    ray.init(include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": variables})
    serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["BENCH_PORT"])})
    serve.run(Served.bind(), route_prefix="/")
    threading.Event().wait()
