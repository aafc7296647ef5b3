"""The command by which a person judges a claim."""

from typing import Annotated

import typer
from rich.text import Text

from groundwire import calls, searches
from groundwire.cli import connect, consoles, options
from groundwire.words import plain


def review(
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help="Id of an answer; groundwire list shows them.")],
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="Id of a claim, such as c1.")],
    judgement: Annotated[searches.JudgementWord, typer.Argument(metavar="JUDGEMENT", help="correct, wrong or unsure.")],
    *,
    note: Annotated[
        str, typer.Option("--note", metavar="TEXT", help="Why. Kept as the answer is, and erased with it.")
    ] = "",
    reviewer: Annotated[str, typer.Option("--reviewer", metavar="NAME", help="Who judges; kept likewise.")] = "",
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Say what you make of a claim. It becomes a record of its own, beside the answer's.

    A later judgement of the same claim counts instead of the one before; both stay in the log.
    """
    with connect.client(address, timeout) as client:
        response = client.review(answer, claim, judgement, note=note, reviewer=reviewer)
    state = searches.review_word(response.review_state)
    line = f"record {response.receipt.index}: {plain(claim)} {judgement}; the answer is {state}"
    consoles.output().print(Text(line), soft_wrap=True)
