"""The provenance service put together on given stores, as its `__main__` does it on the real ones."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc

from groundwire.v1 import provenance_service_pb2_grpc
from services.provenance.core.policies import Policies
from services.provenance.listing import Lister
from services.provenance.ports import Clock, Keys, Log, News, Records, Spans
from services.provenance.proving import Prover
from services.provenance.recorder import recording
from services.provenance.reviewing import Reviewer
from services.provenance.sealing import Sealer
from services.provenance.servicer import ProvenanceServicer, TraceServicer
from services.provenance.vault import Vault
from tests.fakes.stores import FixedClock, HeldPictures

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import grpc

    from services.provenance.notary import Notary


class Database(Records, Log, Spans, News, Protocol):
    """What PostgreSQL is to the service, or a simulator."""


@dataclass(frozen=True)
class Assembled:
    """Its parts."""

    database: Database
    vault: Vault
    lister: Lister
    reviewer: Reviewer
    sealer: Sealer
    pictures: HeldPictures

    def register(self, server: grpc.aio.Server, notary: Notary) -> None:
        """Add its servicers to a server."""
        servicer = ProvenanceServicer(
            vault=self.vault,
            lister=self.lister,
            reviewer=self.reviewer,
            spans=self.database,
            prover=Prover(self.database, notary),
            pictures=self.pictures,
        )
        provenance_service_pb2_grpc.add_ProvenanceServiceServicer_to_server(servicer, server)
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(TraceServicer(spans=self.database), server)  # type: ignore[no-untyped-call]


@asynccontextmanager
async def assembled(
    database: Database,
    keys: Keys,
    *,
    policies: Policies | None = None,
    clock: Clock | None = None,
    pictures: HeldPictures | None = None,
) -> AsyncIterator[Assembled]:
    """The parts with their recorder running; by default everything is kept, and time stands still."""
    sealer, clock = Sealer(keys), clock or FixedClock()
    async with recording(database) as recorder:
        vault = Vault(
            recorder=recorder,
            records=database,
            sealer=sealer,
            keys=keys,
            policies=policies or Policies(),
            clock=clock,
        )
        lister = Lister(records=database, news=database, vault=vault, sealer=sealer)
        reviewer = Reviewer(vault=vault, records=database, sealer=sealer, clock=clock)
        yield Assembled(database, vault, lister, reviewer, sealer, pictures or HeldPictures())
