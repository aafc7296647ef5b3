"""The health of other services, by grpc.health.v1."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S: Final = 2.0
"""How long a service may take to say how it is. Seconds."""


class GrpcHealth:
    """The `Health` port: asks all at once."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel]) -> None:
        self._channels = channels

    async def states(self) -> Mapping[str, str]:
        """Ask each of them now."""
        said = await asyncio.gather(*map(_state, self._channels.values()))
        return dict(zip(self._channels, said, strict=True))


async def _state(channel: grpc.aio.Channel) -> str:
    try:
        check = health_pb2_grpc.HealthStub(channel).Check  # type: ignore[attr-defined]  # the stubs forget it
        answer = await check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT_S)
    except grpc.aio.AioRpcError:
        return "unreachable"
    return "serving" if answer.status == health_pb2.HealthCheckResponse.SERVING else "not serving"
