"""The gRPC shell of llm: convert, call, convert."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from groundwire.v1.llm_service_pb2_grpc import LlmServiceServicer
from services.llm import convert

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import grpc

    from groundwire.v1 import llm_service_pb2 as pb
    from services.llm.ports import Composer, Judge, Planner

    Context = grpc.aio.ServicerContext[Any, Any]


class LlmServicer(LlmServiceServicer):
    """`groundwire.v1.LlmService`. What each method does and raises is written in the contract."""

    def __init__(self, *, planner: Planner, composer: Composer, judge: Judge) -> None:
        self._planner = planner
        self._composer = composer
        self._judge = judge

    async def Plan(self, request: pb.PlanRequest, _context: Context) -> pb.PlanResponse:
        """Plan a question."""
        question, conversation = (
            convert.question_from(request.question),
            convert.conversation_from(request.conversation),
        )
        return convert.planned_to(await self._planner.plan(question, conversation))

    async def Compose(self, request: pb.ComposeRequest, _context: Context) -> AsyncIterator[pb.ComposeResponse]:
        """Write claims, one at a time."""
        async with aclosing(self._composer.compose(convert.material_from(request))) as claims:
            async for composed in claims:
                yield convert.composed_to(composed)

    async def Judge(self, request: pb.JudgeRequest, _context: Context) -> pb.JudgeResponse:
        """Judge a statement."""
        return convert.judgement_to(await self._judge.judge(*convert.statement_from(request)))
