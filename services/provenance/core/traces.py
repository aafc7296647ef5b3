"""Spans as they are kept: as much of each as a waterfall and a claim's links need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Link:
    """From a span to another, which may lie in another trace. Ids are W3C hexadecimal."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Span:
    """One span. Ids are W3C hexadecimal; `parent_span_id` is empty at the root, `error` when nothing went wrong.

    `start_ns` counts nanoseconds since 1970-01-01 UTC; `duration_ns` is at least 0.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    service: str
    start_ns: int
    duration_ns: int
    attributes: Mapping[str, str]
    links: tuple[Link, ...]
    error: str
