"""Provenance, over gRPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import grpc

from groundwire.v1 import provenance_service_pb2, provenance_service_pb2_grpc
from services.common.errors import RecordNotFound
from services.runtime.status import from_rpc_error

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

    from groundwire.v1 import answer_pb2

PART: Final = "provenance"


class GrpcRecords:
    """The `Records` port."""

    def __init__(self, channel: grpc.aio.Channel, *, timeout_s: float, watch_s: float) -> None:
        """Take `timeout_s` for a look, and follow the log for `watch_s` at a time; seconds."""
        self._stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
        self._timeout_s = timeout_s
        self._watch_s = watch_s

    async def answer(self, answer_id: str) -> answer_pb2.Answer:
        """Read it back."""
        return (await self.reviewed(answer_id)).answer

    async def reviewed(self, answer_id: str) -> provenance_service_pb2.GetAnswerResponse:
        """Read it back with its reviews."""
        request = provenance_service_pb2.GetAnswerRequest(answer_id=answer_id)
        response: provenance_service_pb2.GetAnswerResponse = await self._call(self._stub.GetAnswer, request)
        return response

    async def answers(
        self, page_size: int, page_token: str, wanted: provenance_service_pb2.AnswerFilter | None = None
    ) -> provenance_service_pb2.ListAnswersResponse:
        """List a page."""
        request = provenance_service_pb2.ListAnswersRequest(page_size=page_size, page_token=page_token, filter=wanted)
        response: provenance_service_pb2.ListAnswersResponse = await self._call(self._stub.ListAnswers, request)
        return response

    async def watch(
        self, after_index: int, wanted: provenance_service_pb2.AnswerFilter
    ) -> AsyncGenerator[provenance_service_pb2.AnswerSummary]:
        """Follow the log until the deadline, which is no error: whoever still listens goes on from there."""
        request = provenance_service_pb2.WatchAnswersRequest(after_index=after_index, filter=wanted)
        call: Any = self._stub.WatchAnswers(request, timeout=self._watch_s)
        try:
            async for response in call:
                yield response.answer
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.DEADLINE_EXCEEDED:
                raise from_rpc_error(error, part=PART) from error
        finally:
            call.cancel()

    async def review(self, request: provenance_service_pb2.ReviewRequest) -> provenance_service_pb2.ReviewResponse:
        """Have it kept."""
        response: provenance_service_pb2.ReviewResponse = await self._call(self._stub.Review, request)
        return response

    async def explain(self, answer_id: str, claim_id: str) -> provenance_service_pb2.ExplainClaimResponse:
        """Have it explained."""
        request = provenance_service_pb2.ExplainClaimRequest(answer_id=answer_id, claim_id=claim_id)
        response: provenance_service_pb2.ExplainClaimResponse = await self._call(self._stub.ExplainClaim, request)
        return response

    async def proof(self, answer_id: str) -> provenance_service_pb2.GetInclusionProofResponse:
        """Ask for the proof."""
        request = provenance_service_pb2.GetInclusionProofRequest(answer_id=answer_id)
        response: provenance_service_pb2.GetInclusionProofResponse = await self._call(
            self._stub.GetInclusionProof, request
        )
        return response

    async def trace(self, trace_id: str) -> Sequence[provenance_service_pb2.Span]:
        """Read the spans back. That there are none yet is no error: they come seconds after the answer."""
        request = provenance_service_pb2.GetTraceRequest(trace_id=trace_id)
        try:
            response: provenance_service_pb2.GetTraceResponse = await self._call(self._stub.GetTrace, request)
        except RecordNotFound:
            return ()
        return response.spans

    async def _call(self, method: Callable[..., Awaitable[Any]], request: object) -> Any:
        try:
            return await method(request, timeout=self._timeout_s)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error, part=PART) from error
