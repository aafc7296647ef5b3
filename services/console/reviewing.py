"""The one thing that a page keeps: what a person makes of a claim."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from groundwire import searches
from groundwire.v1 import provenance_service_pb2
from services.common.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from services.console.ports import Records

JUDGEMENTS: Final[Mapping[str, provenance_service_pb2.Judgement.ValueType]] = {
    searches.judgement_word(value): value
    for value in (
        provenance_service_pb2.JUDGEMENT_CORRECT,
        provenance_service_pb2.JUDGEMENT_WRONG,
        provenance_service_pb2.JUDGEMENT_UNSURE,
    )
}

MAX_FORM_BYTES: Final = 32 * 1024
"""A note of 2,000 characters and a name, as a form writes them at worst."""


class ReviewingRoutes:
    """`/answers/…/review`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    @property
    def routes(self) -> Sequence[Route]:
        """What to serve."""
        return (Route("/answers/{answer_id}/claims/{claim_id}/review", self.review, methods=["POST"]),)

    async def review(self, request: Request) -> Response:
        """Keep the judgement, and go back to the claim."""
        answer_id, claim_id = request.path_params["answer_id"], request.path_params["claim_id"]
        said = await _form(request)
        if said.get("judgement") not in JUDGEMENTS:
            raise InvalidField("judgement", "there is no such judgement", remedy=f"one of {', '.join(JUDGEMENTS)}")
        await self._records.review(
            provenance_service_pb2.ReviewRequest(
                answer_id=answer_id,
                claim_id=claim_id,
                judgement=JUDGEMENTS[said["judgement"]],
                note=said.get("note", "").strip(),
                reviewer=said.get("reviewer", "").strip(),
            )
        )
        quoted = urllib.parse.quote(answer_id, safe="")
        return RedirectResponse(f"/answers/{quoted}?{urllib.parse.urlencode({'claim': claim_id})}", 303)


async def _form(request: Request) -> Mapping[str, str]:
    """The words of a plain form.

    Raises:
        InvalidField: It is none, or too long.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise InvalidField("note", "the form is too long", remedy="a note has at most 2,000 characters")
    try:
        return dict(urllib.parse.parse_qsl(body.decode(), max_num_fields=8))
    except ValueError as error:
        raise InvalidField("judgement", "the form cannot be read", remedy="send it again from the page") from error
