"""The gRPC shell: convert, call, convert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from groundwire.v1 import provenance_service_pb2, provenance_service_pb2_grpc
from services.common.errors import RecordNotFound
from services.provenance import convert, otlp
from services.provenance.core import explanation, pages
from services.runtime import attributes

if TYPE_CHECKING:
    import grpc

    from groundwire.v1 import answer_pb2
    from services.provenance.ports import Records, Spans
    from services.provenance.recorder import Recorder

MAX_TRACE_SPANS: Final = 10_000
"""Spans of a trace that are returned, the earliest first."""


class ProvenanceServicer(provenance_service_pb2_grpc.ProvenanceServiceServicer):
    """What was answered, why, and on what evidence."""

    def __init__(self, *, recorder: Recorder, records: Records, spans: Spans) -> None:
        """Write through the recorder, read from the stores."""
        self._recorder = recorder
        self._records = records
        self._spans = spans

    async def Record(
        self, request: provenance_service_pb2.RecordRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.RecordResponse:
        """Keep an answer."""
        record = convert.record_from(request.answer)
        receipt = await self._recorder.record(record)
        trace.get_current_span().set_attributes(
            {attributes.ANSWER_ID: str(record.summary.answer_id), attributes.RECORD_INDEX: receipt.index}
        )
        return provenance_service_pb2.RecordResponse(receipt=convert.receipt_to(receipt))

    async def GetAnswer(
        self, request: provenance_service_pb2.GetAnswerRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.GetAnswerResponse:
        """Read an answer back."""
        return provenance_service_pb2.GetAnswerResponse(answer=await self._answer(request.answer_id))

    async def ListAnswers(
        self, request: provenance_service_pb2.ListAnswersRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.ListAnswersResponse:
        """List answers, newest first."""
        size, before = pages.size(request.page_size), pages.before(request.page_token)
        # One more than the page holds tells whether there is a next one.
        found = await self._records.newest(before=before, limit=size + 1)
        page = found[:size]
        return provenance_service_pb2.ListAnswersResponse(
            answers=[convert.summary_to(listed) for listed in page],
            next_page_token=pages.token(page[-1].receipt.index) if len(found) > size else "",
        )

    async def ExplainClaim(
        self, request: provenance_service_pb2.ExplainClaimRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.ExplainClaimResponse:
        """Tell how a claim came about."""
        claim_id = convert.claim_id_from(request.claim_id)
        answer = await self._answer(request.answer_id)
        chain = explanation.explain(convert.outline_from(answer), claim_id)
        return convert.explanation_to(answer, claim_id, chain)

    async def GetTrace(
        self, request: provenance_service_pb2.GetTraceRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.GetTraceResponse:
        """Read the spans of a trace back."""
        trace_id = convert.trace_id_from(request.trace_id, "trace_id")
        found = await self._spans.trace(trace_id, limit=MAX_TRACE_SPANS)
        if not found:
            raise RecordNotFound(
                f"no span of trace {trace_id} is here",
                remedy="spans arrive a few seconds after the answer, and are dropped after some days; see also that "
                "OTEL_EXPORTER_OTLP_ENDPOINT of the services points here",
                kind="trace",
                id=trace_id,
            )
        return convert.trace_to(found)

    async def _answer(self, answer_id: str) -> answer_pb2.Answer:
        stored = await self._records.read(convert.uuid_from(answer_id, "answer_id"))
        if stored is None:
            raise RecordNotFound(
                f"no answer {answer_id} is recorded here",
                remedy="ListAnswers lists those that are",
                kind="answer",
                id=answer_id,
            )
        return convert.answer_to(stored)


class TraceServicer(trace_service_pb2_grpc.TraceServiceServicer):
    """OpenTelemetry's own way in for spans. A reply means that they are kept."""

    def __init__(self, *, spans: Spans) -> None:
        """Keep spans in a store."""
        self._spans = spans

    async def Export(
        self, request: trace_service_pb2.ExportTraceServiceRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        """Keep what can be kept, and say how much could not."""
        spans, turned_away = otlp.spans_from(request)
        if spans:
            await self._spans.keep(spans)
        return otlp.reply(turned_away)
