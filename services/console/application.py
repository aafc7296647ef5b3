"""The web application: every route, and what stands around them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from services.console.asking import AskingRoutes
from services.console.failures import handlers
from services.console.guard import Guard
from services.console.listing import ListingRoutes
from services.console.pages import LookingRoutes, healthz
from services.console.pictures import PictureRoutes
from services.console.rendering import FOLDER, Renderer, palette_css
from services.console.reviewing import ReviewingRoutes
from services.console.tenancy import Tenancy

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from services.console.ports import Grounding, Health, Pictures, Records
    from services.console.settings import ConsoleSettings

_REVALIDATED: Final = {"cache-control": "no-cache"}


@dataclass(frozen=True)
class Parts:
    """What the pages stand on."""

    grounding: Grounding
    records: Records
    pictures: Pictures
    health: Health


def create(parts: Parts, settings: ConsoleSettings, closing: asyncio.Event | None = None) -> ASGIApp:
    """The application. `Guard` stands outside everything, so that what fails is guarded too.

    Args:
        parts: What the pages stand on.
        settings: What the console was told.
        closing: Set when the process is to end: what would go on without end then ends.
    """
    render = Renderer(tenants=settings.tenants)
    listing = ListingRoutes(render=render, records=parts.records, closing=closing or asyncio.Event())
    reviewing = ReviewingRoutes(parts.records)
    looking = LookingRoutes(render=render, records=parts.records, pictures=parts.pictures, health=parts.health)
    asking = AskingRoutes(render=render, grounding=parts.grounding, max_upload_bytes=settings.max_upload_bytes)
    pictures = PictureRoutes(parts.pictures, thumbnails_kept=settings.thumbnails_kept)
    app = Starlette(
        routes=[
            *listing.routes,
            *reviewing.routes,
            *looking.routes,
            *asking.routes,
            *pictures.routes,
            Route("/healthz", healthz),
            Route("/openapi.yaml", _description),
            Route("/static/palette.css", _palette),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(settings.allowed_hosts)),
            Middleware(Tenancy, tenants=settings.tenants),
        ],
        exception_handlers=handlers(render),
    )
    return Guard(app)


def _palette(_: Request) -> Response:
    return Response(palette_css(), headers=_REVALIDATED, media_type="text/css")


def _description(_: Request) -> Response:
    return FileResponse(FOLDER / "openapi.yaml", headers=_REVALIDATED, media_type="application/yaml")
