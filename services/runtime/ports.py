"""The ports that a service listens on: for the mesh, for callers with tokens, for probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from grpc_health.v1 import health_pb2_grpc

from services.common.errors import MeshError
from services.runtime.identity.certificates import server_credentials

if TYPE_CHECKING:
    from grpc_health.v1 import health

    from services.runtime.settings import ServiceSettings


def bind(server: grpc.aio.Server, settings: ServiceSettings) -> int:
    """Add the server's ports; return the mesh's.

    Raises:
        MeshError: A port is taken, or the certificates cannot be used.
    """
    files = settings.certificates
    certified = None if files is None else server_credentials(files, clients_have_certificates=True)
    port = _add(server, settings, "PORT", settings.port, certified)
    if files is not None and settings.token_port is not None:
        uncertified = server_credentials(files, clients_have_certificates=False)
        _add(server, settings, "TOKEN_PORT", settings.token_port, uncertified)
    return port


async def serve_health(states: health.aio.HealthServicer, settings: ServiceSettings) -> grpc.aio.Server | None:
    """A plain server that answers for the service's health and nothing else; None where none is wanted.

    Kubernetes' gRPC probes know no TLS.

    Raises:
        MeshError: The port is taken.
    """
    if settings.health_port is None:
        return None
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    health_pb2_grpc.add_HealthServicer_to_server(states, server)
    _add(server, settings, "HEALTH_PORT", settings.health_port, None)
    await server.start()
    return server


def _add(
    server: grpc.aio.Server,
    settings: ServiceSettings,
    name: str,
    port: int,
    credentials: grpc.ServerCredentials | None,
) -> int:
    address = f"{settings.host}:{port}"
    try:
        if credentials is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, credentials)
    except RuntimeError as error:
        variable = f"GROUNDWIRE_{settings.service.upper()}_{name}"
        raise MeshError(f"cannot listen on {address}", remedy=f"free the port, or set {variable}") from error
