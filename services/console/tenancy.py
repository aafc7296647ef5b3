"""Whose answers a page is about: the tenant that the address names, else the one that was looked at before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse

from services.runtime import tenant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

QUERY: Final = "tenant"
"""Name in an address, so that a link shows the same to whoever follows it."""

COOKIE: Final = "groundwire-tenant"


class Tenancy:
    """An ASGI layer that notes the tenant for every call that is made for the request."""

    def __init__(self, app: ASGIApp, *, tenants: Sequence[str]) -> None:
        """Let these tenants be looked at, the first one unless asked otherwise."""
        self._app = app
        self._tenants = tenants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        named = request.query_params.get(QUERY)
        if named is not None and named not in self._tenants:
            refusal = PlainTextResponse("This console shows no such tenant: see GROUNDWIRE_CONSOLE_TENANTS.\n", 403)
            await refusal(scope, receive, send)
            return
        before = request.cookies.get(COOKIE, "")
        tenant.set_current(named or (before if before in self._tenants else self._tenants[0]))

        async def send_remembering(message: Message) -> None:
            if message["type"] == "http.response.start" and named:
                MutableHeaders(scope=message).append("set-cookie", f"{COOKIE}={named}; Path=/; HttpOnly; SameSite=Lax")
            await send(message)

        await self._app(scope, receive, send_remembering)
