"""Starts the provenance service."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import add_TraceServiceServicer_to_server

from groundwire.v1.provenance_service_pb2_grpc import add_ProvenanceServiceServicer_to_server
from services.provenance.chores import repeating
from services.provenance.clock import Jumps, SystemClock
from services.provenance.indexing import index
from services.provenance.key_folder import FolderKeys
from services.provenance.listing import Lister
from services.provenance.notary import Notary, signing
from services.provenance.obstore import open_copies
from services.provenance.perception import pictures
from services.provenance.policy_file import read_policies
from services.provenance.postgres import Limits, open_database
from services.provenance.proving import Prover
from services.provenance.recorder import recording
from services.provenance.retention import expire, prune
from services.provenance.reviewing import Reviewer
from services.provenance.sealing import Sealer, sealing_from
from services.provenance.servicer import ProvenanceServicer, TraceServicer
from services.provenance.settings import ProvenanceSettings
from services.provenance.signing import load_or_create
from services.provenance.vault import Vault
from services.runtime import server
from services.runtime.channels import open_channel
from services.runtime.settings import load_or_exit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import grpc


async def provenance(settings: ProvenanceSettings) -> AsyncIterator[server.Service]:
    """The service over its database."""
    limits = Limits(
        records_connections=settings.pool_size,
        spans_connections=settings.span_pool_size,
        connect_s=settings.connect_timeout_s,
        statement_s=settings.statement_timeout_s,
    )
    dsn = settings.dsn.get_secret_value()
    policies = read_policies(settings.policy_file)
    keys = FolderKeys(settings.key_folder)
    sealer = Sealer(keys)
    notarize = partial(
        Notary,
        signer=load_or_create(settings.signing_key_file, settings.origin),
        copies=open_copies(settings.checkpoint_url) if settings.checkpoint_url else None,
        every=settings.checkpoint_records,
    )
    async with (
        open_database(dsn, limits, sealing_from(sealer, asyncio.get_running_loop())) as database,
        signing(notarize(database), settings.checkpoint_interval_s) as notary,
        recording(database) as recorder,
        _perception(settings) as channel,
        AsyncExitStack() as chores,
    ):
        clock = SystemClock()
        vault = Vault(recorder=recorder, records=database, sealer=sealer, keys=keys, policies=policies, clock=clock)
        lister = Lister(records=database, news=database, vault=vault, sealer=sealer)
        reviewer = Reviewer(vault=vault, records=database, sealer=sealer, clock=clock)
        prune_spans = partial(prune, database, max_age_s=settings.span_max_age_s, max_spans=settings.max_spans)
        for name, chore, interval_s in (
            ("drop spans", prune_spans, settings.prune_interval_s),
            ("expire answers", partial(expire, vault, Jumps()), settings.expiry_interval_s),
            ("index answers", partial(index, database, vault), settings.prune_interval_s),
        ):
            await chores.enter_async_context(repeating(name, chore, interval_s))

        def register(to: grpc.aio.Server) -> None:
            servicer = ProvenanceServicer(
                vault=vault,
                lister=lister,
                reviewer=reviewer,
                spans=database,
                prover=Prover(database, notary),
                pictures=pictures(channel),
            )
            add_ProvenanceServiceServicer_to_server(servicer, to)
            add_TraceServiceServicer_to_server(TraceServicer(spans=database), to)  # type: ignore[no-untyped-call]

        async def ready() -> None:
            for part in (database, notary, vault):
                await part.ready()

        yield server.Service("groundwire.v1.ProvenanceService", register, ready)


@asynccontextmanager
async def _perception(settings: ProvenanceSettings) -> AsyncIterator[grpc.aio.Channel | None]:
    """A channel to perception, where one is named."""
    if not settings.perception_address:
        yield None
        return
    limit, certificates = settings.max_message_bytes, settings.certificates
    async with open_channel(settings.perception_address, max_message_bytes=limit, certificates=certificates) as channel:
        yield channel


def main() -> None:
    """Serve until told to stop."""
    settings = load_or_exit(ProvenanceSettings)
    # The readiness probe says once that PostgreSQL is gone; the pool would say so at every attempt.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    server.run(settings, lambda: provenance(settings))


if __name__ == "__main__":
    main()
