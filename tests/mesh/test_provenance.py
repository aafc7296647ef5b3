"""The provenance service as it runs, on a real PostgreSQL that is killed and comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import psycopg
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry import trace as otel
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic import SecretStr

from groundwire.v1 import provenance_service_pb2, provenance_service_pb2_grpc
from services.common.errors import PartUnavailable
from services.provenance.__main__ import provenance
from services.provenance.settings import ProvenanceSettings
from services.runtime import telemetry
from services.runtime.server import serving
from services.runtime.status import from_rpc_error
from tests.fakes.ports import free_port
from tests.fakes.records import an_answer
from tests.mesh.embedded_postgres import EmbeddedPostgres, embedded_postgres

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from opentelemetry.util.types import AttributeValue

    from groundwire.v1 import answer_pb2
    from groundwire.v1.provenance_service_pb2_grpc import ProvenanceServiceAsyncStub as Stub

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with embedded_postgres() as server:
        yield server


@asynccontextmanager
async def running(dsn: str) -> AsyncIterator[tuple[grpc.aio.Channel, int]]:
    """The service on a database; yields a channel to it and its port once it says that it serves."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = ProvenanceSettings(
            dsn=SecretStr(dsn),
            signing_key_file=folder / "key.pem",
            key_folder=folder / "keys",
            port=0,
            connect_timeout_s=0.5,
            grace_s=5,
        )
        service = await stack.enter_async_context(asynccontextmanager(provenance)(settings))
        port = await stack.enter_async_context(serving(service, settings))
        channel = await stack.enter_async_context(connected(port))
        await until(channel, SERVING)
        yield channel, port


def connected(port: int) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(
        f"127.0.0.1:{port}", options=[("grpc.enable_retries", 0), ("grpc.max_reconnect_backoff_ms", 200)]
    )


async def until(channel: grpc.aio.Channel, state: int) -> None:
    """Wait until the service says so itself."""
    request = health_pb2.HealthCheckRequest(service="groundwire.v1.ProvenanceService")
    stub: Any = health_pb2_grpc.HealthStub(channel)  # Its types know no method.
    watch = stub.Watch(request, wait_for_ready=True)
    try:
        async with asyncio.timeout(30):
            async for reply in watch:
                if reply.status == state:
                    return
    finally:
        watch.cancel()  # An open watch would hold up the service's end.


async def record(stub: Stub, content: bytes) -> answer_pb2.RecordReceipt:
    return (await stub.Record(provenance_service_pb2.RecordRequest(answer=content))).receipt


async def listed(stub: Stub) -> list[provenance_service_pb2.AnswerSummary]:
    """Every recorded answer, newest first, page by page."""
    found: list[provenance_service_pb2.AnswerSummary] = []
    token = ""
    while True:
        page = await stub.ListAnswers(provenance_service_pb2.ListAnswersRequest(page_size=100, page_token=token))
        found += page.answers
        token = page.next_page_token
        if not token:
            return found


async def test_fifty_at_once_get_dense_indexes_and_come_back_as_they_were(server: EmbeddedPostgres) -> None:
    answers = [an_answer(f"question {i}") for i in range(50)]
    async with running(server.new_database()) as (channel, _):
        stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
        receipts = await asyncio.gather(*[record(stub, answer.SerializeToString()) for answer in answers])
        assert sorted(receipt.index for receipt in receipts) == list(range(50))
        again = await asyncio.gather(*[record(stub, answer.SerializeToString()) for answer in answers])
        assert again == receipts
        for answer, receipt in zip(answers, receipts, strict=True):
            back = await stub.GetAnswer(provenance_service_pb2.GetAnswerRequest(answer_id=answer.id))
            assert back.answer.record == receipt
            back.answer.ClearField("record")
            assert back.answer == answer
        assert [line.record.index for line in await listed(stub)] == list(reversed(range(50)))
        told = await stub.ExplainClaim(
            provenance_service_pb2.ExplainClaimRequest(answer_id=answers[7].id, claim_id="c1")
        )
        assert [region.text for region in told.cited_regions] == ["YAMAHA"]
        assert [region.text for region in told.rival_regions] == ["YAMARA"]


async def test_when_postgres_dies_nobody_gets_a_false_receipt_and_nothing_acknowledged_is_lost() -> None:
    acknowledged: dict[str, answer_pb2.RecordReceipt] = {}
    refused: list[tuple[answer_pb2.Answer, grpc.aio.AioRpcError]] = []
    enough = asyncio.Event()

    async def keep_recording(stub: Stub) -> None:
        while True:
            answer = an_answer()
            try:
                acknowledged[answer.id] = await record(stub, answer.SerializeToString())
            except grpc.aio.AioRpcError as error:
                refused.append((answer, error))
                return
            if len(acknowledged) >= 40:
                enough.set()

    with embedded_postgres() as own_server:
        async with running(own_server.new_database()) as (channel, _):
            stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
            callers = [asyncio.create_task(keep_recording(stub)) for _ in range(8)]
            await enough.wait()
            await asyncio.to_thread(own_server.crash)
            await asyncio.gather(*callers)
            assert {error.code() for _, error in refused} == {grpc.StatusCode.UNAVAILABLE}
            assert {type(from_rpc_error(error, part="provenance")) for _, error in refused} == {PartUnavailable}
            await until(channel, NOT_SERVING)

            await asyncio.to_thread(own_server.start)
            await until(channel, SERVING)
            for answer, _ in refused:
                # Where the death came between the commit and its news, this is the first receipt; else a new one.
                acknowledged[answer.id] = await record(stub, answer.SerializeToString())
            lines = await listed(stub)
            assert [line.record.index for line in lines] == list(reversed(range(len(lines))))
            assert {line.id: line.record for line in lines} == acknowledged


async def test_spans_of_a_real_exporter_come_back_with_their_links(server: EmbeddedPostgres) -> None:
    async with running(server.new_database()) as (channel, port):
        trace_id, region_span = await asyncio.to_thread(_send_spans, port)
        stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
        trace = await stub.GetTrace(provenance_service_pb2.GetTraceRequest(trace_id=trace_id))
    ask, perceive, claim = trace.spans
    assert [span.name for span in trace.spans] == ["ask", "perceive", "claim"]
    assert {span.service for span in trace.spans} == {"fusion"}
    assert (ask.parent_span_id, perceive.parent_span_id, claim.parent_span_id) == ("", ask.span_id, ask.span_id)
    assert perceive.error == "ValueError: no model"
    assert claim.attributes == {"groundwire.claim.region_ids": '["r1", "r2"]', "groundwire.tiles": "4"}
    assert len(claim.links) == 200
    assert (claim.links[0].trace_id, claim.links[0].span_id) == (trace_id, region_span)
    assert claim.links[0].attributes == {"groundwire.region.id": "r0", "groundwire.citation.role": "supports"}
    assert ask.duration.ToNanoseconds() >= claim.duration.ToNanoseconds() > 0


def _send_spans(port: int) -> tuple[str, str]:
    """What fusion sends, by the exporter that it uses. Returns the trace id and the span id of the regions' source."""
    provider = TracerProvider(resource=Resource({"service.name": "fusion"}), span_limits=SpanLimits(max_links=4096))
    exporter = OTLPSpanExporter(endpoint=f"http://127.0.0.1:{port}", insecure=True)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("ask") as ask:
        with suppress(ValueError), tracer.start_as_current_span("perceive") as perceive:
            raise ValueError("no model")
        links = [
            otel.Link(
                perceive.get_span_context(),
                {"groundwire.region.id": f"r{i}", "groundwire.citation.role": "supports"},
            )
            for i in range(200)
        ]
        attributes: dict[str, AttributeValue] = {"groundwire.claim.region_ids": ["r1", "r2"], "groundwire.tiles": 4}
        tracer.start_span("claim", links=links, attributes=attributes).end()
    assert provider.force_flush()
    provider.shutdown()
    return telemetry.trace_id_of(ask), telemetry.span_id_of(perceive)


@asynccontextmanager
async def process(dsn: str, port: int, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.provenance`, sending its own spans to itself."""
    settings = {
        "GROUNDWIRE_PROVENANCE_DSN": dsn,
        "GROUNDWIRE_PROVENANCE_PORT": str(port),
        "GROUNDWIRE_PROVENANCE_SIGNING_KEY_FILE": str(folder / "key.pem"),
        "GROUNDWIRE_PROVENANCE_KEY_FOLDER": str(folder / "keys"),
        "GROUNDWIRE_PROVENANCE_CONNECT_TIMEOUT_S": "0.5",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        # Seconds. What it sends after it has stopped listening finds nobody.
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.provenance", env=os.environ | settings, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            started.kill()
        await started.wait()


async def test_the_process_waits_for_postgres_survives_a_kill_and_traces_itself_without_end(tmp_path: Path) -> None:
    trace_id = "5bf92f3577b34da6a3ce929d0e0e4736"
    parent = [("traceparent", f"00-{trace_id}-00f067aa0ba902b7-01")]
    answer = an_answer()
    with embedded_postgres() as own_server:
        dsn, port = own_server.new_database(), free_port()
        await asyncio.to_thread(own_server.crash)
        async with process(dsn, port, tmp_path), connected(port) as channel:
            stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
            await until(channel, NOT_SERVING)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await record(stub, answer.SerializeToString())
            assert isinstance(from_rpc_error(caught.value, part="provenance"), PartUnavailable)
            await asyncio.to_thread(own_server.start)
            await until(channel, SERVING)
            request = provenance_service_pb2.RecordRequest(answer=answer.SerializeToString())
            receipt = (await stub.Record(request, metadata=parent)).receipt
            (span,) = await trace_of(stub, trace_id)
            assert (span.name, span.service) == ("groundwire.v1.ProvenanceService/Record", "provenance")
            assert span.attributes["groundwire.record.index"] == "0"
            # Killed, not stopped: what was acknowledged is there.
        async with process(dsn, port, tmp_path) as started, connected(port) as channel:
            stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
            await until(channel, SERVING)
            assert await record(stub, answer.SerializeToString()) == receipt
            started.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                assert await started.wait() == 0
        with psycopg.connect(dsn) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM spans")}
        assert names
        assert all(name.startswith("groundwire.v1.ProvenanceService/") for name in names)


async def trace_of(stub: Stub, trace_id: str) -> list[provenance_service_pb2.Span]:
    """The spans of a trace, as soon as any are there."""
    async with asyncio.timeout(30):
        while True:
            try:
                trace = await stub.GetTrace(provenance_service_pb2.GetTraceRequest(trace_id=trace_id))
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND:
                    raise
            else:
                return list(trace.spans)
