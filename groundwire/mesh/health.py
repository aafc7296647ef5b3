"""Whether a component is ready, asked of the component itself in its own way."""

from __future__ import annotations

import http.client
import os
from contextlib import closing
from dataclasses import dataclass

import grpc
import psycopg
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient import grpc as triton
from tritonclient.utils import InferenceServerException

from groundwire.mesh import certified, vllm
from groundwire.mesh.table import Kind

# A component on the same machine answers such a question in milliseconds, unless the machine is starting the others.
TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """What a component said when it was asked.

    Attributes:
        ready: Whether it does its work now.
        detail: What it does not do, or what it serves; empty when there is nothing to say.
        answered: Whether it said anything at all.
    """

    ready: bool
    detail: str = ""
    answered: bool = True


def ask(kind: Kind, address: str) -> Health:
    """The health of a component of that kind at that address: a DSN for PostgreSQL, host:port for the others."""
    probes = {
        Kind.SERVICE: _service,
        Kind.WEB: _web,
        Kind.TRITON: _triton,
        Kind.POSTGRES: _postgres,
        Kind.VLLM: _vllm,
    }
    return probes[kind](address)


def _service(address: str) -> Health:
    """By grpc.health.v1, of the server as a whole."""
    with certified.prober(os.environ).channel(address) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]  # its stub file forgets it
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            return Health(ready=False, detail=_status(error), answered=False)
    serving = answer.status == health_pb2.HealthCheckResponse.SERVING
    return Health(serving, "" if serving else health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def _web(address: str) -> Health:
    """By GET /healthz."""
    with closing(http.client.HTTPConnection(address, timeout=TIMEOUT_S)) as connection:
        try:
            connection.request("GET", "/healthz")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            return Health(ready=False, detail=why, answered=False)
    serving = status == http.HTTPStatus.OK
    return Health(serving, "" if serving else f"HTTP {status}")


def _vllm(address: str) -> Health:
    """By GET /health."""
    serving = vllm.is_ready(address)
    return Health(serving, "" if serving else "loading its model", answered=serving)


def _triton(address: str) -> Health:
    """By its repository index: it answers once it has tried every model, and is ready if any model is."""
    with triton.InferenceServerClient(address, channel_args=[("grpc.enable_http_proxy", 0)]) as client:
        try:
            models = client.get_model_repository_index(client_timeout=TIMEOUT_S).models
        except InferenceServerException as error:
            why = (error.status() or error.message()).removeprefix("StatusCode.")
            return Health(ready=False, detail=why, answered=False)
    served = [f"{model.name} {model.version}" for model in models if model.state == "READY"]
    missing = [f"{model.name} failed: {model.reason}" for model in models if model.state != "READY"]
    return Health(bool(served), "; ".join(served + missing) or "no models")


def _postgres(dsn: str) -> Health:
    """By a session."""
    try:
        psycopg.connect(dsn, connect_timeout=int(TIMEOUT_S)).close()
    except psycopg.OperationalError as error:
        why = str(error).partition("\n")[0].rpartition("failed: ")[2]
        return Health(ready=False, detail=why, answered=False)
    return Health(ready=True)


def _status(error: object) -> str:
    """The status code's name; grpc's types do not say that an RpcError is a Call too."""
    return error.code().name if isinstance(error, grpc.Call) else type(error).__name__
