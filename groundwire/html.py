"""An answer as a self-contained piece of HTML: picture, claims, abstentions. It fetches nothing and runs no script.

Every word that came from a picture or a caller passes through `_text`, and stands in a `<bdi>`, so that it can neither
become markup nor turn the reading direction of what surrounds it.
"""

from __future__ import annotations

import base64
import html
import io
from string import Template
from typing import TYPE_CHECKING, Final

from groundwire import labels, palette, words
from groundwire.citations import cited, uncited
from groundwire.v1 import claim_pb2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from PIL import Image

    from groundwire.citations import CitedRegion
    from groundwire.v1 import answer_pb2, image_pb2, region_pb2

_PREVIEW_PX: Final = 1280
"""Longest side of the embedded picture: notebooks keep it in their file."""

_PAGE: Final = Template("""\
<div class="gw">
<style>
.gw{font:14px/1.5 system-ui,sans-serif;max-width:960px;color:inherit}
.gw h3{font-size:16px;font-weight:600;margin:0 0 10px}
.gw svg{display:block;width:100%;height:auto;max-height:640px;border-radius:8px;margin:0 0 12px}
.gw .wide{overflow-x:auto}
.gw table{border-collapse:collapse;width:100%;margin:0 0 10px}
.gw th{font-weight:600;opacity:.65;font-size:12px}
.gw th,.gw td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid rgba(128,128,128,.25);
background:none}
.gw .chip{display:inline-block;color:#fff;border-radius:4px;padding:0 7px;font-size:12px;white-space:nowrap}
.gw .num{font-variant-numeric:tabular-nums;white-space:nowrap}
.gw .quiet{opacity:.65;font-size:12px;overflow-wrap:anywhere}
</style>
<h3>$question</h3>
$picture
$claims
$abstentions
$notes
<div class="quiet">$foot</div>
</div>
""")


def page(answer: answer_pb2.Answer, picture: Image.Image | None) -> str:
    """The whole piece.

    Args:
        answer: What to show.
        picture: The upright picture that it is about, RGB; None leaves the picture out.
    """
    return _PAGE.substitute(
        question=_text(answer.question),
        picture="" if picture is None else _picture(answer, picture),
        claims=_claims(answer),
        abstentions=_abstentions(answer),
        notes=_notes(answer),
        foot=_foot(answer),
    )


def _text(text: str) -> str:
    return f"<bdi>{html.escape(words.plain(text))}</bdi>"


def _picture(answer: answer_pb2.Answer, picture: Image.Image) -> str:
    """The picture, and over it the regions in its own coordinates, so that they stay sharp at any size."""
    width, height = picture.size
    stroke = max(width, height) / 360
    gone = "".join(_redacted(redaction, stroke) for redaction in answer.image.redactions)
    thin = "".join(_shape(r, "#fff", stroke / 3, _tip(r), opacity=0.75) for r in uncited(answer))
    bold = "".join(_cited_shape(leg, stroke) for leg in cited(answer))
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="the picture with the regions of the answer">'
        f'<image width="{width}" height="{height}" href="{_embedded(picture)}"/>{gone}{thin}{bold}</svg>'
    )


def _embedded(picture: Image.Image) -> str:
    """The picture as a data URL, no larger than a screen needs."""
    preview = picture.copy()
    preview.thumbnail((_PREVIEW_PX, _PREVIEW_PX))
    stream = io.BytesIO()
    preview.save(stream, format="JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _redacted(redaction: image_pb2.Redaction, stroke: float) -> str:
    """A place that was painted over: its box, crossed out, so that it is not taken for something dark."""
    box, title = redaction.box, html.escape(f"painted over: {labels.redaction(redaction)}")
    path = (
        f"M{box.x_min:.1f} {box.y_min:.1f}H{box.x_max:.1f}V{box.y_max:.1f}H{box.x_min:.1f}Z"
        f"L{box.x_max:.1f} {box.y_max:.1f}M{box.x_max:.1f} {box.y_min:.1f}L{box.x_min:.1f} {box.y_max:.1f}"
    )
    look = f'fill="none" stroke="#fff" stroke-width="{stroke / 2:.2f}" stroke-dasharray="{stroke * 2:.2f}"'
    return f'<path d="{path}" {look}><title>{title}</title></path>'


def _cited_shape(leg: CitedRegion, stroke: float) -> str:
    """A cited region and its claims' ids, above it or, at the upper edge, below."""
    box, size, colour = leg.region.box, stroke * 6.5, palette.css(leg.colour)
    ids = html.escape(words.plain(" ".join(leg.claim_ids)))
    y = box.y_min - stroke * 2 if box.y_min > size * 1.4 else box.y_max + size * 1.1
    tip = f"{' '.join(leg.claim_ids)}: {_tip(leg.region)}"
    name = (
        f'<text x="{box.x_min:.1f}" y="{y:.1f}" font-size="{size:.1f}" font-weight="700" fill="{colour}" stroke="#fff" '
        f'stroke-width="{stroke:.2f}" paint-order="stroke" font-family="system-ui,sans-serif">{ids}</text>'
    )
    return _shape(leg.region, "#fff", stroke * 1.8, tip) + _shape(leg.region, colour, stroke, tip) + name


def _shape(region: region_pb2.Region, colour: str, stroke: float, tip: str, opacity: float = 1.0) -> str:
    """The outline where there is one, else the box."""
    look = f'fill="{colour}" fill-opacity="0.04" stroke="{colour}" stroke-width="{stroke:.2f}" opacity="{opacity}"'
    title = f"<title>{html.escape(words.plain(tip))}</title>"
    points = " ".join(f"{point.x:.1f},{point.y:.1f}" for point in region.polygon.points)
    if points:
        return f'<polygon points="{points}" stroke-linejoin="round" {look}>{title}</polygon>'
    box = region.box
    place = f'x="{box.x_min:.1f}" y="{box.y_min:.1f}"'
    extent = f'width="{box.x_max - box.x_min:.1f}" height="{box.y_max - box.y_min:.1f}"'
    return f'<rect {place} {extent} rx="{stroke:.1f}" {look}>{title}</rect>'


def _tip(region: region_pb2.Region) -> str:
    """What a pointer over the region tells. One line, not yet escaped."""
    source = region.source
    looks = f", {labels.colors(region)}" if region.appearance.colors else ""
    facts = f"{words.score(region)}, {words.tier(source.tier)} tier, {source.model} {source.version}{looks}"
    return words.plain(f"{region.id} {words.content(region)} {facts}")


def _claims(answer: answer_pb2.Answer) -> str:
    if not answer.claims:
        return ""
    by_id = {region.id: region for region in answer.regions}
    rows = (
        (
            html.escape(words.plain(claim.id)),
            _text(claim.text),
            _chip(words.verdict(claim.verdict), palette.VERDICTS.get(claim.verdict, palette.UNKNOWN)),
            f'<span class="num">{labels.confidence(claim)}</span>',
            "<br>".join(_legs(answer, claim, by_id)),
        )
        for claim in answer.claims
    )
    return _table(("claim", "", "verdict", "confidence", "rests on"), rows)


def _legs(answer: answer_pb2.Answer, claim: claim_pb2.Claim, by_id: Mapping[str, region_pb2.Region]) -> Iterator[str]:
    """What a claim rests on: regions, passages, and searches that found nothing."""
    for leg in claim.citations:
        if leg.HasField("passage"):
            yield _text(labels.passage(leg.passage, answer.documents))
        else:
            yield _citation(by_id.get(leg.region_id), leg)
    for search in labels.searches(claim):
        yield f'<span class="quiet">searched: {_text(labels.search(search))}</span>'


def _citation(region: region_pb2.Region | None, citation: claim_pb2.Citation) -> str:
    if region is None:
        return html.escape(words.plain(citation.region_id))
    role = "" if citation.role == claim_pb2.CITATION_ROLE_SUPPORTS else f" ({words.role(citation.role)})"
    name = html.escape(words.plain(region.id) + role)
    return f'<span title="{html.escape(_tip(region))}">{name} <span class="quiet num">{words.box(region)}</span></span>'


def _abstentions(answer: answer_pb2.Answer) -> str:
    if not answer.abstentions:
        return ""
    targets = {target.id: target for target in answer.plan.targets}
    rows = (
        (
            _text(words.target(targets[a.target_id])) if a.target_id in targets else "the whole question",
            _chip(words.reason(a.reason), palette.UNKNOWN),
            "<br>".join([_text(a.detail), *(_text(f"searched: {labels.search(each)}") for each in a.searches)]),
        )
        for a in answer.abstentions
    )
    return _table(("not answered", "why", ""), rows)


def _notes(answer: answer_pb2.Answer) -> str:
    """Escalations, degradations and redactions, a line each."""
    lines = [f"Accurate tier asked ({words.escalation(e.reason)}): {e.detail}" for e in answer.escalations]
    lines += [f"Degraded: {words.degradation(value)}" for value in answer.degradations]
    lines += [f"Painted over: {labels.redaction(each)}" for each in answer.image.redactions]
    return "".join(f'<div class="quiet">{_text(line)}</div>' for line in lines)


def _foot(answer: answer_pb2.Answer) -> str:
    facts = [f"answer {answer.id}", f"trace {answer.trace_id}"]
    if answer.HasField("record"):
        facts.append(f"record {answer.record.index}")
    return " · ".join(_text(fact) for fact in facts)


def _chip(label: str, colour: palette.Rgb) -> str:
    return f'<span class="chip" style="background:{palette.css(colour)}">{html.escape(label)}</span>'


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Cells of `head` and `rows` are markup already."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'
