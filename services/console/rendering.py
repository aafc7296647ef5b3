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
from google.protobuf import json_format
from markupsafe import Markup
from starlette.responses import HTMLResponse

from groundwire import palette, words
from groundwire.v1 import answer_pb2, claim_pb2
from services.console import convert
from services.console.core import overlay

if TYPE_CHECKING:
    from google.protobuf import timestamp_pb2

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


def predicate(value: claim_pb2.Predicate) -> tuple[str, str]:
    """A predicate's kind, and its figures on one line, such as ("field", "brand, key brand, value YAMAHA")."""
    kind = value.WhichOneof("kind")
    if kind is None:
        return "untyped", ""
    fields = json_format.MessageToDict(getattr(value, kind), preserving_proto_field_name=True)
    if kind == "field":
        fields["field"] = words.text_field(value.field.field)
    told = (each if isinstance(each, list) else [each] for each in fields.values())
    return kind, ", ".join(f"{name} {' / '.join(map(str, each))}" for name, each in zip(fields, told, strict=True))


def palette_css() -> str:
    """The verdicts' colours, from the one place where they are kept."""
    colours = {words.verdict(verdict): colour for verdict, colour in palette.VERDICTS.items()}
    colours |= {"context": palette.CONTEXT, "abstained": palette.UNKNOWN}
    lines = "".join(f"--{name}:{palette.css(colour)};" for name, colour in colours.items())
    return f":root{{{lines}}}\n"


def environment() -> jinja2.Environment:
    """The templates, escaping everything, failing on names that are not there."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"t": safe_text, "moment": moment, "duration": words.milliseconds}
    made.globals |= {
        "words": words,
        "doubts": DOUBTS,
        "checked": CHECKED,
        "short": SHORT,
        "excerpt_url": excerpt_url,
        "tone": convert.tone,
        "predicate": predicate,
    }
    return made


class Renderer:
    """Templates to responses and to fragments."""

    def __init__(self) -> None:
        self._environment = environment()

    def fragment(self, template: str, /, **context: Any) -> str:
        """A piece of a page."""
        return self._environment.get_template(template).render(**context)

    def page(self, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A whole page. It is never kept by the browser: an answer may be erased."""
        return HTMLResponse(self.fragment(template, **context), status, {"cache-control": "no-store"})
