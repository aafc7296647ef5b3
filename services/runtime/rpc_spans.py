"""One span at each end of a call, joined by W3C trace context in the metadata.

Names follow OpenTelemetry's conventions for RPC: `rpc.system.name`, `rpc.method`, `rpc.response.status_code`.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import grpc
from opentelemetry import context as context_api
from opentelemetry import propagate, trace

from services.runtime import tenant
from services.runtime.telemetry import tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.propagators.textmap import TextMapPropagator

SYSTEM: Final = "rpc.system.name"
METHOD: Final = "rpc.method"
STATUS: Final = "rpc.response.status_code"

BACKGROUND: Final = ("grpc.health.", "grpc.reflection.", "opentelemetry.")
"""Services whose calls leave no span and no line in the log: probes, and spans on their way in."""


def is_background(method: str | bytes) -> bool:
    """Whether a method, such as "/grpc.health.v1.Health/Check", is one that is not told of."""
    return _name(method).startswith(BACKGROUND)


def is_probe(method: str | bytes) -> bool:
    """Whether a method is one of grpc.health: open to everybody."""
    return _name(method).startswith("grpc.health.")


@contextmanager
def client(details: grpc.aio.ClientCallDetails) -> Iterator[grpc.aio.ClientCallDetails]:
    """A span around a call to another service. Yields the call's details with the trace in their metadata."""
    if is_background(details.method):
        yield details
        return
    name = _name(details.method)
    with tracer().start_as_current_span(
        name,
        kind=trace.SpanKind.CLIENT,
        attributes=_attributes(name),
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield _carrying_context(details)
        except grpc.aio.AioRpcError as error:
            set_status(span, error.code())
            raise
        set_status(span, grpc.StatusCode.OK)


def open_client(details: grpc.aio.ClientCallDetails) -> tuple[grpc.aio.ClientCallDetails, Callable[[], None]]:
    """As `client`, for a stream: the span lasts until the returned function is called."""
    name = _name(details.method)
    span = tracer().start_span(name, kind=trace.SpanKind.CLIENT, attributes=_attributes(name))
    with trace.use_span(span):
        return _carrying_context(details), span.end


def server(method: str, context: grpc.aio.ServicerContext[Any, Any]) -> trace.Span:
    """A span for a handler, child of the caller's, and current from now on. Whoever asks for it ends it."""
    name = _name(method)
    span = tracer().start_span(
        name, context=_of_caller(context), kind=trace.SpanKind.SERVER, attributes=_attributes(name)
    )
    # Made current for good: each call is a task with a context of its own, so there is nothing to put back, and a
    # stream that is closed by another task could not put it back.
    context_api.attach(trace.set_span_in_context(span))
    return span


def _of_caller(context: grpc.aio.ServicerContext[Any, Any]) -> context_api.Context:
    """What the caller's metadata say of its trace; nothing where they say nothing."""
    propagator = propagate.get_global_textmap()
    fields = _fields(propagator)
    said = {key: str(value) for key, value in context.invocation_metadata() or () if key in fields}
    return propagator.extract(said, context_api.Context()) if said else context_api.Context()


@cache
def _fields(propagator: TextMapPropagator) -> frozenset[str]:
    """The metadata that a propagator reads; it gathers them anew each time it is asked."""
    return frozenset(propagator.fields)


def set_status(span: trace.Span, code: grpc.StatusCode) -> None:
    """Note how the call ended. A fault marks the span as failed; a refusal that the caller can act on does not."""
    span.set_attribute(STATUS, code.name)
    if code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
        span.set_status(trace.StatusCode.ERROR, code.name)


def _name(method: str | bytes) -> str:
    text = method.decode() if isinstance(method, bytes) else method
    return text.removeprefix("/")


@cache
def _attributes(name: str) -> dict[str, str]:
    return {SYSTEM: "grpc", METHOD: name}


def _carrying_context(details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
    """The call's details with its trace and its tenant in their metadata."""
    carrier = {tenant.METADATA: tenant.current_tenant()}
    propagate.inject(carrier)
    metadata = grpc.aio.Metadata(*(details.metadata or ()), *carrier.items())
    return grpc.aio.ClientCallDetails(
        details.method, details.timeout, metadata, details.credentials, details.wait_for_ready
    )
