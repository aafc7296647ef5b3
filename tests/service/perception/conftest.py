"""One tracer provider for the tests of this folder, to which they may add exporters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.runtime import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="session")
def traced() -> Iterator[None]:
    """Spans are recorded; nobody exports them but whoever asks."""
    with telemetry.tracing("perception-tests"):
        yield
