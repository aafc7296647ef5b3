"""The provenance service in this process, on a real PostgreSQL, and the command line pointed at it."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from pydantic import SecretStr

from groundwire.v1 import provenance_service_pb2 as pb
from groundwire.v1 import provenance_service_pb2_grpc
from services.provenance.__main__ import provenance
from services.provenance.settings import ProvenanceSettings
from services.runtime.server import serving
from tests.fakes.records import an_answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from groundwire.v1 import answer_pb2
    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub


@dataclass
class Ended:
    """A command that has ended: its exit status, and what it printed."""

    exit_code: int
    output: str


class Running:
    """A service, a caller of it, and the command line pointed at it."""

    def __init__(self, channel: grpc.aio.Channel, port: int, folder: Path) -> None:
        self.channel = channel
        self.stub: Stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
        self.port = port
        self.folder = folder

    async def record(self, count: int) -> list[answer_pb2.Answer]:
        answers = [an_answer(f"question {i}") for i in range(count)]
        for answer in answers:
            await self.stub.Record(pb.RecordRequest(answer=answer.SerializeToString()))
        return answers

    async def cli(self, *arguments: str) -> Ended:
        """A command, as a person gives it, in a folder without a mesh of its own."""
        environment = {
            "GROUNDWIRE_PROVENANCE_ADDRESS": f"127.0.0.1:{self.port}",
            "GROUNDWIRE_HOME": str(self.folder / "no mesh"),
            "COLUMNS": "500",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "groundwire", *arguments, env=os.environ | environment, stdout=PIPE, stderr=STDOUT
        )
        output, _ = await process.communicate()
        return Ended(process.returncode or 0, output.decode())

    async def verify(self, *arguments: str) -> tuple[str, int, str]:
        """Outcome, exit status and detail of a verification with the key and the copies of this log."""
        checkpoints = str(self.folder / "checkpoints")
        result = await self.cli("verify", *arguments, "--key", str(self.key), "--checkpoints", checkpoints)
        outcome, _, detail = result.output.strip().partition(" ")
        return outcome, result.exit_code, detail

    @property
    def key(self) -> Path:
        return self.folder / "key.pub"


@asynccontextmanager
async def running(dsn: str, folder: Path, *, every: int = 1) -> AsyncIterator[Running]:
    settings = ProvenanceSettings(
        dsn=SecretStr(dsn),
        signing_key_file=folder / "key.pem",
        key_folder=folder / "keys",
        checkpoint_url=(folder / "checkpoints").as_uri(),
        checkpoint_interval_s=3600,
        checkpoint_records=every,
        port=0,
        grace_s=5,
    )
    async with (
        asynccontextmanager(provenance)(settings) as service,
        serving(service, settings) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        await service.ready()
        yield Running(channel, port, folder)


async def signed(at: Running, size: int) -> None:
    """Return once a checkpoint of so many records is out."""
    async with asyncio.timeout(30):
        while True:
            said = await at.stub.GetCheckpoint(pb.GetCheckpointRequest())
            if said.checkpoint and int(said.checkpoint.split("\n")[1]) >= size:
                return
