"""An answer for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from groundwire import labels, palette, words
from groundwire.v1 import answer_pb2, claim_pb2
from groundwire.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType

    from groundwire.answers import Answer
    from groundwire.v1 import region_pb2

_DOUBTS = {
    answer_pb2.ESCALATION_REASON_STAKES: "accurate tier asked for the stakes",
    answer_pb2.ESCALATION_REASON_LOW_SCORE: "fast tier not believed",
    answer_pb2.ESCALATION_REASON_TIE: "fast tier undecided",
    answer_pb2.ESCALATION_REASON_NOTHING_FOUND: "fast tier found nothing that fits",
}


def answer_view(answer: Answer, *, picture: str = "", took_s: float = 0.0) -> RenderableType:
    """All that an answer says.

    Args:
        answer: What to show.
        picture: Where the annotated picture is; empty for none.
        took_s: How long the caller waited, seconds; 0 when not known.
    """
    parts: list[RenderableType] = [Text(plain(answer.question), style="bold"), Text()]
    if answer.claims:
        parts += [claims_table(answer), Text()]
    if answer.abstentions:
        parts += [abstentions_table(answer), Text()]
    if not answer.claims and not answer.abstentions:
        parts += [Text("nothing to claim: no lettering was found", style="dim"), Text()]
    parts += notes(answer.proto)
    return Group(*parts, facts(answer, picture, took_s))


def claims_table(answer: Answer) -> Table:
    """One row a claim; nothing is cut, long cells are folded."""
    table = _table("claim", "statement", "verdict", "confidence", "cited regions")
    for claim in answer.claims:
        table.add_row(
            plain(claim.id),
            plain(claim.text),
            Text(words.verdict(claim.verdict), style=palette.TERMINAL.get(claim.verdict, "")),
            words.credibility(claim),
            Text("\n").join(_citations(answer, claim)),
        )
    return table


def _citations(answer: Answer, claim: claim_pb2.Claim) -> Iterator[Text]:
    by_id = {region.id: region for region in answer.regions}
    for citation in claim.citations:
        region = by_id.get(citation.region_id)
        if citation.HasField("passage"):
            line = Text(labels.passage(citation.passage, answer.proto.documents))
        else:
            line = Text(plain(citation.region_id)) if region is None else region_line(region)
        if citation.role != claim_pb2.CITATION_ROLE_SUPPORTS:
            line.append(f" ({words.role(citation.role)})", style="dim")
        yield line
    yield from search_lines(labels.searches(claim))


def search_lines(searches: Iterable[claim_pb2.Search]) -> Iterator[Text]:
    """Where, and by whom, something was looked for."""
    for search in searches:
        yield Text.assemble(("searched: ", "dim"), labels.search(search))


def region_line(region: region_pb2.Region) -> Text:
    """A region on one line: id, what was found, score, tier, box."""
    tail = f" {words.score(region)} {words.tier(region.source.tier)} {words.box(region)}"
    looks = f" {labels.colors(region)}" if region.appearance.colors else ""
    return Text.assemble(plain(region.id), " ", words.content(region), (tail + looks, "dim"))


def abstentions_table(answer: Answer) -> Table:
    """One row an abstention: what is not answered, why, and what to do."""
    table = _table("not answered", "reason", "why, and what to do")
    targets = {target.id: target for target in answer.plan.targets}
    for abstention in answer.abstentions:
        target = targets.get(abstention.target_id)
        table.add_row(
            "the whole question" if target is None else words.target(target),
            Text(words.reason(abstention.reason), style="bold magenta"),
            Text("\n").join(_why(answer, abstention)),
        )
    return table


def _why(answer: Answer, abstention: claim_pb2.Abstention) -> Iterator[Text]:
    yield Text(plain(abstention.detail))
    by_id = {region.id: region for region in answer.regions}
    near = [by_id[region_id] for region_id in abstention.near_region_ids if region_id in by_id]
    for region in near:
        yield Text.assemble(("came near: ", "dim"), region_line(region))
    yield from search_lines(abstention.searches)
    if abstention.capability:
        yield Text(f"what is bound: groundwire status ({words.capability(abstention.capability)})", style="dim")


def notes(answer: answer_pb2.Answer) -> list[RenderableType]:
    """Escalations, degradations and redactions, a line each, and an empty one after them."""
    lines = [escalation_line(escalation) for escalation in answer.escalations]
    lines += [
        Text.assemble(("degraded: ", "bold yellow"), words.degradation(degradation))
        for degradation in answer.degradations
    ]
    lines += [Text.assemble(("painted over: ", "bold"), labels.redaction(each)) for each in answer.image.redactions]
    return [*lines, Text()] if lines else []


def escalation_line(escalation: answer_pb2.Escalation) -> Text:
    """Why the accurate tier was asked."""
    doubt = _DOUBTS.get(escalation.reason, "accurate tier asked")
    whom = f" ({plain(escalation.target_id)})" if escalation.target_id else ""
    detail = f": {plain(escalation.detail)}" if escalation.detail else ""
    return Text.assemble((f"{doubt}{whom}", "bold yellow"), detail)


def facts(answer: Answer, picture: str, took_s: float) -> Table:
    """Everything that leads on: time, picture, ids."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    steps = [f"{plain(t.step)} {words.milliseconds(t.duration.ToNanoseconds() / 1e9)}" for t in answer.proto.timings]
    if took_s:
        steps.append(f"in all {words.milliseconds(took_s)}")
    rows = {
        "steps": " · ".join(steps),
        "picture": picture,
        "image": f"sha256:{plain(answer.image.digest)}",
        "composer": plain(f"{answer.proto.composer.name} {answer.proto.composer.version}"),
        "calibrated": plain(answer.proto.calibration_digest and f"sha256:{answer.proto.calibration_digest}"),
        "conversation": plain(answer.proto.conversation_id),
        "answer": plain(answer.id),
        "trace": plain(answer.trace_id),
        "record": f"{answer.record.index} (sha256:{plain(answer.record.digest)})",
    }
    for name, value in rows.items():
        if value.strip():
            grid.add_row(name, Text(value))
    return grid


def _table(*columns: str) -> Table:
    table = Table(box=box.ROUNDED, header_style="bold", border_style="dim", show_lines=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
