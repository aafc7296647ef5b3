"""Spans from OpenTelemetry's protocol."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from services.provenance import convert, otlp

TRACE = bytes(range(16))
SPAN = bytes(range(8))


def request(*spans: Span, service: str = "fusion") -> ExportTraceServiceRequest:
    resource_spans = ResourceSpans(scope_spans=[ScopeSpans(spans=spans)])
    if service:
        resource_spans.resource.attributes.add(key="service.name", value=AnyValue(string_value=service))
    return ExportTraceServiceRequest(resource_spans=[resource_spans])


def span(**changes: object) -> Span:
    plain = {"trace_id": TRACE, "span_id": SPAN, "start_time_unix_nano": 1_000, "end_time_unix_nano": 4_000}
    return Span(**(plain | changes))  # type: ignore[arg-type]  # a table of fields


def test_an_empty_request_brings_nothing() -> None:
    assert otlp.spans_from(ExportTraceServiceRequest()) == ([], 0)


def test_a_span_keeps_ids_times_service_and_links_with_their_attributes() -> None:
    region = KeyValue(key="groundwire.region.id", value=AnyValue(string_value="r2"))
    link = Span.Link(trace_id=TRACE, span_id=b"\x01" * 8, attributes=[region])
    (kept,), turned_away = otlp.spans_from(request(span(name="claim", parent_span_id=b"\x02" * 8, links=[link])))
    assert turned_away == 0
    assert (kept.trace_id, kept.span_id, kept.parent_span_id) == (TRACE.hex(), SPAN.hex(), "02" * 8)
    assert (kept.name, kept.service, kept.start_ns, kept.duration_ns, kept.error) == ("claim", "fusion", 1000, 3000, "")
    assert [(link.span_id, dict(link.attributes)) for link in kept.links] == [
        ("01" * 8, {"groundwire.region.id": "r2"})
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (AnyValue(), ""),
        (AnyValue(string_value="r1"), "r1"),
        (AnyValue(string_value="a\x00b"), "a\ufffdb"),
        (AnyValue(bool_value=True), "true"),
        (AnyValue(int_value=-3), "-3"),
        (AnyValue(double_value=0.5), "0.5"),
        (AnyValue(bytes_value=b"\xff"), "ff"),
        (AnyValue(array_value=ArrayValue(values=[AnyValue(string_value="r1"), AnyValue(int_value=2)])), '["r1", 2]'),
        (AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key="k", value=AnyValue(int_value=1))])), '{"k": 1}'),
        (AnyValue(string_value="x" * 5000), "x" * otlp.MAX_TEXT),
    ],
)
def test_attribute_values_become_text(value: AnyValue, text: str) -> None:
    (kept,), _ = otlp.spans_from(request(span(attributes=[KeyValue(key="key", value=value)])))
    assert kept.attributes == {"key": text}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (Status(), ""),
        (Status(code=Status.STATUS_CODE_OK, message="fine"), ""),
        (Status(code=Status.STATUS_CODE_ERROR, message="postgres is out of reach"), "postgres is out of reach"),
        (Status(code=Status.STATUS_CODE_ERROR), "error"),
    ],
)
def test_only_a_failed_span_has_an_error(status: Status, error: str) -> None:
    (kept,), _ = otlp.spans_from(request(span(status=status)))
    assert kept.error == error


@pytest.mark.parametrize(
    "changes",
    [
        {"trace_id": b""},
        {"trace_id": bytes(16)},
        {"trace_id": TRACE[:8]},
        {"span_id": b""},
        {"span_id": bytes(8)},
        {"start_time_unix_nano": 0},
        {"start_time_unix_nano": 2**63},
    ],
)
def test_a_span_that_is_none_is_turned_away_and_the_others_are_kept(changes: dict[str, object]) -> None:
    kept, turned_away = otlp.spans_from(request(span(**changes), span()))
    assert (len(kept), turned_away) == (1, 1)
    assert otlp.reply(turned_away).partial_success.rejected_spans == 1


def test_a_span_that_ends_before_it_starts_or_never_lasts_no_time() -> None:
    (early, never), _ = otlp.spans_from(request(span(end_time_unix_nano=1), span(end_time_unix_nano=0)))
    assert (early.duration_ns, never.duration_ns) == (0, 0)


def test_bounds_are_kept() -> None:
    many = [KeyValue(key=str(i), value=AnyValue(int_value=i)) for i in range(otlp.MAX_ATTRIBUTES + 1)]
    links = [Span.Link(trace_id=TRACE, span_id=SPAN)] * (otlp.MAX_LINKS + 1)
    (kept,), _ = otlp.spans_from(request(span(attributes=many, links=links)))
    assert (len(kept.attributes), len(kept.links)) == (otlp.MAX_ATTRIBUTES, otlp.MAX_LINKS)
    kept_spans, turned_away = otlp.spans_from(request(*[span()] * (otlp.MAX_SPANS + 2)))
    assert (len(kept_spans), turned_away) == (otlp.MAX_SPANS, 2)


def test_a_process_without_a_name_is_called_unknown() -> None:
    (kept,), _ = otlp.spans_from(request(span(), service=""))
    assert kept.service == "unknown_service"


@given(start=st.integers(1, 2**63 - 1), duration=st.integers(0, 10**12), name=st.text(max_size=30))
def test_times_survive_to_the_nanosecond(start: int, duration: int, name: str) -> None:
    end = min(start + duration, 2**63 - 1)
    kept, _ = otlp.spans_from(request(span(name=name, start_time_unix_nano=start, end_time_unix_nano=end)))
    (message,) = convert.trace_to(kept).spans
    assert message.start_time.ToNanoseconds() == start
    assert message.duration.ToNanoseconds() == end - start
    assert message.name == name.replace("\x00", "\ufffd")


def test_what_names_an_image_is_not_kept() -> None:
    digest = "a1" * 32
    named = [
        KeyValue(key="groundwire.image.digest", value=AnyValue(string_value=digest)),
        KeyValue(key="groundwire.tier", value=AnyValue(string_value="fast")),
    ]
    failed = Status(code=Status.STATUS_CODE_ERROR, message=f"no image {digest} is here")
    (kept,), _ = otlp.spans_from(
        request(span(attributes=named, status=failed, links=[Span.Link(trace_id=TRACE, attributes=named)]))
    )
    assert digest not in repr(kept)
    assert dict(kept.attributes) == {"groundwire.tier": "fast"}
    assert kept.error == "no image … is here"
