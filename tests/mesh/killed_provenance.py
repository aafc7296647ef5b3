"""The provenance service, killed under load again and again, and what is left afterwards."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from groundwire.proofs.notes import PublicKey
from groundwire.proofs.remote import copies_in, reading
from groundwire.v1 import provenance_service_pb2 as pb
from groundwire.v1 import provenance_service_pb2_grpc
from tests.fakes.ports import free_port
from tests.fakes.records import an_answer

if TYPE_CHECKING:
    from pathlib import Path

    from groundwire.proofs.outcomes import Finding
    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub

CALLERS = 8
READY_S = 60.0


@dataclass
class Killed:
    """A service on one database that is killed while callers record.

    Attributes:
        dsn: The database.
        folder: Its key, its keys and the copies of its checkpoints.
        acknowledged: Index and digest of every answer that a caller got a receipt for, by id.
        kills: How often it was killed.
        checkpoint_records: Records between two checkpoints.
    """

    dsn: str
    folder: Path
    acknowledged: dict[str, tuple[int, str]] = field(default_factory=dict)
    kills: int = 0
    checkpoint_records: int = 10

    async def kill(self, times: int) -> None:
        """Start, load and kill the service so many times, each time after a few acknowledgements more."""
        chance = random.Random(times)  # noqa: S311 - the same moments in every run, as far as a kill has any
        for _ in range(times):
            await self._once(chance.randint(1, 40))

    async def verdict(self) -> tuple[Finding, set[str]]:
        """What a verification of the whole log finds afterwards, and the acknowledged answers that are not there."""
        port = free_port()
        process = await self.start(port)
        try:
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
                await wait_until_it_serves(channel)
                there = await self._there(stub)
                finding = await asyncio.to_thread(self._verify, port)
        finally:
            process.terminate()
            await process.wait()
        lost = {answer_id for answer_id, receipt in self.acknowledged.items() if there.get(answer_id) != receipt}
        return finding, lost

    async def _once(self, acknowledgements: int) -> None:
        port = free_port()
        process = await self.start(port)
        enough = asyncio.Event()
        wanted = len(self.acknowledged) + acknowledgements
        async with grpc.aio.insecure_channel(
            f"127.0.0.1:{port}", options=[("grpc.enable_retries", 0), ("grpc.max_reconnect_backoff_ms", 100)]
        ) as channel:
            stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
            await wait_until_it_serves(channel)
            callers = [asyncio.create_task(self._record(stub, enough, wanted)) for _ in range(CALLERS)]
            async with asyncio.timeout(READY_S):
                await enough.wait()
            process.kill()
            await process.wait()
            await asyncio.gather(*callers)
        self.kills += 1

    async def _record(self, stub: Stub, enough: asyncio.Event, wanted: int) -> None:
        """Record without a pause until the service is gone."""
        while True:
            answer = an_answer()
            try:
                response = await stub.Record(pb.RecordRequest(answer=answer.SerializeToString()))
            except grpc.aio.AioRpcError:
                return
            self.acknowledged[answer.id] = (response.receipt.index, response.receipt.digest)
            if len(self.acknowledged) >= wanted:
                enough.set()

    async def start(self, port: int) -> asyncio.subprocess.Process:
        """Start the service as a process."""
        settings = {
            "GROUNDWIRE_PROVENANCE_DSN": self.dsn,
            "GROUNDWIRE_PROVENANCE_PORT": str(port),
            "GROUNDWIRE_PROVENANCE_SIGNING_KEY_FILE": str(self.folder / "key.pem"),
            "GROUNDWIRE_PROVENANCE_KEY_FOLDER": str(self.folder / "keys"),
            "GROUNDWIRE_PROVENANCE_CHECKPOINT_URL": (self.folder / "checkpoints").as_uri(),
            "GROUNDWIRE_PROVENANCE_CHECKPOINT_RECORDS": str(self.checkpoint_records),
        }
        quiet = asyncio.subprocess.DEVNULL
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.provenance", env=os.environ | settings, stdout=quiet, stderr=quiet
        )

    async def _there(self, stub: Stub) -> dict[str, tuple[int, str]]:
        found: dict[str, tuple[int, str]] = {}
        token = ""
        while True:
            page = await stub.ListAnswers(pb.ListAnswersRequest(page_size=100, page_token=token))
            found |= {line.id: (line.record.index, line.record.digest) for line in page.answers}
            token = page.next_page_token
            if not token:
                return found

    def _verify(self, port: int) -> Finding:
        key = PublicKey.parse((self.folder / "key.pub").read_text())
        with reading(f"127.0.0.1:{port}", 60) as log:
            return log.verify(key, copies_in(self.folder / "checkpoints"))


async def wait_until_it_serves(channel: grpc.aio.Channel) -> None:
    """Return once the service says itself that it serves."""
    request = health_pb2.HealthCheckRequest(service="groundwire.v1.ProvenanceService")
    stub: Any = health_pb2_grpc.HealthStub(channel)  # Its types know no method.
    async with asyncio.timeout(READY_S):
        watch = stub.Watch(request, wait_for_ready=True)
        async for reply in watch:
            if reply.status == health_pb2.HealthCheckResponse.SERVING:
                watch.cancel()
                return
