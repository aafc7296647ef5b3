"""Metrics over OpenTelemetry: how calls go, for Prometheus to fetch or for a collector to be sent.

With neither asked for, the instruments are there and count for nobody.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import SERVICE_NAME, Resource

from services.common.errors import MeshError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from opentelemetry.sdk.metrics.export import MetricReader

ENDPOINT_VARIABLE: Final = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
"""Only the variable for metrics: where spans go, on one machine to provenance, metrics are not understood."""

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Bounds of the histograms of durations, seconds."""

_meter = metrics.get_meter("groundwire")
_calls = _meter.create_histogram(
    "rpc.server.call.duration",
    "s",
    "How long calls took, by method and status.",
    explicit_bucket_boundaries_advisory=SECONDS,
)
_steps = _meter.create_histogram(
    "groundwire.step.duration",
    "s",
    "How long the steps of answers took, by step.",
    explicit_bucket_boundaries_advisory=SECONDS,
)
_claims = _meter.create_counter("groundwire.claims", "{claim}", "Claims given out, by kind and verdict.")
_abstentions = _meter.create_counter("groundwire.abstentions", "{abstention}", "Abstentions given out, by reason.")
_degradations = _meter.create_counter("groundwire.degradations", "{answer}", "Answers that were degraded, by how.")


@contextmanager
def metering(service: str, host: str, port: int | None) -> Iterator[None]:
    """Install a meter provider for the process, where anybody asks for metrics.

    Args:
        service: The service's name.
        host: Address to be fetched from.
        port: Port to be fetched from, by Prometheus; None for none.

    Raises:
        MeshError: The port is taken.
    """
    readers = [*_fetched(host, port), *_sent()]
    if not readers:  # without a provider, the instruments do nothing: the cheapest way to count for nobody
        yield
        return
    resource = Resource.create({SERVICE_NAME: service, "service.namespace": "groundwire"})
    provider = MeterProvider(readers, resource)
    metrics.set_meter_provider(provider)
    try:
        yield
    finally:
        provider.shutdown()


def _fetched(host: str, port: int | None) -> Iterator[MetricReader]:
    if port is None:
        return
    # Imported here: without a port, the exporter's code is not needed.
    from opentelemetry.exporter.prometheus import PrometheusMetricReader  # noqa: PLC0415
    from prometheus_client import start_http_server  # noqa: PLC0415

    try:
        start_http_server(port, host)
    except OSError as error:
        raise MeshError(f"cannot give metrics on {host}:{port}", remedy="free the port, or set METRICS_PORT") from error
    yield PrometheusMetricReader()


def _sent() -> Iterator[MetricReader]:
    if not os.environ.get(ENDPOINT_VARIABLE):
        return
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415

    yield PeriodicExportingMetricReader(OTLPMetricExporter())


def watch(name: str, description: str, value: Callable[[], int]) -> None:
    """A gauge that reads `value` whenever metrics are collected."""

    def observe(_: CallbackOptions) -> Iterable[Observation]:
        yield Observation(value())

    _meter.create_observable_gauge(name, callbacks=[observe], unit="{call}", description=description)


def call_ended(method: str, status: str, seconds: float) -> None:
    """Count a call of this process."""
    _calls.record(seconds, _attributes(method, status))


@cache
def _attributes(method: str, status: str) -> dict[str, str]:
    """Of a call; as many as a process has methods, times the statuses."""
    return {"rpc.method": method.removeprefix("/"), "rpc.response.status_code": status}


def step_ended(step: str, seconds: float) -> None:
    """Count a step of an answer."""
    _steps.record(seconds, {"step": step})


def claim_given(kind: str, verdict: str) -> None:
    """Count a claim that a caller gets to see."""
    _claims.add(1, {"kind": kind, "verdict": verdict})


def abstention_given(reason: str) -> None:
    """Count an abstention."""
    _abstentions.add(1, {"reason": reason})


def degraded(how: str) -> None:
    """Count a degraded answer."""
    _degradations.add(1, {"how": how})
