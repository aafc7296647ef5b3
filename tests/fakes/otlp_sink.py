"""An OTLP/gRPC collector that keeps what it is sent: the oracle for what a mesh really traced.

with OtlpSink() as sink:
    ...                                  # run something with OTEL_EXPORTER_OTLP_ENDPOINT=sink.endpoint
    spans = sink.until(trace_id, lambda spans: any(s.name == "claim" for s in spans))
"""

from __future__ import annotations

import threading
from concurrent import futures
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.proto.common.v1 import common_pb2

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Seen:
    """A span as it arrived; links as (trace id, span id, attributes)."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Mapping[str, Any]
    links: tuple[tuple[str, str, Mapping[str, Any]], ...]


class OtlpSink(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self) -> None:
        self._spans: list[Seen] = []
        self._arrived = threading.Condition()
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(grace=1).wait()

    def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, _context: grpc.ServicerContext
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        with self._arrived:
            for resource in request.resource_spans:
                service = _values(resource.resource.attributes)["service.name"]
                for scope in resource.scope_spans:
                    self._spans.extend(_seen(service, span) for span in scope.spans)
            self._arrived.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()

    def until(self, trace_id: str, enough: Callable[[list[Seen]], bool]) -> list[Seen]:
        """The spans of a trace, once there are enough of them; fails after `PATIENCE_S`."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: enough(self._of(trace_id)), timeout=PATIENCE_S)
            assert came, f"only these spans came: {[(s.service, s.name) for s in self._of(trace_id)]}"
            return self._of(trace_id)

    def _of(self, trace_id: str) -> list[Seen]:
        return [span for span in self._spans if span.trace_id == trace_id]


def _seen(service: str, span: Any) -> Seen:
    links = tuple((link.trace_id.hex(), link.span_id.hex(), _values(link.attributes)) for link in span.links)
    ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
    return Seen(service, span.name, *ids, _values(span.attributes), links)


def _values(attributes: Any) -> dict[str, Any]:
    return {item.key: _value(item.value) for item in attributes}


def _value(value: common_pb2.AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None
