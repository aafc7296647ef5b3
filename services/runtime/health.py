"""Whether other services are healthy, by grpc.health.v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.common.errors import PartUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

PROBE_TIMEOUT_S: Final = 2.0
"""How long a part may take to say how it is. Seconds."""


def all_serving(channels: Mapping[str, grpc.aio.Channel]) -> Callable[[], Awaitable[None]]:
    """A readiness that asks each of the named parts in turn.

    The returned function raises `PartUnavailable` naming the first part that is not serving.
    """

    async def ready() -> None:
        for part, channel in channels.items():
            if not await _serving(channel):
                raise PartUnavailable(f"{part} is not ready", part=part, remedy="try again in a moment")

    return ready


async def _serving(channel: grpc.aio.Channel) -> bool:
    try:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]  # the stubs forget it
        answer = await check(health_pb2.HealthCheckRequest(), timeout=PROBE_TIMEOUT_S)
    except grpc.aio.AioRpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
