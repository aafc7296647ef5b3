"""The list of answers: a page of those that are asked for, and those that come, pushed while the page is open."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from services.common.errors import InvalidField, MeshError
from services.console import convert
from services.console.core import filters
from services.runtime import tenant

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from groundwire.v1 import provenance_service_pb2
    from services.console.ports import Records
    from services.console.rendering import Renderer

PAGE_SIZE: Final = 50
"""Answers on a page."""

QUIET_S: Final = 15.0
"""After so many seconds without an answer a comment is sent: whoever has gone is noticed then."""

RETRY_MS: Final = 2000
"""How long a browser waits before it connects again."""

_ANSWER_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

BEFORE_ALL: Final = -1
"""The index after which every record comes."""


class ListingRoutes:
    """`/` and what it listens to."""

    def __init__(self, *, render: Renderer, records: Records, closing: asyncio.Event) -> None:
        self._render = render
        self._records = records
        self._closing = closing

    @property
    def routes(self) -> Sequence[Route]:
        """What to serve."""
        return (Route("/", self.answers), Route("/answers/live", self.live))

    async def answers(self, request: Request) -> Response:
        """A page of the answers that the address asks for; an answer's id, looked for as text, leads to that answer."""
        text = request.query_params.get("text", "").strip()
        if _ANSWER_ID.fullmatch(text):
            return RedirectResponse(f"/answers/{text}", 303)
        return self._render.page("answers.html", **await self._listed(request.query_params))

    async def live(self, request: Request) -> Response:
        """Answers as they are recorded, as server-sent events: `?after=INDEX` and the page's own filter.

        A browser that lost the connection says in `Last-Event-ID` what it has seen, and misses nothing.
        """
        wanted = filters.Filter.of(request.query_params)
        seen = request.headers.get("last-event-id") or request.query_params.get("after", "")
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(self._events(wanted, _index(seen)), 200, headers, "text/event-stream")

    async def _listed(self, query: QueryParams) -> Mapping[str, Any]:
        """A page of answers, and what was asked for."""
        wanted = filters.Filter.of(query)
        token = query.get("page", "")
        response = await self._records.answers(PAGE_SIZE, token, convert.filter_to(wanted, datetime.now(UTC)))
        newest = max((summary.record.index for summary in response.answers), default=BEFORE_ALL)
        return {
            "answers": [summary for summary in response.answers if convert.is_wanted(wanted, summary)],
            "filter": wanted,
            "choices": filters.CHOICES,
            "page_token": token,
            "next_page_token": response.next_page_token,
            "newest": newest,
            "tenant": tenant.current_tenant(),
            "named": self._render.named(tenant.current_tenant()),
        }

    async def _events(self, wanted: filters.Filter, after: int) -> AsyncIterator[str]:
        yield f"retry: {RETRY_MS}\n\n"
        answers = self._records.watch(after, convert.filter_to(wanted, datetime.now(UTC)))
        try:
            async with aclosing(_with_pauses(answers, self._closing)) as arriving:
                async for summary in arriving:
                    yield ": nothing new\n\n" if summary is None else self._event(wanted, summary)
        except MeshError as error:
            # With status 200: to any other a browser does not come back.
            yield f"event: trouble\ndata: {json.dumps(error.message)}\n\n"

    def _event(self, wanted: filters.Filter, summary: provenance_service_pb2.AnswerSummary) -> str:
        """One answer; one that is passed over still moves the place where a browser goes on."""
        row = self._render.fragment("_row.html", answer=summary) if convert.is_wanted(wanted, summary) else ""
        return f"id: {summary.record.index}\nevent: answer\ndata: {json.dumps(row)}\n\n"


async def _with_pauses(
    answers: AsyncGenerator[provenance_service_pb2.AnswerSummary], closing: asyncio.Event
) -> AsyncGenerator[provenance_service_pb2.AnswerSummary | None]:
    """The answers, and None whenever none came for a while; ends with them, or when the console does."""
    ended = asyncio.ensure_future(closing.wait())
    coming = asyncio.ensure_future(anext(answers, None))
    try:
        while True:
            done, _ = await asyncio.wait({coming, ended}, timeout=QUIET_S, return_when=asyncio.FIRST_COMPLETED)
            if ended in done or (coming in done and coming.result() is None):
                return
            yield coming.result() if coming in done else None
            if coming in done:
                coming = asyncio.ensure_future(anext(answers, None))
    finally:
        for waiting in (ended, coming):
            waiting.cancel()
        await asyncio.gather(ended, coming, return_exceptions=True)
        await answers.aclose()


def _index(text: str) -> int:
    """The index of the last record that was seen.

    Raises:
        InvalidField: It is none.
    """
    try:
        index = int(text or BEFORE_ALL)
    except ValueError:
        index = BEFORE_ALL - 1
    if not BEFORE_ALL <= index < 2**63:
        raise InvalidField("after", "after is no index of a record", remedy="a whole number, -1 for all records")
    return index
