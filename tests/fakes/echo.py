"""A service that answers, fails or dawdles on request: for tests of what every service runs on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from groundwire.v1 import llm_service_pb2, llm_service_pb2_grpc, plan_pb2
from services.common import errors
from services.runtime import deadlines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import grpc


class Echo(llm_service_pb2_grpc.LlmServiceServicer):
    """Plan does what its question says: a reason raises that error, "bug" a fault, "wait" waits, "left" tells time."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.started_judging = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def Plan(
        self, request: llm_service_pb2.PlanRequest, _context: grpc.aio.ServicerContext[Any, Any]
    ) -> llm_service_pb2.PlanResponse:
        self.started.set()
        return llm_service_pb2.PlanResponse(plan=plan_pb2.Plan(engine=plan_pb2.Engine(name=await self._do(request))))

    async def Compose(
        self, request: llm_service_pb2.ComposeRequest, _context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[llm_service_pb2.ComposeResponse]:
        yield llm_service_pb2.ComposeResponse()
        await self._do(llm_service_pb2.PlanRequest(question=request.question))

    async def Judge(
        self, request: llm_service_pb2.JudgeRequest, _context: grpc.aio.ServicerContext[Any, Any]
    ) -> llm_service_pb2.JudgeResponse:
        self.started_judging.set()
        await self._do(llm_service_pb2.PlanRequest(question=request.statement))
        return llm_service_pb2.JudgeResponse()

    async def _do(self, request: llm_service_pb2.PlanRequest) -> str:
        kinds = errors.by_reason()
        match request.question:
            case "bug":
                raise ZeroDivisionError("a secret")
            case "wait":
                try:
                    await self.release.wait()
                except asyncio.CancelledError:
                    self.cancelled.set()
                    raise
            case "left":
                return str(deadlines.remaining())
            case "INVALID_FIELD":
                raise errors.InvalidField("question", "the question is odd", remedy="ask another", more="facts")
            case "OVERLOADED":
                raise errors.Overloaded("too much", retry_after_s=2.5, remedy="wait")
            case reason if reason in kinds:
                raise kinds[reason](f"said {reason}", remedy="do something", part="echo")
        return request.question
