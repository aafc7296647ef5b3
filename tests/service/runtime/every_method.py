"""Every method of the mesh, on servicers that do nothing, and how a call of one ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message_factory import GetMessageClass
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

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
from services.runtime.server import Service
from tests.service.runtime.test_server import ready

if TYPE_CHECKING:
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
    try:
        await ended
    except grpc.aio.AioRpcError as error:
        return error
    raise AssertionError(f"{path(method)} answered")


async def _drained(call: Any) -> None:
    async for _ in call:
        raise AssertionError("answered")


SERVICE = Service("groundwire.v1.GroundingService", register, ready)
