"""The pages that look: one answer, two answers, the mesh."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from google.protobuf import json_format
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from groundwire.proofs import traces
from groundwire.proofs.bundles import Bundle
from services.common.errors import ImageNotFound, InvalidField, MeshError
from services.console import convert
from services.console.core import comparison, latency, overlay, passages, waterfall
from services.console.proving import proof_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Mapping, Sequence

    from starlette.datastructures import QueryParams
    from starlette.requests import Request

    from groundwire.v1 import answer_pb2, claim_pb2, provenance_service_pb2
    from services.console.ports import Health, Pictures, Records
    from services.console.rendering import Renderer

LATEST: Final = 30
"""Answers whose timings the mesh page looks at."""

AT_ONCE: Final = 8
"""Records read at the same time for that."""

_COMPARED: Final = 2

T = TypeVar("T")


class LookingRoutes:
    """Every page that changes nothing."""

    def __init__(self, *, render: Renderer, records: Records, pictures: Pictures, health: Health) -> None:
        self._render = render
        self._records = records
        self._pictures = pictures
        self._health = health

    @property
    def routes(self) -> Sequence[Route]:
        """What to serve."""
        return (
            Route("/answers/{answer_id}.json", self.record),
            Route("/answers/{answer_id}/bundle.json", self.bundle),
            Route("/answers/{answer_id}", self.answer),
            Route("/answers/{answer_id}/claims/{claim_id}", self.chain),
            Route("/answers/{answer_id}/trace", self.trace),
            Route("/compare", self.compare),
            Route("/mesh", self.mesh),
        )

    async def record(self, request: Request) -> Response:
        """The answer as protobuf JSON, to be kept."""
        answer = await self._records.answer(request.path_params["answer_id"])
        headers = {"content-disposition": f'attachment; filename="{answer.id}.json"', "cache-control": "no-store"}
        return Response(json_format.MessageToJson(answer), headers=headers, media_type="application/json")

    async def bundle(self, request: Request) -> Response:
        """What proves the answer with no server at hand, to be kept: `groundwire verify` reads it."""
        proof = await self._records.proof(request.path_params["answer_id"])
        name = f"{proof.index}.groundwire-bundle.json"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return Response(Bundle.of(proof).text, headers=headers, media_type="application/json")

    async def answer(self, request: Request) -> Response:
        """One answer, with the chain of one of its claims."""
        recorded = await self._records.reviewed(request.path_params["answer_id"])
        answer = recorded.answer
        claim_id = request.query_params.get("claim", answer.claims[0].id if answer.claims else "")
        held, spans, proof, chain = await asyncio.gather(
            self._held(answer.image.digest),
            _or_problem(self._records.trace(answer.trace_id)),
            _or_problem(self._records.proof(answer.id)),
            self._chain(answer.id, claim_id),
        )
        return self._render.page(
            "answer.html",
            answer=answer,
            claim_id=claim_id,
            chain=chain,
            before=request.query_params.get("from", ""),
            proof=proof_of(answer.record, proof),
            reviews={review.claim_id: review for review in recorded.reviews},
            documents=_documents(answer),
            **_drawn(answer, held=held),
            **_traced(answer, spans),
        )

    async def chain(self, request: Request) -> Response:
        """The chain of a claim, for a page that is open."""
        answer_id = request.path_params["answer_id"]
        answer, chain = await asyncio.gather(
            self._records.answer(answer_id), self._records.explain(answer_id, request.path_params["claim_id"])
        )
        body = self._render.fragment("_chain.html", answer=answer, chain=chain)
        return HTMLResponse(body, headers={"cache-control": "no-store"})

    async def trace(self, request: Request) -> Response:
        """The waterfall, for a page that was opened before all of its spans had arrived: 202 while some are missing."""
        answer = await self._records.answer(request.path_params["answer_id"])
        spans = await self._records.trace(answer.trace_id)
        traced = _traced(answer, spans)
        body = self._render.fragment("_trace.html", answer=answer, claim_id="", **traced)
        return HTMLResponse(body, 200 if traced["trace"].whole else 202, {"cache-control": "no-store"})

    async def compare(self, request: Request) -> Response:
        """Two answers side by side, `?a=…&b=…`, or `?id=…&id=…` as the list's form sends them, older first."""
        ids = _two_ids(request.query_params)
        a, b = await asyncio.gather(*map(self._records.answer, ids))
        held = await asyncio.gather(self._held(a.image.digest), self._held(b.image.digest))
        return self._render.page(
            "compare.html",
            a=a,
            b=b,
            drawn_a=_drawn(a, held=held[0], name="a"),
            drawn_b=_drawn(b, held=held[1], name="b"),
            **_compared(a, b),
        )

    async def mesh(self, _: Request) -> Response:
        """Services, capabilities, and how the latest answers fared."""
        states, capabilities, latest = await asyncio.gather(
            self._health.states(), _or_problem(self._pictures.capabilities()), _or_problem(self._latest())
        )
        answers = [] if isinstance(latest, MeshError) else latest
        degraded = [(answer, value) for answer in answers for value in answer.degradations]
        return self._render.page(
            "mesh.html",
            states=states,
            capabilities=capabilities,
            latest=latest,
            steps=latency.by_step([convert.timings_from(answer) for answer in answers]),
            degraded=degraded,
            calibrations=Counter(answer.calibration_digest for answer in answers),
            painted=Counter(each.kind for answer in answers for each in answer.image.redactions),
        )

    async def _latest(self) -> Sequence[answer_pb2.Answer]:
        page = await self._records.answers(LATEST, "")
        gate = asyncio.Semaphore(AT_ONCE)

        async def read(answer_id: str) -> answer_pb2.Answer:
            async with gate:
                return await self._records.answer(answer_id)

        kept = [summary.id for summary in page.answers if not summary.commitments_only]
        return await asyncio.gather(*map(read, kept))

    async def _held(self, digest: str) -> bool:
        """Whether the picture can be shown. Trouble with asking shows as a picture that does not load."""
        try:
            await self._pictures.image(digest)
        except (ImageNotFound, InvalidField):
            return False
        except MeshError:
            return True
        return True

    async def _chain(
        self, answer_id: str, claim_id: str
    ) -> provenance_service_pb2.ExplainClaimResponse | MeshError | None:
        return await _or_problem(self._records.explain(answer_id, claim_id)) if claim_id else None


async def _or_problem(wanted: Awaitable[T]) -> T | MeshError:
    """What was wanted, or why it is not to be had: a page shows the rest."""
    try:
        return await wanted
    except MeshError as error:
        return error


def _drawn(answer: answer_pb2.Answer, *, held: bool, name: str = "picture") -> Mapping[str, Any]:
    """The picture's part of a page; `name` tells it from other pictures of the page."""
    size = convert.size_from(answer.image)
    places = [convert.place_from(region) for region in answer.regions]
    return {
        "name": name,
        "image": answer.image,
        "held": held,
        "searched": convert.searches_from(answer),
        "relevance": answer.relevance,
        "shapes": overlay.shapes(size, places, convert.legs_from(answer.claims)),
        "by_id": {region.id: region for region in answer.regions},
    }


def _traced(answer: answer_pb2.Answer, spans: Iterable[provenance_service_pb2.Span] | MeshError) -> Mapping[str, Any]:
    """The waterfall's part of a page."""
    if isinstance(spans, MeshError):
        return {"trace": spans, "marks": {}, "agreement": None}
    told = list(spans)
    values = [convert.span_from(span) for span in told]
    laid = waterfall.layout(values)
    # A trace that is not whole yet would disagree for want of spans.
    agreement = traces.disagreements(answer, told) if laid.whole else None
    return {"trace": laid, "marks": _marks(values, answer.claims), "agreement": agreement}


def _documents(
    answer: answer_pb2.Answer,
) -> Sequence[tuple[claim_pb2.Document, Sequence[passages.Piece]]]:
    """What could be cited, cut where it was."""
    return [
        (document, passages.pieces(document.text, convert.passages_from(answer, document.id)))
        for document in answer.documents
    ]


def _marks(spans: Sequence[waterfall.Span], claims: Iterable[claim_pb2.Claim]) -> Mapping[str, Mapping[str, str]]:
    """What each span is to each claim: mark by claim id by span id."""
    marks: dict[str, dict[str, str]] = {}
    for claim in claims:
        for span_id, mark in waterfall.marks(spans, claim.span_id).items():
            marks.setdefault(span_id, {})[claim.id] = mark
    return marks


def _two_ids(query: QueryParams) -> Sequence[str]:
    ids = [query["a"], query["b"]] if "a" in query and "b" in query else sorted(query.getlist("id"))
    if len(ids) != _COMPARED:
        raise InvalidField("id", "two answers are compared", remedy="choose two in the list of answers")
    return ids


def _compared(a: answer_pb2.Answer, b: answer_pb2.Answer) -> Mapping[str, Any]:
    """What is the same and what is not. Regions of different images have no places in common."""
    same_image = a.image.digest == b.image.digest
    models = convert.models_from(a), convert.models_from(b)
    found = [[convert.found_from(region) for region in answer.regions] for answer in (a, b)]
    return {
        "same_image": same_image,
        "facts": comparison.facts(convert.facts_from(a), convert.facts_from(b)),
        "statements": comparison.statements(convert.statements_from(a), convert.statements_from(b)),
        "regions": comparison.regions(*found) if same_image else (),
        "models": [(name, name in models[0], name in models[1]) for name in dict.fromkeys((*models[0], *models[1]))],
        "timings": comparison.timings(convert.timings_from(a), convert.timings_from(b)),
    }


def healthz(_: Request) -> Response:
    """For probes: the console itself is there."""
    return JSONResponse({"status": "serving"}, headers={"cache-control": "no-store"})
