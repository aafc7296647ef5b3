from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from groundwire import AsyncClient, Client
from tests.fakes.grounding import SimulatedMesh

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture
def mesh() -> Iterator[SimulatedMesh]:
    with SimulatedMesh() as simulated:
        yield simulated


@pytest.fixture
def client(mesh: SimulatedMesh) -> Iterator[Client]:
    at = mesh.addresses
    with Client(
        at.fusion, perception_address=at.perception, llm_address=at.llm, provenance_address=at.provenance, timeout_s=20
    ) as opened:
        yield opened


@pytest.fixture
async def async_client(mesh: SimulatedMesh) -> AsyncIterator[AsyncClient]:
    at = mesh.addresses
    async with AsyncClient(
        at.fusion, perception_address=at.perception, llm_address=at.llm, provenance_address=at.provenance, timeout_s=20
    ) as opened:
        yield opened


@pytest.fixture
def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (741, 500), (120, 120, 120)).save(stream, format="PNG")
    return stream.getvalue()


@pytest.fixture
def photo(tmp_path: Path, png: bytes) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(png)
    return path
