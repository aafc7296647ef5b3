"""What goes wrong, as HTTP says it and as a page shows it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import grpc
from starlette.exceptions import HTTPException

from services.common.errors import InvalidField, MeshError
from services.runtime.status import CODES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from services.console.rendering import Renderer

HTTP: Final[Mapping[grpc.StatusCode, int]] = MappingProxyType(
    {
        grpc.StatusCode.INVALID_ARGUMENT: 400,
        grpc.StatusCode.PERMISSION_DENIED: 403,
        grpc.StatusCode.NOT_FOUND: 404,
        grpc.StatusCode.FAILED_PRECONDITION: 409,
        grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
        grpc.StatusCode.INTERNAL: 500,
        grpc.StatusCode.UNAVAILABLE: 503,
        grpc.StatusCode.DEADLINE_EXCEEDED: 504,
    }
)
"""As google.rpc.Code maps to HTTP."""


def status_of(error: MeshError) -> int:
    """The HTTP status."""
    return HTTP.get(CODES[error.reason], 500)


def handlers(render: Renderer) -> Mapping[type[Exception] | int, Callable[[Request, Exception], Response]]:
    """Every error as a page that says what was wrong and what to do."""

    def show(error: MeshError, status: int) -> Response:
        return render.page("error.html", status=status, problem=error)

    def worded(_: Request, error: Exception) -> Response:
        known = error if isinstance(error, MeshError) else MeshError("something went wrong", remedy="see the log")
        return show(known, status_of(known))

    def http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        known = InvalidField(
            "path", f"there is nothing at {request.method} {request.url.path}", remedy="begin at the list of answers"
        )
        response = show(known, status)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)  # such as Allow, where a method is not
        return response

    return {MeshError: worded, HTTPException: http, Exception: worded}
