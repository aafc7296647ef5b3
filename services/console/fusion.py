"""Fusion, over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc

from groundwire.v1 import grounding_service_pb2_grpc
from services.runtime.status import from_rpc_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from groundwire.v1 import answer_pb2, grounding_service_pb2

PART: Final = "fusion"


class GrpcGrounding:
    """The `Grounding` port."""

    def __init__(self, channel: grpc.aio.Channel, *, timeout_s: float) -> None:
        self._stub = grounding_service_pb2_grpc.GroundingServiceStub(channel)
        self._timeout_s = timeout_s

    async def ask(self, request: grounding_service_pb2.AskRequest) -> answer_pb2.Answer:
        """Ask, and wait for the answer."""
        try:
            return (await self._stub.Ask(request, timeout=self._timeout_s)).answer
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error

    async def ask_stream(
        self, request: grounding_service_pb2.AskStreamRequest
    ) -> AsyncIterator[grounding_service_pb2.AskStreamResponse]:
        """Ask, and tell of every step. Leaving off early cancels the call."""
        call = self._stub.AskStream(request, timeout=self._timeout_s)
        try:
            async for event in call:
                yield event
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        finally:
            call.cancel()
