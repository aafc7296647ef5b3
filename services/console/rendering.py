"""Pages from templates. Whatever came from a picture or a caller passes through the filter `t`, or is escaped.

Templates escape by default. `t` also takes out what would act on the page without being markup: controls, and
characters that turn the reading direction around.
"""

from __future__ import annotations

import urllib.parse
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse

from groundwire import labels, palette, searches, words
from groundwire.v1 import answer_pb2, claim_pb2
from services.console import convert
from services.console.core import heat, overlay, passages
from services.runtime import tenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from google.protobuf import timestamp_pb2

    from services.console.core import filters

FOLDER: Final = Path(__file__).parent

SHORT: Final = 12
"""Digits of a digest that are shown where the whole would crowd the rest."""

DOUBTS: Final = {
    answer_pb2.ESCALATION_REASON_STAKES: "accurate tier asked for the stakes",
    answer_pb2.ESCALATION_REASON_LOW_SCORE: "fast tier not believed",
    answer_pb2.ESCALATION_REASON_TIE: "fast tier undecided",
    answer_pb2.ESCALATION_REASON_NOTHING_FOUND: "fast tier found nothing that fits",
}

CHECKED: Final = {
    claim_pb2.CHECK_OUTCOME_PASSED: "supported",
    claim_pb2.CHECK_OUTCOME_FAILED: "contradicted",
    claim_pb2.CHECK_OUTCOME_INCONCLUSIVE: "unverified",
}
"""The tone of a check's outcome."""

JUDGED: Final = {"correct": "supported", "wrong": "contradicted", "unsure": "unverified"}
"""The tone of what a person made of a claim, or of an answer."""


def safe_text(text: str, limit: int = 0) -> Markup:
    """Any text as markup that shows it and does nothing else; see `words.plain`."""
    return Markup("<bdi>{}</bdi>").format(words.plain(text, limit))


def moment(stamp: timestamp_pb2.Timestamp) -> Markup:
    """Date and time of day, UTC."""
    time = stamp.ToDatetime(UTC)
    return Markup('<time datetime="{}">{}</time>').format(time.isoformat(), f"{time:%Y-%m-%d %H:%M:%S}")


def excerpt_url(region: Any, image: Any) -> str:
    """Where a region's surroundings are served."""
    size = convert.size_from(image)
    cut = overlay.excerpt(convert.box_from(region.box), size)
    box = ",".join(f"{edge:.0f}" for edge in (cut.x_min, cut.y_min, cut.x_max, cut.y_max))
    return f"/images/{urllib.parse.quote(image.digest, safe='')}?box={box}"


def safe_lines(text: str) -> Markup:
    """Any text with its own lines and spaces, as markup that shows it and does nothing else."""
    return Markup("{}").format(labels.verbatim(text))


def overlays(relevance: Iterable[answer_pb2.Relevance]) -> Sequence[tuple[str, int, int, Sequence[heat.Run]]]:
    """Each map's phrase, columns, rows and runs; those that cannot be drawn are left out."""
    maps = ((each, heat.runs(each.values, each.grid.width, each.grid.height)) for each in relevance)
    return [(each.phrase, each.grid.width, each.grid.height, runs) for each, runs in maps if runs]


def address(wanted: filters.Filter, **more: str) -> str:
    """Where the list with that filter is."""
    query = urllib.parse.urlencode({**wanted.query, **{name: value for name, value in more.items() if value}})
    return f"/?{query}" if query else "/"


def palette_css() -> str:
    """The verdicts' colours, from the one place where they are kept."""
    colours = {words.verdict(verdict): colour for verdict, colour in palette.VERDICTS.items()}
    colours |= {"context": palette.CONTEXT, "abstained": palette.UNKNOWN}
    lines = "".join(f"--{name}:{palette.css(colour)};" for name, colour in colours.items())
    return f":root{{{lines}}}\n"


def environment(tenants: Sequence[str]) -> jinja2.Environment:
    """The templates, escaping everything, failing on names that are not there."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"t": safe_text, "lines": safe_lines, "moment": moment, "duration": words.milliseconds}
    made.globals |= {
        "words": words,
        "doubts": DOUBTS,
        "checked": CHECKED,
        "short": SHORT,
        "excerpt_url": excerpt_url,
        "tone": convert.tone,
        "labels": labels,
        "searches": searches,
        "swatches": convert.swatches_from,
        "abstention_key": convert.abstention_key,
        "overlays": overlays,
        "excerpt": passages.excerpt,
        "passage": passages.Passage,
        "address": address,
        "judged": JUDGED,
        "tenants": tenants,
        "current_tenant": tenant.current_tenant,
    }
    return made


class Renderer:
    """Templates to responses and to fragments."""

    def __init__(self, *, tenants: Sequence[str]) -> None:
        self._tenants = tenants
        self._environment = environment(tenants)

    def named(self, name: str) -> Mapping[str, str]:
        """What an address says of the tenant: nothing where there is but one to look at."""
        return {"tenant": name} if len(self._tenants) > 1 else {}

    def fragment(self, template: str, /, **context: Any) -> str:
        """A piece of a page."""
        return self._environment.get_template(template).render(**context)

    def page(self, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A whole page. It is never kept by the browser: an answer may be erased."""
        return HTMLResponse(self.fragment(template, **context), status, {"cache-control": "no-store"})
