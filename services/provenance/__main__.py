"""Starts the provenance service."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import add_TraceServiceServicer_to_server

from groundwire.v1.provenance_service_pb2_grpc import add_ProvenanceServiceServicer_to_server
from services.provenance.postgres import Limits, open_database
from services.provenance.recorder import recording
from services.provenance.retention import pruning
from services.provenance.servicer import ProvenanceServicer, TraceServicer
from services.provenance.settings import ProvenanceSettings
from services.runtime import server
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
    async with (
        open_database(settings.dsn.get_secret_value(), limits) as database,
        recording(database) as recorder,
        pruning(
            database,
            max_age_s=settings.span_max_age_s,
            max_spans=settings.max_spans,
            interval_s=settings.prune_interval_s,
        ),
    ):

        def register(to: grpc.aio.Server) -> None:
            servicer = ProvenanceServicer(recorder=recorder, records=database, spans=database)
            add_ProvenanceServiceServicer_to_server(servicer, to)
            add_TraceServiceServicer_to_server(TraceServicer(spans=database), to)  # type: ignore[no-untyped-call]

        yield server.Service("groundwire.v1.ProvenanceService", register, database.ready)


def main() -> None:
    """Serve until told to stop."""
    settings = load_or_exit(ProvenanceSettings)
    # The readiness probe says once that PostgreSQL is gone; the pool would say so at every attempt.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    server.run(settings, lambda: provenance(settings))


if __name__ == "__main__":
    main()
