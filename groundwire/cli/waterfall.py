"""The spans of a trace over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from groundwire import words
from groundwire.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from groundwire.v1 import provenance_service_pb2

BAR_COLUMNS = 40

ERROR_CHARACTERS = 60
"""As much of a span's error as a row has room for; the rest is in the trace."""


def waterfall(spans: Sequence[provenance_service_pb2.Span]) -> Table:
    """One row a span, children below and to the right of their parent, a bar where it lies in the trace."""
    begin = min(span.start_time.ToNanoseconds() for span in spans)
    end = max(span.start_time.ToNanoseconds() + span.duration.ToNanoseconds() for span in spans)
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("span", overflow="fold")
    table.add_column("service")
    table.add_column("duration", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for depth, span in _in_order(spans):
        name = Text.assemble("  " * depth, plain(span.name))
        if span.error:
            name.append(f" ✗ {plain(span.error, ERROR_CHARACTERS)}", style="red")
        duration = words.milliseconds(span.duration.ToNanoseconds() / 1e9)
        table.add_row(name, plain(span.service), duration, _bar(span, begin, end))
    return table


def _in_order(spans: Sequence[provenance_service_pb2.Span]) -> Iterator[tuple[int, provenance_service_pb2.Span]]:
    """Depth first. A span whose parent is not here is a root; one in a ring of parents is not shown twice."""
    known = {span.span_id for span in spans}
    children: dict[str, list[provenance_service_pb2.Span]] = {}
    for span in spans:
        parent = span.parent_span_id if span.parent_span_id in known else ""
        children.setdefault(parent, []).append(span)
    waiting = [(0, span) for span in reversed(children.get("", []))]
    while waiting:
        depth, span = waiting.pop()
        yield depth, span
        waiting += [(depth + 1, child) for child in reversed(children.pop(span.span_id, []))]


def _bar(span: provenance_service_pb2.Span, begin: int, end: int) -> Text:
    """At least one cell, so that no span is invisible."""
    whole = max(1, end - begin)
    start = span.start_time.ToNanoseconds() - begin
    left = min(BAR_COLUMNS - 1, start * BAR_COLUMNS // whole)
    width = max(1, min(BAR_COLUMNS - left, round(span.duration.ToNanoseconds() * BAR_COLUMNS / whole)))
    return Text(" " * left + "█" * width, style="red" if span.error else "green")
