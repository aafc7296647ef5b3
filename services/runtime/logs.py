"""Structured logs: one JSON object a line on stderr, with the trace id where there is one."""

from __future__ import annotations

import json
import logging
import sys
from functools import cache
from typing import TYPE_CHECKING

import structlog

from services.runtime import telemetry

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import EventDict, WrappedLogger


def configure_logging(service: str, level: str) -> None:
    """Send this process's log, and that of its libraries, to stderr as JSON from `level` upwards."""

    def add_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    structlog.configure(
        processors=[
            add_service,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_trace_id,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def _json(event: EventDict, default: Callable[[object], object]) -> str:
    return _encoder(default).encode(event)


@cache
def _encoder(default: Callable[[object], object]) -> json.JSONEncoder:
    """Made once: `json.dumps` makes one for each line."""
    return json.JSONEncoder(default=default)


def _add_trace_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    trace_id = telemetry.current_trace_id()
    if trace_id:
        event["trace_id"] = trace_id
    return event
