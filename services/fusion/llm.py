"""llm, over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc

from groundwire.v1 import llm_service_pb2, llm_service_pb2_grpc
from services.fusion import convert
from services.fusion.core.checks.inquiries import Judgement
from services.fusion.ports import Composed
from services.runtime import wire
from services.runtime.status import from_rpc_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from services.common.geometry import Box
    from services.common.plans import Plan
    from services.fusion.ports import Material, PastTurn

PART: Final = "llm"

MAX_TURNS: Final = 8
"""Turns of a conversation that llm takes."""


class GrpcLanguage:
    """The `Language` port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = llm_service_pb2_grpc.LlmServiceStub(channel)

    async def plan(self, question: str, conversation: Sequence[PastTurn]) -> tuple[Plan, bool]:
        """Plan a question."""
        request = llm_service_pb2.PlanRequest(
            question=question, conversation=[convert.turn_to(turn) for turn in conversation[-MAX_TURNS:]]
        )
        try:
            response = await self._stub.Plan(request)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        return wire.plan_from(response.plan), response.degraded

    async def compose(self, material: Material) -> AsyncIterator[Composed]:
        """Stream claims."""
        request = llm_service_pb2.ComposeRequest(
            question=material.question,
            plan=wire.plan_to(material.plan),
            regions=[wire.region_to(region) for region in material.regions],
            evidence=[convert.evidence_to(item) for item in material.evidence],
            documents=[convert.document_to(document) for document in material.documents],
        )
        try:
            async for response in self._stub.Compose(request):
                draft = convert.draft_from(response.draft)
                yield Composed(draft, wire.engine_from(response.engine), response.degraded)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error

    async def judge(self, statement: str, image_digest: str, places: Sequence[Box]) -> Judgement:
        """Have a statement judged."""
        request = llm_service_pb2.JudgeRequest(
            statement=statement, image_digest=image_digest, boxes=[wire.box_to(place) for place in places]
        )
        try:
            response = await self._stub.Judge(request)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        return Judgement(response.probability, wire.engine_from(response.engine))
