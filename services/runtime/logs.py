"""Structured logs: one JSON object a line on stderr, with the trace id where there is one."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import structlog

from services.runtime import telemetry

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger


def configure_logging(service: str, level: str) -> None:
    """Send this process's log, and that of its libraries, to stderr as JSON from `level` upwards."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_trace_id,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def _add_trace_id(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    trace_id = telemetry.current_trace_id()
    if trace_id:
        event["trace_id"] = trace_id
    return event
