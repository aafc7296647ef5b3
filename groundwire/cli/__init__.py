"""The command line: `groundwire`."""

from importlib import metadata
from typing import Annotated

import typer

from groundwire.cli import asking, certs, evaluation, mesh, models, records
from groundwire.cli.bundle import bundle
from groundwire.cli.calibrate import calibrate
from groundwire.cli.erase import erase
from groundwire.cli.export import export
from groundwire.cli.failures import Commands
from groundwire.cli.review import review
from groundwire.cli.verify import verify

app = typer.Typer(
    name="groundwire",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def _examples(*lines: str) -> str:
    r"""An epilogue that keeps its lines: `\b` tells the formatter to."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the flag
    if wanted:
        typer.echo(f"groundwire {metadata.version('groundwire')}")
        raise typer.Exit


@app.callback()
def groundwire(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Visual grounding: every claim wired to its pixels.

    Ask about a picture and get claims, each citing the regions that carry it, each checked by code that did not write
    it, each recorded.

    Exit status: 0 answered (abstaining is answering), 1 error, 2 wrong usage, 130 interrupted.
    """


app.command(
    epilog=_examples(
        "groundwire run",
        'groundwire run receipt.jpg "What is the total?"',
        'groundwire run sign.png "Is there the word EXIT?" --stakes critical --json',
    )
)(mesh.run)
app.command(epilog=_examples("groundwire up", "GROUNDWIRE_HOME=/var/tmp/mesh groundwire up"))(mesh.up)
app.command(epilog=_examples("groundwire down"))(mesh.down)
app.command(epilog=_examples("groundwire status", "groundwire status --address 10.0.0.7:50051 --json"))(mesh.status)
app.command(
    epilog=_examples(
        'groundwire ask receipt.jpg "What is the total?"',
        'groundwire ask receipt.jpg "What is the date?" --json | jq .claims[0].text',
        'groundwire ask machine.jpg "Is the guard closed?" --document manual.txt --relevance',
        'groundwire ask desk.jpg "Where is the cup?" --conversation desk --redact 10,20,180,240 --store none',
        'groundwire ask sha256:9f86… "Who issued it?" --out /tmp/issuer.png',
    )
)(asking.ask)
app.command(
    epilog=_examples("groundwire ground street.jpg 'red car' 'traffic light'", "groundwire ground door.jpg '\"EXIT\"'")
)(asking.ground)
app.command(epilog=_examples("groundwire read page.png", "groundwire read page.png --json --out page.read.png"))(
    asking.read
)
app.command(
    epilog=_examples(
        "groundwire explain 0192f3a4-1111-7000-8000-000000000001",
        "groundwire explain 0192f3a4-1111-7000-8000-000000000001 c1 --trace",
    )
)(records.explain)
app.command(
    "list",
    short_help="List recorded answers.",
    epilog=_examples(
        "groundwire list --limit 5", "groundwire list --text yamaha --review wrong", "groundwire list --follow"
    ),
)(records.list_answers)

app.command(
    epilog=_examples(
        "groundwire verify",
        "groundwire verify 0192f3a4-1111-7000-8000-000000000001 --trace",
        "groundwire verify claim.json --key log.pub",
    )
)(verify)
app.command(
    short_help="Write a file that proves an answer anywhere.",
    epilog=_examples("groundwire bundle 0192f3a4-1111-7000-8000-000000000001 c1 -o claim.json"),
)(bundle)
app.command(
    short_help="Erase answers for good.",
    epilog=_examples(
        "groundwire erase --answer 0192f3a4-1111-7000-8000-000000000001",
        "groundwire erase --image sha256:9f86… --reason 'asked for by the person shown'",
    ),
)(erase)
app.command(
    epilog=_examples(
        "groundwire review 0192f3a4-1111-7000-8000-000000000001 c1 wrong --note 'it says YAMAHA'",
    )
)(review)
app.command(
    epilog=_examples(
        "groundwire export 0192f3a4-1111-7000-8000-000000000001 --format coco -o answer.json",
        "groundwire export 0192f3a4-1111-7000-8000-000000000001 --format c2pa -o answer.jpg",
    )
)(export)
app.command(
    short_help="Fit confidences to what was right and wrong.",
    epilog=_examples(
        "groundwire calibrate receipts.json -o calibration.json --diagram reliability.svg",
        "groundwire calibrate a.json b.json b.answers.jsonl --method isotonic -o calibration.json",
    ),
)(calibrate)
app.add_typer(certs.app)
app.add_typer(evaluation.app, short_help="Measure a mesh against labelled pictures.")
app.add_typer(models.app)


def main() -> None:
    """Run the command line."""
    app(prog_name="groundwire")
