"""The gRPC shell: convert, call, convert."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from groundwire.v1 import provenance_service_pb2, provenance_service_pb2_grpc
from services.common.errors import RecordNotFound
from services.provenance import convert, convert_answer, convert_search, otlp, tenants
from services.provenance.core import explanation, pages
from services.runtime import attributes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    import grpc

    from groundwire.v1 import answer_pb2
    from services.provenance.core.traces import Span
    from services.provenance.listing import Lister
    from services.provenance.ports import Pictures, Spans
    from services.provenance.proving import Prover
    from services.provenance.reviewing import Reviewer
    from services.provenance.vault import Vault

MAX_TRACE_SPANS: Final = 10_000
"""Spans of a trace that are returned, the earliest first."""


class ProvenanceServicer(provenance_service_pb2_grpc.ProvenanceServiceServicer):
    """What was answered, why, and on what evidence."""

    def __init__(
        self, *, vault: Vault, lister: Lister, reviewer: Reviewer, spans: Spans, prover: Prover, pictures: Pictures
    ) -> None:
        """Keep answers in the vault, find them by the lister, read spans from their store, prove through the prover.

        Pictures are held elsewhere, and are forgotten there when they are erased.
        """
        self._vault = vault
        self._pictures = pictures
        self._lister = lister
        self._reviewer = reviewer
        self._spans = spans
        self._prover = prover

    async def Record(
        self, request: provenance_service_pb2.RecordRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.RecordResponse:
        """Keep an answer."""
        answer = convert_answer.answer_from(request.answer, tenants.of_record(request.tenant))
        store = convert.store_from(request.store)
        self._prover.require_sound()
        receipt, salt = await self._vault.record(answer, store)
        self._prover.saw(receipt)
        trace.get_current_span().set_attributes(
            {attributes.ANSWER_ID: str(answer.finding.answer_id), attributes.RECORD_INDEX: receipt.index}
        )
        response = provenance_service_pb2.RecordResponse(receipt=convert.receipt_to(receipt))
        response.receipt.salt = salt
        return response

    async def GetAnswer(
        self, request: provenance_service_pb2.GetAnswerRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.GetAnswerResponse:
        """Read an answer back."""
        answer, reviews = await self._answer(request.answer_id)
        return provenance_service_pb2.GetAnswerResponse(answer=answer, reviews=reviews)

    async def ListAnswers(
        self, request: provenance_service_pb2.ListAnswersRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.ListAnswersResponse:
        """List answers, newest first."""
        wanted = convert_search.filter_from(request.filter, tenants.of_call())
        size, before = pages.size(request.page_size), pages.before(request.page_token, wanted.digest)
        page, end = await self._lister.page(wanted, before=before, limit=size)
        return provenance_service_pb2.ListAnswersResponse(
            answers=[convert.summary_to(*line) for line in page],
            next_page_token="" if end is None else pages.token(end, wanted.digest),
        )

    async def WatchAnswers(
        self, request: provenance_service_pb2.WatchAnswersRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[provenance_service_pb2.WatchAnswersResponse]:
        """Follow the log."""
        wanted = convert_search.filter_from(request.filter, tenants.of_call())
        after = request.after_index if request.HasField("after_index") else None
        async with aclosing(self._lister.watch(wanted, after)) as lines:
            async for line in lines:
                yield provenance_service_pb2.WatchAnswersResponse(answer=convert.summary_to(*line))

    async def Review(
        self, request: provenance_service_pb2.ReviewRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.ReviewResponse:
        """Keep a person's judgement of a claim."""
        self._prover.require_sound()
        receipt, state = await self._reviewer.review(convert_search.review_from(request), tenants.of_call())
        self._prover.saw(receipt)
        return convert_search.reviewed_to(receipt, state)

    async def ExplainClaim(
        self, request: provenance_service_pb2.ExplainClaimRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.ExplainClaimResponse:
        """Tell how a claim came about."""
        claim_id = convert.claim_id_from(request.claim_id)
        answer, reviews = await self._answer(request.answer_id)
        chain = explanation.explain(convert.outline_from(answer), claim_id)
        return convert.explanation_to(answer, claim_id, chain, reviews)

    async def GetTrace(
        self, request: provenance_service_pb2.GetTraceRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.GetTraceResponse:
        """Read the spans of a trace back."""
        trace_id = convert.trace_id_from(request.trace_id, "trace_id")
        found: Sequence[Span] = ()
        if await self._vault.is_visible(trace_id, tenants.of_call()):
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
        tenant = tenants.of_call()
        index = named if isinstance(named, int) else (await self._vault.locate(named, tenant)).receipt.index
        included, erasure = await self._prover.include(index)
        shown = await self._vault.show(included.entry, tenant)
        return convert.inclusion_to(included, shown, erasure, self._prover.public_key)

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
        tenant = tenants.of_call()
        async for entry in self._prover.read(request.start, request.end, boxes=request.with_contents):
            yield convert.entry_to(entry, await self._vault.show(entry, tenant))

    async def Erase(
        self, request: provenance_service_pb2.EraseRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> provenance_service_pb2.EraseResponse:
        """Erase an answer, or every answer about an image."""
        answer_id, image_digest = convert.subject_from(request)
        reason = convert.reason_from(request.reason)
        self._prover.require_sound()
        if image_digest and await self._vault.answers_about(tenants.of_call(), image_digest):
            # First: where it fails nothing is erased yet, and the call can be made again.
            await self._pictures.forget(image_digest)
        erased = await self._vault.erase(tenants.of_call(), answer_id, image_digest, reason)
        self._prover.hurry()
        return convert.erased_to(erased)

    async def _answer(self, answer_id: str) -> tuple[answer_pb2.Answer, Sequence[provenance_service_pb2.ClaimReview]]:
        named, tenant = convert.uuid_from(answer_id, "answer_id"), tenants.of_call()
        answer = convert.answer_to(*await self._vault.read(named, tenant))
        return answer, [convert_search.review_to(*review) for review in await self._reviewer.of(named, tenant)]


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
