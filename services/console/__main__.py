"""`python -m services.console`: wires the console and serves until SIGTERM."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import structlog
import uvicorn

from services.common.errors import MeshError
from services.console.application import Parts, create
from services.console.fusion import GrpcGrounding
from services.console.health import GrpcHealth
from services.console.perception import GrpcPictures
from services.console.provenance import GrpcRecords
from services.console.settings import ConsoleSettings
from services.runtime import metering, telemetry
from services.runtime.channels import open_channel
from services.runtime.logs import configure_logging
from services.runtime.settings import load_or_exit

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

log = structlog.get_logger()


@asynccontextmanager
async def wire(settings: ConsoleSettings) -> AsyncIterator[Parts]:
    """Open the channels, make the parts, and close the channels after them."""
    open_to = partial(open_channel, max_message_bytes=settings.max_message_bytes, certificates=settings.certificates)
    async with (
        open_to(settings.fusion_address) as fusion,
        open_to(settings.provenance_address) as provenance,
        open_to(settings.perception_address) as perception,
    ):
        yield Parts(
            grounding=GrpcGrounding(fusion, timeout_s=settings.ask_timeout_s),
            records=GrpcRecords(provenance, timeout_s=settings.read_timeout_s, watch_s=settings.watch_s),
            pictures=GrpcPictures(perception, timeout_s=settings.read_timeout_s),
            health=GrpcHealth({"fusion": fusion, "provenance": provenance, "perception": perception}),
        )


class Server(uvicorn.Server):
    """Ends the streams that follow the log first: they would outlast any grace."""

    def __init__(self, configuration: uvicorn.Config, closing: asyncio.Event) -> None:
        super().__init__(configuration)
        self._closing = closing

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server`."""
        self._closing.set()
        await super().shutdown(sockets)


async def serve(settings: ConsoleSettings) -> None:
    """Serve until SIGTERM or SIGINT, then let requests in flight end.

    Raises:
        MeshError: The port is taken.
    """
    closing = asyncio.Event()
    async with wire(settings) as parts:
        configuration = uvicorn.Config(
            create(parts, settings, closing),
            host=settings.host,
            port=settings.port,
            limit_concurrency=settings.max_calls_in_flight,
            timeout_graceful_shutdown=int(settings.grace_s),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        log.info("listening", host=settings.host, port=settings.port)
        try:
            await Server(configuration, closing).serve()
        except SystemExit as error:  # uvicorn's way of saying that it cannot listen
            raise MeshError(
                f"cannot listen on {settings.host}:{settings.port}",
                remedy="free the port, or set GROUNDWIRE_CONSOLE_PORT",
            ) from error


def main(settings: ConsoleSettings) -> None:
    """Run the process: logs, traces, and exit status 1 where it could not start."""
    configure_logging(settings.service, settings.log_level)
    try:
        with telemetry.tracing(settings.service), metering.metering(*settings.metered):
            asyncio.run(serve(settings))
    except MeshError as error:
        log.error("cannot start", problem=error.message, remedy=error.remedy)  # noqa: TRY400 - no trace wanted
        raise SystemExit(1) from error


if __name__ == "__main__":
    main(load_or_exit(ConsoleSettings))
