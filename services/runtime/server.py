"""The life of a service: listen, become healthy, serve, drain on SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.common.errors import MeshError
from services.runtime import channels, metering, ports, tasks, telemetry
from services.runtime.admission import Admission
from services.runtime.identity.gate import gate_of
from services.runtime.interceptors import CallInterceptor
from services.runtime.logs import configure_logging

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from services.runtime.settings import ServiceSettings

log = structlog.get_logger()

LAST_WORDS_S: Final = 0.1
"""Time for the last replies to leave the process. Seconds."""

PROBE_INTERVAL_S: Final = 1.0
"""How often a service asks whether the parts it stands on are there. Seconds."""


@dataclass(frozen=True)
class Service:
    """What one process serves.

    Attributes:
        name: Full gRPC service name, such as "groundwire.v1.LlmService"; health answers for it and for "".
        register: Adds the servicers to a server.
        ready: Returns when the parts that the service stands on are there; raises `MeshError` naming one that is not.
    """

    name: str
    register: Callable[[grpc.aio.Server], None]
    ready: Callable[[], Awaitable[None]]


@asynccontextmanager
async def serving(service: Service, settings: ServiceSettings) -> AsyncIterator[int]:
    """Serve until the context ends, then drain. Yields the port.

    Raises:
        MeshError: The port is taken.
    """
    admission = Admission(
        at_once=settings.max_calls_in_flight,
        waiting=settings.max_calls_waiting,
        per_tenant=settings.calls_of_tenant,
    )
    metering.watch("groundwire.calls.in_flight", "Calls being served.", lambda: admission.taken)
    metering.watch("groundwire.calls.waiting", "Calls that wait for their turn.", lambda: admission.waiting)
    calls = CallInterceptor(gate=gate_of(settings), admission=admission)
    server = grpc.aio.server(
        interceptors=[calls],
        options=[
            *channels.options(settings.max_message_bytes),
            ("grpc.so_reuseport", 0),
            # No grace is set after it, so a call in flight ends on its old connection, be it a stream that stands open
            # for hours. gRPC varies the age by a tenth, so that not all callers come back at once.
            ("grpc.max_connection_age_ms", round(settings.max_connection_age_s * 1e3)),
        ],
    )
    service.register(server)
    states = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(states, server)
    await _set_health(states, service, health_pb2.HealthCheckResponse.NOT_SERVING)
    if settings.reflection:
        reflection.enable_server_reflection((service.name, reflection.SERVICE_NAME), server)
    port = ports.bind(server, settings)
    await server.start()
    probes = await ports.serve_health(states, settings)
    probe = asyncio.create_task(_report_health(service, states))
    log.info("listening", host=settings.host, port=port)
    try:
        yield port
    finally:
        await tasks.end(probe)
        await states.enter_graceful_shutdown()
        await _drain(server, calls, settings.grace_s)
        if probes is not None:
            await probes.stop(LAST_WORDS_S)


async def _drain(server: grpc.aio.Server, calls: CallInterceptor, grace_s: float) -> None:
    """Take no more calls; end when those in flight have, or the grace is over. Health watchers are not waited for."""
    stopping = asyncio.create_task(server.stop(grace_s))
    with suppress(TimeoutError):
        await asyncio.wait_for(calls.idle(), grace_s)
    await server.stop(LAST_WORDS_S)
    await stopping


async def _report_health(service: Service, states: health.aio.HealthServicer) -> None:
    """Keep grpc.health.v1 in step with the parts that the service stands on."""
    last: str | None = None
    while True:
        try:
            await service.ready()
            problem = ""
        except MeshError as error:
            problem = error.message
        except Exception:  # a fault of ours must not leave the service's health as it is for good
            problem = "whether it is ready could not be told"
            if problem != last:
                log.exception("readiness")
        if problem != last:
            log.warning("not ready", problem=problem) if problem else log.info("ready")
            last = problem
        state = health_pb2.HealthCheckResponse.NOT_SERVING if problem else health_pb2.HealthCheckResponse.SERVING
        await _set_health(states, service, state)
        await asyncio.sleep(PROBE_INTERVAL_S)


async def _set_health(states: health.aio.HealthServicer, service: Service, state: int) -> None:
    for name in ("", service.name):
        await states.set(name, state)


def run(settings: ServiceSettings, main: Callable[[], AsyncIterator[Service]]) -> None:
    """Run a service's process: logs, traces, signals. `main` makes the service and cleans up after it.

    The first SIGTERM or SIGINT drains; the process then ends with status 0, or 1 where it could not start.
    """
    configure_logging(settings.service, settings.log_level)
    try:
        with telemetry.tracing(settings.service), metering.metering(*settings.metered):
            asyncio.run(_until_signal(settings, main))
    except MeshError as error:
        log.error("cannot start", problem=error.message, remedy=error.remedy)  # noqa: TRY400 - no trace wanted
        raise SystemExit(1) from error


async def _until_signal(settings: ServiceSettings, main: Callable[[], AsyncIterator[Service]]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with asynccontextmanager(main)() as service, serving(service, settings):
        await stop.wait()
        log.info("draining", grace_s=settings.grace_s)


async def always_ready() -> None:
    """Readiness of a service that stands on nothing else."""
