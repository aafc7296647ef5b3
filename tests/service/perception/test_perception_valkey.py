"""Shared grounding contexts, on a real Redis or Valkey server where one is installed."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from groundwire.v1 import perception_service_pb2 as pb
from groundwire.v1 import region_pb2
from services.common.errors import PartUnavailable
from services.perception.valkey import ValkeyContexts
from tests.fakes.perception_station import STATION, Station, png, put
from tests.fakes.triton import picture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

DIGEST, OTHER = "a" * 64, "b" * 64


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a socket of its own."""
    binary = shutil.which("valkey-server") or shutil.which("redis-server")
    if binary is None:
        pytest.skip("neither valkey-server nor redis-server is installed")
    socket = tmp_path_factory.mktemp("valkey") / "socket"
    command = [binary, "--port", "0", "--unixsocket", str(socket), "--save", "", "--daemonize", "no"]
    server = subprocess.Popen(command, cwd=socket.parent, stdout=subprocess.PIPE, text=True)  # noqa: S603 - found above
    assert server.stdout is not None
    for line in server.stdout:
        if "eady to accept connections" in line:
            break
    yield f"unix://{socket}"
    server.terminate()
    server.communicate()


@pytest.fixture
async def contexts(url: str) -> AsyncIterator[ValkeyContexts]:
    connected = ValkeyContexts(url, keep_s=60)
    yield connected
    await connected.forget(DIGEST)
    await connected.close()


async def test_what_one_replica_puts_another_gets(url: str, contexts: ValkeyContexts) -> None:
    await contexts.put(DIGEST, {"one": b"1\x00\xff", "two": b"2"})
    other = ValkeyContexts(url, keep_s=60)
    assert await other.get(DIGEST, ["two", "three", "one"]) == [b"2", None, b"1\x00\xff"]
    assert await other.get(OTHER, ["one"]) == [None]
    await other.close()


async def test_what_is_forgotten_is_gone_and_forgetting_again_does_no_harm(contexts: ValkeyContexts) -> None:
    await contexts.put(DIGEST, {"one": b"1"})
    for _ in range(2):
        await contexts.forget(DIGEST)
    assert await contexts.get(DIGEST, ["one"]) == [None]


async def test_everything_has_its_time(url: str) -> None:
    brief = ValkeyContexts(url, keep_s=0.05)
    await brief.put(DIGEST, {"one": b"1"})
    async with asyncio.timeout(30):
        while await brief.get(DIGEST, ["one"]) != [None]:
            pass
    await brief.close()


async def test_a_server_that_is_not_there_holds_nothing_and_cannot_be_asked_to_forget(tmp_path: Path) -> None:
    contexts = ValkeyContexts(f"unix://{tmp_path}/none", keep_s=60)
    await contexts.put(DIGEST, {"one": b"1"})
    assert await contexts.get(DIGEST, ["one"]) == [None]
    with pytest.raises(PartUnavailable) as gone:
        await contexts.forget(DIGEST)
    assert gone.value.metadata["part"] == "contexts"
    await contexts.close()


async def test_replicas_look_once_and_an_erasure_empties_the_server(url: str, contexts: ValkeyContexts) -> None:
    station = Station(contexts=contexts)
    request = pb.PerceiveRequest(capability=region_pb2.CAPABILITY_READ_TEXT)
    async with station.open() as one, station.open() as two:
        for stub in (one, two):
            await stub.ListCapabilities(pb.ListCapabilitiesRequest())
        request.image_digest = (await put(one, png(picture((400, 300), STATION)))).digest
        assert await one.Perceive(request) == await two.Perceive(request)
        assert station.models.looks == 1
        await one.EraseImage(pb.EraseImageRequest(image_digest=request.image_digest))
    reader = ValkeyContexts(url, keep_s=60)
    assert await reader._store.keys("groundwire:*") == []  # noqa: SLF001 - nothing of ours is left on the server
    await reader.close()
