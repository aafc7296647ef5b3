"""The commands that look back: explain, list."""

from typing import Annotated

import typer
from google.protobuf import json_format
from rich import box
from rich.table import Table
from rich.text import Text

from groundwire import calls, palette, searches, words
from groundwire.cli import answers_options, connect, consoles, options
from groundwire.cli.explain_view import abstention_tree, explanation_tree
from groundwire.cli.waterfall import waterfall
from groundwire.client import Client
from groundwire.errors import NotFound
from groundwire.searches import Search
from groundwire.v1 import provenance_service_pb2
from groundwire.words import plain


def explain(
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help="Id of an answer; groundwire list shows them.")],
    claim: Annotated[
        str, typer.Argument(metavar="CLAIM", help="Id of a claim, such as c1; all of them when not given.")
    ] = "",
    *,
    trace: Annotated[bool, typer.Option("--trace", help="Show the spans of the answer over time as well.")] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print protobuf JSON, and nothing else: each claim's ExplainClaimResponse, then the GetTraceResponse.",
        ),
    ] = False,
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Tell how claims came about.

    Question, plan, target, doubts, models, regions, rivals, checks, verdict. Without CLAIM, every claim and every
    abstention of the answer is told.
    """
    with connect.client(address, timeout) as client:
        recorded = client.get_answer(answer)
        claims = [claim] if claim else [each.id for each in recorded.claims]
        chains = [client.explain(answer, claim_id) for claim_id in claims]
        if as_json:
            for chain in chains:
                typer.echo(json_format.MessageToJson(chain))
        else:
            trees = [explanation_tree(chain) for chain in chains]
            trees += [] if claim else [abstention_tree(recorded.proto, each) for each in recorded.abstentions]
            for tree in trees:
                consoles.output().print(tree)
        if trace:
            _trace(client, recorded.trace_id, as_json=as_json)


def _trace(client: Client, trace_id: str, *, as_json: bool) -> None:
    """The waterfall. That no span has arrived yet is said, and is no error."""
    try:
        spans = client.trace(trace_id)
    except NotFound:
        spans = ()
    if as_json:
        typer.echo(json_format.MessageToJson(provenance_service_pb2.GetTraceResponse(spans=spans)))
    elif spans:
        consoles.output().print(waterfall(spans))
    else:
        note = f"no spans of trace {plain(trace_id)} yet: they arrive a few seconds after the answer"
        consoles.messages().print(Text(note, style="dim"))


def list_answers(  # noqa: PLR0913 - a filter each
    *,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100, help="Most answers to list.")] = 20,
    page: Annotated[str, typer.Option("--page", metavar="TOKEN", help="Go on where the page before ended.")] = "",
    since: answers_options.Since = None,
    until: answers_options.Until = None,
    verdict: answers_options.Verdicts = None,
    label: answers_options.Label = "",
    text: answers_options.Words = "",
    model: answers_options.Model = "",
    degraded: answers_options.Degradations = None,
    review: answers_options.Review = "",
    slower: answers_options.Slower = None,
    faster: answers_options.Faster = None,
    image: answers_options.Image = "",
    follow: Annotated[
        bool, typer.Option("--follow", help="Then show answers as they are recorded, until interrupted.")
    ] = False,
    as_json: options.Json = False,
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """List recorded answers, newest first; with --follow, those that come."""
    where = Search(
        since=since,
        until=until,
        verdicts=tuple(verdict or ()),
        label=label,
        text=text,
        model=model,
        degradations=tuple(degraded or ()),
        review=review,
        min_latency_s=slower,
        max_latency_s=faster,
        image=image,
    )
    with connect.client(address, timeout) as client:
        if follow:
            _follow(client, where, as_json=as_json)
            return
        response = client.list_answers(where, page_size=limit, page_token=page)
    if as_json:
        typer.echo(json_format.MessageToJson(response))
        return
    consoles.output().print(_answers_table(response))
    if response.next_page_token:
        consoles.messages().print(Text(f"more: --page {plain(response.next_page_token)}", style="dim"))


def _follow(client: Client, where: Search, *, as_json: bool) -> None:
    """One line an answer, as it comes."""
    for summary in client.watch_answers(where):
        if as_json:
            typer.echo(json_format.MessageToJson(summary, indent=None))
        else:
            row = provenance_service_pb2.ListAnswersResponse(answers=[summary])
            consoles.output().print(_answers_table(row, show_header=False))


def _answers_table(response: provenance_service_pb2.ListAnswersResponse, *, show_header: bool = True) -> Table:
    look = box.ROUNDED if show_header else None
    table = Table(box=look, header_style="bold", border_style="dim", show_header=show_header)
    table.add_column("record", justify="right")
    table.add_column("answer", no_wrap=True)
    table.add_column("when (UTC)", no_wrap=True)
    table.add_column("question", overflow="fold")
    table.add_column("verdicts", overflow="fold")
    for summary in response.answers:
        verdicts = [
            Text(words.verdict(verdict), style=palette.TERMINAL.get(verdict, "")) for verdict in summary.verdicts
        ]
        if summary.abstention_count:
            verdicts.append(Text(f"{summary.abstention_count} not answered", style="magenta"))
        if summary.review_state > provenance_service_pb2.REVIEW_STATE_UNREVIEWED:
            verdicts.append(Text(f"reviewed: {searches.review_word(summary.review_state)}", style="cyan"))
        table.add_row(
            str(summary.record.index),
            plain(summary.id),
            f"{summary.create_time.ToDatetime():%Y-%m-%d %H:%M:%S}",
            "(commitments alone were kept)" if summary.commitments_only else plain(summary.question),
            Text(", ").join(verdicts),
        )
    return table
