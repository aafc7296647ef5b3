"""GroundingService: convert, answer, convert."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from groundwire.v1 import grounding_service_pb2, grounding_service_pb2_grpc
from services.fusion import convert
from services.fusion.answering import Event, Parts, Request, answering
from services.fusion.core import needs
from services.runtime import deadlines, tenant

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    import grpc

    from groundwire.v1 import answer_pb2

    Context = grpc.aio.ServicerContext[Any, Any]


class GroundingServicer(grounding_service_pb2_grpc.GroundingServiceServicer):
    """The public API."""

    def __init__(self, parts: Parts, *, max_question_characters: int, default_deadline_s: float) -> None:
        self._parts = parts
        self._max_question_characters = max_question_characters
        self._default_deadline_s = default_deadline_s

    async def Ask(
        self, request: grounding_service_pb2.AskRequest, _context: Context
    ) -> grounding_service_pb2.AskResponse:
        """Answer a question."""
        return grounding_service_pb2.AskResponse(answer=await self._answer(self._asked(request)))

    async def AskStream(
        self, request: grounding_service_pb2.AskStreamRequest, _context: Context
    ) -> AsyncIterator[grounding_service_pb2.AskStreamResponse]:
        """Answer a question, step by step."""
        async with aclosing(self._events(self._asked(request))) as events:
            async for event in events:
                yield event

    async def Ground(
        self, request: grounding_service_pb2.GroundRequest, _context: Context
    ) -> grounding_service_pb2.GroundResponse:
        """Find phrases."""
        plan = needs.plan_to_ground(request.phrases)
        question = "Where is " + ", ".join(target.words for target in plan.targets) + "?"
        image, stakes = convert.image_from(request.image), convert.stakes_from(request.stakes)
        asked = Request(image, question, stakes, tenant.current_tenant(), plan)
        return grounding_service_pb2.GroundResponse(answer=await self._answer(asked))

    async def Read(
        self, request: grounding_service_pb2.ReadRequest, _context: Context
    ) -> grounding_service_pb2.ReadResponse:
        """Read all lettering."""
        image, stakes = convert.image_from(request.image), convert.stakes_from(request.stakes)
        question = "What is written in the picture?"
        asked = Request(image, question, stakes, tenant.current_tenant(), needs.plan_to_read())
        return grounding_service_pb2.ReadResponse(answer=await self._answer(asked))

    def _asked(self, request: grounding_service_pb2.AskRequest | grounding_service_pb2.AskStreamRequest) -> Request:
        return Request(
            convert.image_from(request.image),
            convert.question_from(request.question, self._max_question_characters),
            convert.stakes_from(request.stakes),
            tenant.current_tenant(),
            documents=convert.documents_from(request.documents),
            conversation_id=convert.conversation_from(request.conversation_id),
            with_relevance=request.with_relevance,
            store=convert.store_from(request.store),
        )

    async def _answer(self, asked: Request) -> answer_pb2.Answer:
        async with aclosing(self._events(asked)) as events:
            async for event in events:
                if event.HasField("answer"):
                    return event.answer
        raise RuntimeError("answering ended without an answer")

    def _events(self, asked: Request) -> AsyncGenerator[Event]:
        if deadlines.remaining() is None:
            deadlines.set_remaining(self._default_deadline_s)
        return answering(asked, self._parts)
