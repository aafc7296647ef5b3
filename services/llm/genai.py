"""OpenTelemetry's conventions for generative AI: the names, in one place, and one operation as span and metrics.

Prompts and outputs are in neither, unless the settings say so outright.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry import metrics, propagate, trace

from services.runtime import telemetry

if TYPE_CHECKING:
    from collections.abc import Mapping

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
MAX_TOKENS: Final = "gen_ai.request.max_tokens"
TEMPERATURE: Final = "gen_ai.request.temperature"
SEED: Final = "gen_ai.request.seed"
STREAM: Final = "gen_ai.request.stream"
OUTPUT_TYPE: Final = "gen_ai.output.type"
RESPONSE_ID: Final = "gen_ai.response.id"
RESPONSE_MODEL: Final = "gen_ai.response.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHED_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105 - a kind of token, no secret
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"
PROMPT_NAME: Final = "gen_ai.prompt.name"
PROMPT_DIGEST: Final = "groundwire.prompt.digest"
"""SHA-256 of the prompt's templates, hexadecimal."""
ATTEMPT: Final = "groundwire.attempt"
"""1 for the first try."""
QUEUED_S: Final = "groundwire.queue.duration"
"""Seconds that the request waited for its turn here."""

DURATION_METRIC: Final = "gen_ai.client.operation.duration"
FIRST_CHUNK_METRIC: Final = "gen_ai.client.operation.time_to_first_chunk"
TOKENS_METRIC: Final = "gen_ai.client.token.usage"
QUEUE_METRIC: Final = "groundwire.llm.queue.duration"
GRAMMAR_METRIC: Final = "groundwire.llm.grammar.duration"
FAILURES_METRIC: Final = "groundwire.llm.failures"

SECONDS: Final = tuple(0.01 * 2**power for power in range(14))
TOKENS: Final = tuple(4**power for power in range(14))
"""Bounds of the histograms' buckets, as the conventions advise."""

_meter = metrics.get_meter("groundwire")
_duration = _meter.create_histogram(
    DURATION_METRIC,
    "s",
    "How long requests to the language model took.",
    explicit_bucket_boundaries_advisory=SECONDS,
)
_first_chunk = _meter.create_histogram(
    FIRST_CHUNK_METRIC,
    "s",
    "How long the first piece of an answer took.",
    explicit_bucket_boundaries_advisory=SECONDS,
)
_tokens = _meter.create_histogram(
    TOKENS_METRIC, "{token}", "Tokens of a request, by type.", explicit_bucket_boundaries_advisory=TOKENS
)
_queue = _meter.create_histogram(
    QUEUE_METRIC, "s", "How long requests waited for their turn.", explicit_bucket_boundaries_advisory=SECONDS
)
_grammar = _meter.create_histogram(
    GRAMMAR_METRIC,
    "s",
    "How much longer the endpoint took for a first token under the grammar of plans, new to it, than for a free one.",
    explicit_bucket_boundaries_advisory=SECONDS,
)
_failures = _meter.create_counter(FAILURES_METRIC, "{call}", "Calls that the model did not answer, by trouble.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the endpoint is, what it says that it is, and which model is asked."""

    host: str
    port: int
    model: str
    provider: str = "openai"


class Operation:
    """One request, from its start to its end. The span is never current: the answer streams across contexts."""

    def __init__(self, place: Place, name: str, facts: Mapping[str, str | int | float | bool]) -> None:
        labels = {OPERATION: "chat", PROVIDER: place.provider, REQUEST_MODEL: place.model}
        self._labels = {**labels, PROMPT_NAME: name}
        known = {**self._labels, SERVER_ADDRESS: place.host, SERVER_PORT: place.port, **facts}
        self._span = telemetry.tracer().start_span(
            f"chat {place.model}", kind=trace.SpanKind.CLIENT, attributes={**known, OUTPUT_TYPE: "json"}
        )
        self._began = time.perf_counter()
        self._heard = False

    def headers(self) -> dict[str, str]:
        """W3C trace context for the endpoint."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier, context=trace.set_span_in_context(self._span))
        return carrier

    def heard(self) -> None:
        """Note that a piece of the answer came."""
        if not self._heard:
            self._heard = True
            passed = time.perf_counter() - self._began
            self._span.set_attribute(FIRST_CHUNK, passed)
            _first_chunk.record(passed, self._labels)

    def note(self, facts: Mapping[str, str | int | float | list[str]]) -> None:
        """Put facts on the span, by the names of this module."""
        self._span.set_attributes(facts)

    def used(self, *, read: int, written: int, cached: int) -> None:
        """Note the tokens."""
        self.note({INPUT_TOKENS: read, OUTPUT_TOKENS: written, CACHED_TOKENS: cached})
        _tokens.record(read, {**self._labels, TOKEN_TYPE: "input"})
        _tokens.record(written, {**self._labels, TOKEN_TYPE: "output"})

    def end(self, error: str | None) -> None:
        """End the span; `error` is the kind of trouble, None for none."""
        labels = self._labels | ({ERROR_TYPE: error} if error else {})
        _duration.record(time.perf_counter() - self._began, labels)
        if error:
            self._span.set_attribute(ERROR_TYPE, error)
            self._span.set_status(trace.StatusCode.ERROR, error)
        self._span.end()


def grammar_took(seconds: float, model: str) -> None:
    """Record what the grammar of plans cost an endpoint that saw it for the first time."""
    _grammar.record(seconds, {REQUEST_MODEL: model})


def queued(seconds: float) -> None:
    """Record how long a call waited for its turn."""
    _queue.record(seconds)
    trace.get_current_span().set_attribute(QUEUED_S, seconds)


def failed(operation: str, trouble: str) -> None:
    """Record that an operation got no answer from the model, and why."""
    labels = {PROMPT_NAME: operation, ERROR_TYPE: trouble}
    _failures.add(1, labels)
    trace.get_current_span().add_event("no answer of the language model", labels)
