"""Spans as OpenTelemetry's protocol brings them, to spans as they are kept.

Nothing that arrives is trusted: a span without proper ids or times is turned away, and text, attributes and links are
cut to bounds, because spans come from every process and must not crowd out the records.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from services.provenance.core.traces import Link, Span
from services.runtime import attributes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from opentelemetry.proto.common.v1 import common_pb2

MAX_SPANS: Final = 10_000
"""Spans kept of one request."""
MAX_ATTRIBUTES: Final = 256
"""Attributes kept of one span or link."""
MAX_LINKS: Final = 4096
"""Links kept of one span; as many as the mesh's own services put on one."""
MAX_TEXT: Final = 4096
"""Characters kept of a name, a value or an error."""

PERSONAL: Final = frozenset({attributes.IMAGE_DIGEST})
"""Attributes that are not kept: a row that is deleted stays in the database's write-ahead log and in backups, so what
must be gone after an erasure may not be in one. The answer itself, encrypted, has the digest of its image.
"""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
"""What an error may name an image by."""

_TRACE_ID_BYTES: Final = 16
_SPAN_ID_BYTES: Final = 8
_LAST_NS: Final = 2**63 - 1  # What a signed 64-bit column holds: the year 2262.


def spans_from(request: trace_service_pb2.ExportTraceServiceRequest) -> tuple[list[Span], int]:
    """The spans of a request that can be kept, and how many of it cannot."""
    kept: list[Span] = []
    turned_away = 0
    for service, message in _walk(request):
        if len(kept) < MAX_SPANS and _is_sound(message):
            kept.append(_span_from(message, service))
        else:
            turned_away += 1
    return kept, turned_away


def reply(turned_away: int) -> trace_service_pb2.ExportTraceServiceResponse:
    """What the sender is told: everything was kept, or how much was not and why. It must not send that again."""
    if not turned_away:
        return trace_service_pb2.ExportTraceServiceResponse()
    return trace_service_pb2.ExportTraceServiceResponse(
        partial_success=trace_service_pb2.ExportTracePartialSuccess(
            rejected_spans=turned_away,
            error_message="a span needs a trace id of 16 bytes, a span id of 8 and a start time; "
            f"at most {MAX_SPANS} spans a request",
        )
    )


def _walk(request: trace_service_pb2.ExportTraceServiceRequest) -> Iterator[tuple[str, trace_pb2.Span]]:
    for resource_spans in request.resource_spans:
        service = _attributes(resource_spans.resource.attributes).get("service.name", "unknown_service")
        for scope_spans in resource_spans.scope_spans:
            for message in scope_spans.spans:
                yield service, message


def _is_sound(message: trace_pb2.Span) -> bool:
    return (
        len(message.trace_id) == _TRACE_ID_BYTES
        and len(message.span_id) == _SPAN_ID_BYTES
        and any(message.trace_id)
        and any(message.span_id)
        and 0 < message.start_time_unix_nano <= _LAST_NS
    )


def _span_from(message: trace_pb2.Span, service: str) -> Span:
    return Span(
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        parent_span_id=message.parent_span_id.hex(),
        name=_text(message.name),
        service=service,
        start_ns=message.start_time_unix_nano,
        duration_ns=max(0, min(message.end_time_unix_nano, _LAST_NS) - message.start_time_unix_nano),
        attributes=_attributes(message.attributes),
        links=tuple(
            Link(link.trace_id.hex(), link.span_id.hex(), _attributes(link.attributes))
            for link in message.links[:MAX_LINKS]
        ),
        error=_error(message),
    )


def _error(message: trace_pb2.Span) -> str:
    if message.status.code != trace_pb2.Status.STATUS_CODE_ERROR:
        return ""
    return _text(_DIGEST.sub("…", message.status.message)) or "error"


def _attributes(pairs: Iterable[common_pb2.KeyValue]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for pair in pairs:
        if len(kept) == MAX_ATTRIBUTES:
            break
        if pair.key in PERSONAL:
            continue
        kept[_text(pair.key)] = _text(_in_words(_plain(pair.value)))
    return kept


def _plain(value: common_pb2.AnyValue) -> Any:
    """The value as JSON knows it; bytes in hexadecimal."""
    kind = value.WhichOneof("value")
    if kind is None:
        return ""
    if kind == "array_value":
        return [_plain(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _plain(pair.value) for pair in value.kvlist_value.values}
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind)


def _in_words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _text(text: str) -> str:
    # PostgreSQL's text cannot hold U+0000.
    return text[:MAX_TEXT].replace("\x00", "\ufffd")
