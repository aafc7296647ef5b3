"""Every method of the mesh, tried with every wrong identity: nothing gets past the gate, whatever the method is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from groundwire import policies
from groundwire.v1 import (
    grounding_service_pb2,
    grounding_service_pb2_grpc,
    llm_service_pb2,
    llm_service_pb2_grpc,
    perception_service_pb2,
    perception_service_pb2_grpc,
    provenance_service_pb2,
    provenance_service_pb2_grpc,
)
from services.runtime.server import Service, serving
from services.runtime.status import from_rpc_error
from tests.service.runtime.identities import bare, secured, token
from tests.service.runtime.test_server import ready

if TYPE_CHECKING:
    from pathlib import Path

    from google.protobuf.descriptor import MethodDescriptor

FILES = (grounding_service_pb2, llm_service_pb2, perception_service_pb2, provenance_service_pb2, trace_service_pb2)
METHODS: tuple[MethodDescriptor, ...] = tuple(
    method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods_by_name.values()
)


def path(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


def register(server: grpc.aio.Server) -> None:
    """Servicers that do nothing: a call that reaches one is answered UNIMPLEMENTED."""
    grounding_service_pb2_grpc.add_GroundingServiceServicer_to_server(_of(grounding_service_pb2_grpc), server)
    llm_service_pb2_grpc.add_LlmServiceServicer_to_server(_of(llm_service_pb2_grpc), server)
    perception_service_pb2_grpc.add_PerceptionServiceServicer_to_server(_of(perception_service_pb2_grpc), server)
    provenance_service_pb2_grpc.add_ProvenanceServiceServicer_to_server(_of(provenance_service_pb2_grpc), server)
    spans = trace_service_pb2_grpc.TraceServiceServicer()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(spans, server)  # type: ignore[no-untyped-call]


def _of(module: Any) -> Any:
    """An instance of the module's servicer with every method answering UNIMPLEMENTED."""
    (base,) = (value for name, value in vars(module).items() if name.endswith("Servicer"))

    async def refuse(_self: object, _request: object, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "reached")

    async def refuse_stream(_self: object, _request: object, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "reached")
        yield  # type: ignore[unreachable]  # what makes it a stream

    own = {m.name: refuse_stream if m.server_streaming else refuse for m in METHODS if hasattr(base, m.name)}
    return type("Refuses", (base,), own)()


async def status_of(
    channel: grpc.aio.Channel, method: MethodDescriptor, metadata: dict[str, str]
) -> grpc.aio.AioRpcError:
    """How a call with an empty request ends; it always ends with an error."""
    kind = f"{'stream' if method.client_streaming else 'unary'}_{'stream' if method.server_streaming else 'unary'}"
    empty = GetMessageClass(method.input_type)()
    callable_: Any = getattr(channel, kind)(path(method), request_serializer=type(empty).SerializeToString)
    # A stream sends nothing: a call that is refused while its caller still sends can end with the sender's own error.
    request = iter(()) if method.client_streaming else empty
    call = callable_(request, metadata=tuple(metadata.items()), timeout=20)
    ended = _drained(call) if method.server_streaming else call
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ended
    return caught.value


async def _drained(call: Any) -> None:
    async for _ in call:
        pytest.fail("answered")


@pytest.fixture
def service() -> Service:
    return Service("groundwire.v1.GroundingService", register, ready)


@pytest.mark.parametrize("caller", [*policies.SERVICES, "shop", "stranger"])
async def test_each_certificate_reaches_what_the_policy_says_and_nothing_else(
    world: Path, service: Service, caller: str
) -> None:
    allowed = {policies.GRPC_SERVICES[name] for name in policies.callees(caller)}
    if caller == "shop":
        allowed = {"groundwire.v1.GroundingService"}
    async with serving(service, secured(world, "mesh.toml")) as port, bare(world, port, caller) as channel:
        for method in METHODS:
            error = await status_of(channel, method, {})
            spans = caller in policies.SERVICES and path(method).startswith("/opentelemetry.")
            if spans or method.containing_service.full_name in allowed:
                assert error.code() is grpc.StatusCode.UNIMPLEMENTED, path(method)
            else:
                assert error.code() is grpc.StatusCode.PERMISSION_DENIED, path(method)
                assert from_rpc_error(error, part="mesh").reason == "PERMISSION_DENIED"


async def test_no_method_acts_for_a_tenant_that_is_not_the_caller_s(world: Path, service: Service) -> None:
    async with serving(service, secured(world, "mesh.toml")) as port, bare(world, port, "shop") as channel:
        for method in METHODS:
            error = await status_of(channel, method, {"groundwire-tenant": "beta"})
            assert error.code() is grpc.StatusCode.PERMISSION_DENIED, path(method)


async def test_no_method_is_open_to_nobody_or_to_a_token_that_may_not(
    world: Path, service: Service, free_port: int
) -> None:
    authority = grpc.ssl_channel_credentials((world / "llm" / "ca.crt").read_bytes())
    async with (
        serving(service, secured(world, "mesh.toml", token_port=free_port)),
        grpc.aio.secure_channel(f"localhost:{free_port}", authority) as channel,
    ):
        for method in METHODS:
            nobody = await status_of(channel, method, {})
            assert nobody.code() is grpc.StatusCode.UNAUTHENTICATED, path(method)
            clerk = await status_of(channel, method, {"authorization": f"Bearer {token(role='clerk')}"})
            assert clerk.code() is grpc.StatusCode.PERMISSION_DENIED, path(method)
