"""Traces over OpenTelemetry. With no endpoint set, spans are made (ids exist) and go nowhere, quietly.

The exporter is configured by OpenTelemetry's own variables: `OTEL_EXPORTER_OTLP_ENDPOINT` and its kin.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from services.common.errors import MeshError

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDPOINT_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

MAX_LINKS: Final = 4096
"""Links kept on one span. The SDK's default of 128 drops the rest without a word."""


EXPORT_TIMEOUT_S: Final = 3
"""How long spans are offered to a collector that does not answer. Short: a process that ends waits for it. Seconds."""


@contextmanager
def tracing(service: str) -> Iterator[TracerProvider]:
    """Install a tracer provider for the process; on the way out, send what is still held.

    Raises:
        MeshError: OpenTelemetry is switched off altogether.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        raise MeshError(
            "with OTEL_SDK_DISABLED=true answers have no trace id, and what has none is not recorded",
            remedy="set OTEL_TRACES_SAMPLER=always_off instead: ids are made, spans are not",
        )
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: service, "service.namespace": "groundwire"}),
        span_limits=SpanLimits(max_links=MAX_LINKS),
    )
    if any(os.environ.get(name) for name in ENDPOINT_VARIABLES):
        # Imported here: without an endpoint, the exporter's code is not needed.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        exporter = OTLPSpanExporter(insecure=True, timeout=EXPORT_TIMEOUT_S)
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=500))
    trace.set_tracer_provider(provider)
    try:
        yield provider
    finally:
        provider.shutdown()


def tracer() -> trace.Tracer:
    """The tracer of the mesh's own spans."""
    return _tracer_of(trace.get_tracer_provider())


@lru_cache(maxsize=1)
def _tracer_of(provider: trace.TracerProvider) -> trace.Tracer:
    """Made once for each provider: asking for one takes longer than beginning a span with it."""
    return provider.get_tracer("groundwire")


def trace_id_of(span: trace.Span) -> str:
    """W3C trace id, 32 hexadecimal digits; empty without a valid span."""
    context = span.get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def span_id_of(span: trace.Span) -> str:
    """W3C span id, 16 hexadecimal digits; empty without a valid span."""
    context = span.get_span_context()
    return trace.format_span_id(context.span_id) if context.is_valid else ""


def current_trace_id() -> str:
    """Trace id of the span that is current here."""
    return trace_id_of(trace.get_current_span())


def link_to(trace_id: str, span_id: str, attributes: dict[str, str]) -> trace.Link | None:
    """A link to a span known by its W3C ids; None where the ids are empty."""
    if not trace_id or not span_id:
        return None
    context = trace.SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=trace.TraceFlags(1))
    return trace.Link(context, attributes)
