"""The commands that judge, search, compare and export, as a person gives them, on the service as it runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from groundwire.v1 import provenance_service_pb2 as pb
from tests.fakes.records import an_answer
from tests.mesh.embedded_postgres import EmbeddedPostgres, embedded_postgres
from tests.mesh.running_provenance import Running, running, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from groundwire.v1 import answer_pb2

RUN = "cd" * 8


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with embedded_postgres() as server:
        yield server


@pytest.fixture
def dsn(server: EmbeddedPostgres) -> str:
    return server.new_database()


@pytest.fixture
async def log(dsn: str, tmp_path: Path) -> AsyncIterator[Running]:
    async with running(dsn, tmp_path) as at:
        yield at


def a_traced_answer() -> answer_pb2.Answer:
    answer = an_answer()
    answer.claims[0].span_id = "12" * 8
    for region in answer.regions:
        region.source.trace_id, region.source.span_id = answer.trace_id, RUN
    return answer


def its_trace(answer: answer_pb2.Answer) -> trace_service_pb2.ExportTraceServiceRequest:
    """What fusion's exporter sends of the span of its claim."""
    trace_id = bytes.fromhex(answer.trace_id)
    facts = {"groundwire.answer.id": answer.id, "groundwire.claim.id": "c1", "groundwire.claim.verdict": "supported"}
    attributes = [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in facts.items()]
    cited = ArrayValue(values=[AnyValue(string_value="r2")])
    attributes.append(KeyValue(key="groundwire.claim.region_ids", value=AnyValue(array_value=cited)))
    told = {"groundwire.region.id": "r2", "groundwire.citation.role": "supports"}
    link = Span.Link(
        trace_id=trace_id,
        span_id=bytes.fromhex(RUN),
        attributes=[KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in told.items()],
    )
    span = Span(
        trace_id=trace_id,
        span_id=bytes.fromhex("12" * 8),
        name="claim",
        start_time_unix_nano=1,
        end_time_unix_nano=2,
        attributes=attributes,
        links=[link],
    )
    return trace_service_pb2.ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])]
    )


async def test_an_answer_agrees_with_its_trace_until_one_of_them_is_changed(log: Running, dsn: str) -> None:
    answer = a_traced_answer()
    await log.stub.Record(pb.RecordRequest(answer=answer.SerializeToString()))
    await signed(log, 1)
    outcome, status, detail = await log.verify(answer.id, "--trace")
    assert (outcome, status, "nothing was compared" in detail) == ("VALID", 0, True)
    collector = trace_service_pb2_grpc.TraceServiceStub(log.channel)  # type: ignore[no-untyped-call]
    await collector.Export(its_trace(answer))
    outcome, status, detail = await log.verify(answer.id, "--trace")
    assert (outcome, status, "its trace agrees" in detail) == ("VALID", 0, True)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            """UPDATE spans SET attributes = attributes || '{"groundwire.claim.region_ids": "[\\"r1\\"]"}'"""
        )
    outcome, status, detail = await log.verify(answer.id, "--trace")
    assert (outcome, status) == ("INVALID", 1)
    assert "claim c1 cites r2, and in the trace r1" in detail
    # Whoever does not ask for it is told of the record alone.
    assert (await log.verify(answer.id))[:2] == ("VALID", 0)


async def test_a_claim_is_judged_and_found_by_it(log: Running) -> None:
    first, second = await log.record(2)
    judged = await log.cli("review", second.id, "c1", "wrong", "--note", "it is a copy", "--reviewer", "Ada")
    assert (judged.exit_code, judged.output.strip()) == (0, "record 2: c1 wrong; the answer is wrong")
    listed = await log.cli(
        "list", "--review", "wrong", "--text", "yamaha", "--verdict", "supported", "--model", "rules"
    )
    assert second.id in listed.output
    assert first.id not in listed.output
    assert "reviewed: wrong" in listed.output
    assert "it is a copy" in (await log.cli("explain", second.id)).output
    assert (await log.cli("review", second.id, "c9", "wrong")).exit_code == 1
    assert (await log.cli("list", "--verdict", "fine")).exit_code == 1
    await signed(log, 3)
    assert (await log.verify())[:2] == ("VALID", 0)
    await log.cli("erase", "--answer", second.id)
    await signed(log, 4)
    outcome, _, detail = await log.verify()
    assert (outcome, "2 of them erased" in detail) == ("VALID", True)


async def test_answers_are_exported(log: Running, tmp_path: Path) -> None:
    (answer,) = await log.record(1)
    for form, key in (("prov", "wasDerivedFrom"), ("coco", "annotations")):
        out = tmp_path / f"{form}.json"
        made = await log.cli("export", answer.id, "--format", form, "-o", str(out))
        assert made.exit_code == 0, made.output
        assert key in json.loads(out.read_text())
    nowhere = await log.cli("export", answer.id, "--format", "coco", "-o", str(tmp_path / "no" / "where"))
    assert (nowhere.exit_code, "another place" in nowhere.output) == (1, True)
    half = await log.cli("export", answer.id, "--format", "c2pa", "-o", str(out), "--certificate", "x.pem")
    assert half.exit_code == 2
