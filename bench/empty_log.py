"""A log that keeps nothing: Record answers at once. What gRPC alone allows, for `bench.bench_log` to measure against.

    python -m bench.empty_log PORT [--served]

Bare gRPC by default; with --served inside the server that every service runs in: spans, admission, one line of log.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from typing import TYPE_CHECKING, Any, ClassVar

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from groundwire.v1 import provenance_service_pb2 as pb
from groundwire.v1 import provenance_service_pb2_grpc
from services.runtime import server
from services.runtime.settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NAME = "groundwire.v1.ProvenanceService"


class EmptyLog(provenance_service_pb2_grpc.ProvenanceServiceServicer):
    """Keeps nothing."""

    async def Record(  # noqa: N802 - the contract's name
        self, _request: pb.RecordRequest, _context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.RecordResponse:
        """A receipt of the usual size, for nothing."""
        response = pb.RecordResponse()
        response.receipt.index, response.receipt.digest = 1, "0" * 64
        return response


class EmptySettings(ServiceSettings):
    """None but those of every service."""

    service: ClassVar[str] = "empty"


def register(to: grpc.aio.Server) -> None:
    """Add the servicer."""
    provenance_service_pb2_grpc.add_ProvenanceServiceServicer_to_server(EmptyLog(), to)  # type: ignore[abstract]  # one method is asked


async def bare(port: int) -> None:
    """Serve on gRPC alone until told to stop."""
    serving, states, stop = grpc.aio.server(), health.aio.HealthServicer(), asyncio.Event()
    register(serving)
    health_pb2_grpc.add_HealthServicer_to_server(states, serving)
    serving.add_insecure_port(f"127.0.0.1:{port}")
    await serving.start()
    await states.set(NAME, health_pb2.HealthCheckResponse.SERVING)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await serving.stop(0)


async def served() -> AsyncIterator[server.Service]:
    """The same as a service of the mesh."""
    yield server.Service(NAME, register, server.always_ready)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--served", action="store_true", help="with all that a service of the mesh does to a call")
    given = parser.parse_args()
    if given.served:
        server.run(EmptySettings(port=given.port), served)
    else:
        asyncio.run(bare(given.port))
