"""The page that asks: by a plain form, or step by step for a page that listens."""

from __future__ import annotations

import json
import time
import urllib.parse
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from groundwire.v1 import answer_pb2, grounding_service_pb2, image_pb2
from services.common.errors import ImageTooLarge, InvalidField, MeshError
from services.console import convert
from services.console.core import overlay
from services.console.failures import status_of
from services.console.forms import NEW, STAKES, Form

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence

    from starlette.datastructures import FormData
    from starlette.requests import Request

    from services.console.ports import Grounding
    from services.console.rendering import Renderer

_MAX_FIELDS: Final = 32
"""Fields of a form: eight documents have two each."""


class _InMemory(MultiPartParser):
    """Keeps uploads in memory: a picture that was not admitted must not lie on a disk."""

    spool_max_size = 2**40


class _TooLarge(MultiPartException):
    """The parser closes what it holds on errors of this family alone."""


class AskingRoutes:
    """`/try`."""

    def __init__(self, *, render: Renderer, grounding: Grounding, max_upload_bytes: int) -> None:
        self._render = render
        self._grounding = grounding
        self._max_upload_bytes = max_upload_bytes

    @property
    def routes(self) -> Sequence[Route]:
        """What to serve."""
        return (
            # One route, so that a method that is not there is told of both.
            Route("/try", self.form_or_answer, methods=["GET", "POST"]),
            Route("/try/stream", self.stream, methods=["POST"]),
        )

    async def form_or_answer(self, request: Request) -> Response:
        """The form, or what is sent with it."""
        return await (self.ask(request) if request.method == "POST" else self.form(request))

    async def form(self, request: Request) -> Response:
        """The empty form, or one filled in from the query: `?image=DIGEST&question=…`."""
        query = request.query_params
        return self._page(
            {name: query.get(name, "") for name in ("image", "question", "stakes", "from", "conversation")}
        )

    async def ask(self, request: Request) -> Response:
        """Ask and go to the answer; without one, show the form again with what was wrong."""
        said: Mapping[str, str] = {}
        try:
            form = await self._form(request)
            said = form.said
            answer = await self._grounding.ask(form.request())
        except MeshError as error:
            return self._page(said, problem=error, status=status_of(error))
        return RedirectResponse(_url(answer, said.get("from", "")), 303)

    async def stream(self, request: Request) -> Response:
        """Ask, and tell of every step as it happens: a JSON object a line."""
        try:
            # All of the request is read before the reply begins: a streaming reply listens for the browser's leaving,
            # and would take the rest of the request for itself.
            form = await self._form(request)
            asked = form.request()
        except MeshError as error:
            return _lines_of(iter([self._problem(error)]), status_of(error))
        return _lines_of(self._lines(asked, form.said.get("from", "")))

    async def _lines(self, asked: grounding_service_pb2.AskRequest, before: str) -> AsyncIterator[str]:
        began = time.monotonic()
        image = image_pb2.Image()
        request = grounding_service_pb2.AskStreamRequest(
            image=asked.image,
            question=asked.question,
            stakes=asked.stakes,
            documents=asked.documents,
            conversation_id=asked.conversation_id,
            with_relevance=asked.with_relevance,
        )
        try:
            async for event in self._grounding.ask_stream(request):
                if event.WhichOneof("event") == "admitted":
                    image = event.admitted
                yield self._line(event, image, before, time.monotonic() - began)
        except MeshError as error:
            yield self._problem(error)

    def _problem(self, error: MeshError) -> str:
        return _json(kind="error", html=self._render.fragment("_problem.html", problem=error))

    def _line(
        self, event: grounding_service_pb2.AskStreamResponse, image: image_pb2.Image, before: str, elapsed_s: float
    ) -> str:
        kind = event.WhichOneof("event") or "unknown"
        told: dict[str, Any] = {"kind": kind}
        if kind == "admitted":
            told |= {"digest": image.digest, "width": image.size.width, "height": image.size.height}
        if kind == "answer":
            told["url"] = _url(event.answer, before)
        told["svg"] = self._svg(event, image)
        told["html"] = self._render.fragment(
            "_event.html", kind=kind, event=event, image=image, elapsed_s=elapsed_s, url=told.get("url", "")
        )
        return _json(**told)

    def _svg(self, event: grounding_service_pb2.AskStreamResponse, image: image_pb2.Image) -> str:
        """The regions to draw from now on; empty where the event brings none."""
        kind = event.WhichOneof("event")
        if kind == "admitted":
            return self._render.fragment("_redactions.html", image=image, name="stage")
        if kind not in ("regions", "answer"):
            return ""
        regions = event.regions.regions if kind == "regions" else event.answer.regions
        shapes = overlay.shapes(
            convert.size_from(image),
            [convert.place_from(region) for region in regions],
            convert.legs_from(event.answer.claims),
        )
        return self._render.fragment("_shapes.html", shapes=shapes, by_id={region.id: region for region in regions})

    async def _form(self, request: Request) -> Form:
        """What was sent, no larger than a picture may be.

        Raises:
            ImageTooLarge: It is larger.
            InvalidField: It is no form.
        """
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            raise InvalidField("image", "this is no form with a picture", remedy="send multipart/form-data")
        parser = _InMemory(request.headers, self._bounded(request), max_files=1, max_fields=_MAX_FIELDS)
        try:
            parts = await parser.parse()
        except _TooLarge as error:
            mebibytes = self._max_upload_bytes / 2**20
            raise ImageTooLarge(
                f"the picture has more than {mebibytes:.0f} MiB", remedy="scale it down, or save it as JPEG"
            ) from error
        except (MultiPartException, KeyError) as error:
            raise InvalidField("image", "the form cannot be read", remedy="send it again from the page") from error
        try:
            return await _form_of(parts)
        finally:
            await parts.close()

    async def _bounded(self, request: Request) -> AsyncGenerator[bytes, None]:
        taken = 0
        async for chunk in request.stream():
            taken += len(chunk)
            if taken > self._max_upload_bytes:
                raise _TooLarge("too large")
            yield chunk

    def _page(self, said: Mapping[str, str], *, problem: MeshError | None = None, status: int = 200) -> Response:
        digest = said.get("image", "")
        return self._render.page(
            "try.html",
            status=status,
            digest=digest,
            question=said.get("question", ""),
            stakes=said.get("stakes") or "standard",
            before=said.get("from", ""),
            conversation=said.get("conversation", ""),
            with_relevance=bool(said.get("relevance")),
            document=said.get("document", ""),
            document_title=said.get("document_title", ""),
            new_conversation=NEW,
            all_stakes=tuple(STAKES),
            problem=problem,
        )


async def _form_of(parts: FormData) -> Form:
    picture = parts.get("picture")
    named = (parts.getlist("document_title"), parts.getlist("document"))
    return Form(
        {name: value for name, value in parts.items() if isinstance(value, str)},
        await picture.read() if isinstance(picture, UploadFile) else b"",
        tuple((str(title), str(text)) for title, text in zip(*named, strict=False)),
    )


def _url(answer: answer_pb2.Answer, before: str) -> str:
    query = f"?{urllib.parse.urlencode({'from': before})}" if before else ""
    return f"/answers/{urllib.parse.quote(answer.id, safe='')}{query}"


def _lines_of(lines: AsyncIterator[str] | Iterator[str], status: int = 200) -> Response:
    return StreamingResponse(lines, status, {"cache-control": "no-store"}, "application/x-ndjson")


def _json(**told: Any) -> str:
    return json.dumps(told, separators=(",", ":")) + "\n"
