"""llm, over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc

from groundwire.v1 import llm_service_pb2, llm_service_pb2_grpc
from services.fusion import convert
from services.fusion.ports import Composed
from services.runtime import wire
from services.runtime.status import from_rpc_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from services.common.claims import TargetEvidence
    from services.common.plans import Plan
    from services.common.regions import Region

PART: Final = "llm"


class GrpcLanguage:
    """The `Language` port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = llm_service_pb2_grpc.LlmServiceStub(channel)

    async def plan(self, question: str) -> tuple[Plan, bool]:
        """Plan a question."""
        try:
            response = await self._stub.Plan(llm_service_pb2.PlanRequest(question=question))
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
        return wire.plan_from(response.plan), response.degraded

    async def compose(
        self, question: str, plan: Plan, regions: Sequence[Region], evidence: Sequence[TargetEvidence]
    ) -> AsyncIterator[Composed]:
        """Stream claims."""
        request = llm_service_pb2.ComposeRequest(
            question=question,
            plan=wire.plan_to(plan),
            regions=[wire.region_to(region) for region in regions],
            evidence=[convert.evidence_to(item) for item in evidence],
        )
        try:
            async for response in self._stub.Compose(request):
                draft = convert.draft_from(response.draft)
                yield Composed(draft, wire.engine_from(response.engine), response.degraded)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
