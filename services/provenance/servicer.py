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
    from collections.abc import AsyncIterator

    import grpc

    from groundwire.v1 import answer_pb2
    from services.provenance.ports import Spans
    from services.provenance.proving import Prover
    from services.provenance.vault import Vault

MAX_TRACE_SPANS: Final = 10_000
"""Spans of a trace that are returned, the earliest first."""


class ProvenanceServicer(provenance_service_pb2_grpc.ProvenanceServiceServicer):
    """What was answered, why, and on what evidence."""

    def __init__(self, *, vault: Vault, spans: Spans, prover: Prover) -> None:
        """Keep answers in the vault, read spans from their store, prove through the prover."""
        self._vault = vault
        self._spans = spans
        self._prover = prover

    async def Record(
        self, request: provenance_service_pb2.RecordRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.RecordResponse:
        """Keep an answer."""
        answer = convert.answer_from(request.answer)
        self._prover.require_sound()
        receipt = await self._vault.record(answer)
        self._prover.saw(receipt)
        trace.get_current_span().set_attributes(
            {attributes.ANSWER_ID: str(answer.finding.answer_id), attributes.RECORD_INDEX: receipt.index}
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
        found = await self._vault.newest(before=before, limit=size + 1)
        page = found[:size]
        return provenance_service_pb2.ListAnswersResponse(
            answers=[convert.summary_to(*line) for line in page],
            next_page_token=pages.token(page[-1][0].receipt.index) if len(found) > size else "",
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

    async def GetCheckpoint(
        self, request: provenance_service_pb2.GetCheckpointRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.GetCheckpointResponse:
        """Read the newest checkpoint."""
        note = await self._prover.newest_note()
        return provenance_service_pb2.GetCheckpointResponse(checkpoint=note, public_key=self._prover.public_key)

    async def GetInclusionProof(
        self, request: provenance_service_pb2.GetInclusionProofRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.GetInclusionProofResponse:
        """Prove that a record is in the signed log."""
        named = convert.record_name_from(request)
        index = named if isinstance(named, int) else (await self._vault.locate(named)).receipt.index
        included, erasure = await self._prover.include(index)
        opening = await self._vault.evidence(included.entry)
        return convert.inclusion_to(included, opening, erasure, self._prover.public_key)

    async def GetConsistencyProof(
        self, request: provenance_service_pb2.GetConsistencyProofRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.GetConsistencyProofResponse:
        """Prove that the log begins with what it was."""
        hashes = await self._prover.connect(request.old_size, request.new_size)
        return provenance_service_pb2.GetConsistencyProofResponse(hashes=hashes)

    async def ReadRecords(
        self, request: provenance_service_pb2.ReadRecordsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[provenance_service_pb2.ReadRecordsResponse]:
        """Read the log record by record."""
        async for entry in self._prover.read(request.start, request.end, boxes=request.with_contents):
            yield convert.entry_to(entry, await self._vault.evidence(entry))

    async def Erase(
        self, request: provenance_service_pb2.EraseRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.EraseResponse:
        """Erase an answer, or every answer about an image."""
        answer_id, image_digest = convert.subject_from(request)
        reason = convert.reason_from(request.reason)
        self._prover.require_sound()
        erased = await self._vault.erase(answer_id, image_digest, reason)
        self._prover.hurry()
        return convert.erased_to(erased)

    async def _answer(self, answer_id: str) -> answer_pb2.Answer:
        return convert.answer_to(*await self._vault.read(convert.uuid_from(answer_id, "answer_id")))


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
