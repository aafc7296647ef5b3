"""Traces without a collector, and switched off."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider

from services.common.errors import MeshError
from services.runtime import telemetry


def test_a_process_without_trace_ids_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "True")
    with pytest.raises(MeshError) as caught, telemetry.tracing("fusion"):
        pass
    assert "OTEL_TRACES_SAMPLER=always_off" in caught.value.remedy


def test_the_tracer_is_that_of_the_provider_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in (TracerProvider(), TracerProvider()):
        monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda provider=provider: provider)
        with telemetry.tracer().start_as_current_span("one") as span:
            assert span.resource is provider.resource  # type: ignore[attr-defined]  # the SDK's span
