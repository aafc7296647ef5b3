"""The commands that look at a picture: ask, ground, read."""

import time
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.status import Status
from rich.text import Text

from groundwire import calls, words
from groundwire.answers import Answer
from groundwire.cli import connect, consoles, options
from groundwire.cli.answer_view import escalation_line
from groundwire.cli.presenting import Presentation
from groundwire.client import Client
from groundwire.documents import Document
from groundwire.events import Admitted, Answered, Checked, Escalated, Event, Looked, Planned
from groundwire.images import Box
from groundwire.words import plain


def ask(  # noqa: PLR0913 - one parameter an option
    image: options.Image,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="The question, in quotes.")],
    *,
    stakes: options.Stakes = "standard",
    document: options.Document = None,
    conversation: options.Conversation = "",
    relevance: options.Relevance = False,
    store: options.Store = "tenant",
    redact: options.Redact = None,
    out: options.Out = None,
    no_picture: options.NoPicture = False,
    as_json: options.Json = False,
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Answer a question about a picture.

    Prints claims, each citing the regions (or the passages of documents) that carry it, and what is not answered, with
    the reason.
    """
    presentation = Presentation.of(image, as_json=as_json, out=out, no_picture=no_picture)
    documents = [Document.of_file(path) for path in document or ()]
    asked = calls.Question(question, stakes, documents, conversation, relevance, store)
    places = options.boxes(redact)
    with connect.client(address, timeout) as client:
        present(client, presentation, lambda: watch(client, image, asked, places))


def ground(  # noqa: PLR0913 - as ask
    image: options.Image,
    phrases: Annotated[
        list[str],
        typer.Argument(
            metavar="PHRASE…", help="What to find, up to 32. '\"EXIT\"', in double quotes, is lettering as it stands."
        ),
    ],
    *,
    stakes: options.Stakes = "standard",
    redact: options.Redact = None,
    out: options.Out = None,
    no_picture: options.NoPicture = False,
    as_json: options.Json = False,
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Find what phrases name in a picture.

    For each phrase: its regions, or the reason why there are none.
    """
    presentation = Presentation.of(image, as_json=as_json, out=out, no_picture=no_picture)
    places = options.boxes(redact)
    with connect.client(address, timeout) as client:
        present(
            client,
            presentation,
            lambda: _waiting(lambda: client.ground(image, phrases, stakes=stakes, redact=places)),
        )


def read(  # noqa: PLR0913 - as ask
    image: options.Image,
    *,
    stakes: options.Stakes = "standard",
    redact: options.Redact = None,
    out: options.Out = None,
    no_picture: options.NoPicture = False,
    as_json: options.Json = False,
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Read all lettering of a picture.

    One claim for each piece of lettering, top to bottom, left to right.
    """
    presentation = Presentation.of(image, as_json=as_json, out=out, no_picture=no_picture)
    places = options.boxes(redact)
    with connect.client(address, timeout) as client:
        present(client, presentation, lambda: _waiting(lambda: client.read(image, stakes=stakes, redact=places)))


def present(client: Client, presentation: Presentation, call: Callable[[], Answer]) -> None:
    """Make the call and show what comes of it."""
    began = time.perf_counter()
    answer = call()
    presentation.show(answer, client, time.perf_counter() - began)


def watch(client: Client, image: str, asked: calls.Question, redact: Sequence[Box] = ()) -> Answer:
    """Ask, telling on standard error what the mesh is doing."""
    answer = None
    events = client.ask_stream(
        image,
        asked.text,
        stakes=asked.stakes,
        documents=asked.documents,
        conversation=asked.conversation,
        relevance=asked.relevance,
        store=asked.store,
        redact=redact,
    )
    with consoles.messages().status("asking…") as status:
        for event in events:
            _tell(status, event)
            if isinstance(event, Answered):
                answer = event.answer
    if answer is None:
        raise calls.unanswered()
    return answer


def _tell(status: Status, event: Event) -> None:
    match event:
        case Admitted():
            size, gone = event.image.size, len(event.image.redactions)
            painted = f", places painted over: {gone}" if gone else ""
            status.update(Text(f"picture admitted: {size.width}x{size.height}{painted}"))
        case Planned():
            status.update(Text(f"planned: {words.task(event.plan.task)}"))
        case Looked():
            status.update(Text(f"{words.tier(event.tier)} tier: {len(event.regions)} regions"))
        case Escalated():
            status.update(escalation_line(event.escalation))
        case Checked():
            status.update(Text(f"{words.verdict(event.claim.verdict)}: {plain(event.claim.text)}"))


def _waiting(call: Callable[[], Answer]) -> Answer:
    with consoles.messages().status("looking…"):
        return call()
