"""Real parts for the tests of this folder: started once, on free ports, stopped at the end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from groundwire import Client
from groundwire.cli import example
from groundwire.mesh.local import Mesh
from groundwire.mesh.ports import free_ports
from groundwire.mesh.table import COMPONENTS
from tests.fakes.otlp_sink import OtlpSink

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
"""Real pictures with ground truth, beside a checkout of the developers; tests that need it skip where it is absent."""


def client_of(mesh: Mesh) -> Client:
    """A client that knows where each service of a mesh listens."""
    at = mesh.addresses
    return Client(
        at["fusion"],
        perception_address=at["perception"],
        llm_address=at["llm"],
        provenance_address=at["provenance"],
        timeout_s=120,
    )


@pytest.fixture(scope="session")
def sink() -> Iterator[OtlpSink]:
    """A collector for the whole mesh's spans."""
    with OtlpSink() as collector:
        yield collector


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """A whole mesh, as `groundwire up` starts it. Tests leave it whole."""
    with Mesh.start(tmp_path_factory.mktemp("mesh"), ports=free_ports(COMPONENTS)) as started:
        yield started


@pytest.fixture(scope="session")
def client(mesh: Mesh) -> Iterator[Client]:
    """A caller of that mesh."""
    with client_of(mesh) as caller:
        yield caller


@pytest.fixture(scope="session")
def traced_mesh(tmp_path_factory: pytest.TempPathFactory, sink: OtlpSink) -> Iterator[Mesh]:
    """A mesh whose spans go to a foreign collector. Tests may hurt it, and wait until it is well again.

    It looks anew for every question: what was seen before would hide what is hurt.
    """
    unhelped = {"GROUNDWIRE_PERCEPTION_CONTEXT_BYTES": "0"}
    environ = {**os.environ, **unhelped, "OTEL_EXPORTER_OTLP_ENDPOINT": sink.endpoint}
    home = tmp_path_factory.mktemp("traced")
    with Mesh.start(home, ports=free_ports(COMPONENTS), environ=environ) as started:
        yield started


@pytest.fixture(scope="session")
def triton_address(mesh: Mesh) -> str:
    """Where a Triton with the project's models takes gRPC calls."""
    return mesh.addresses["triton"]


@pytest.fixture(scope="session")
def motorcycle() -> Path:
    """The photo of `make run`."""
    return example.photo()
