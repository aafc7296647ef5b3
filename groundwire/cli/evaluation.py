"""The commands that measure a mesh: eval SET FOLDER, eval compare, eval robustness, eval scenes, eval sets.

What they need beyond a caller's installation (the extra `eval`) is imported when they are called.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from rich.text import Text
from typer.core import TyperGroup

from groundwire import calls
from groundwire.cli import consoles, options
from groundwire.cli.failures import FAILED, CannotWrite

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_COMMAND = "run"


class EvalCommands(TyperGroup):
    """`eval SET FOLDER` is `eval run SET FOLDER`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Name the command that is left out."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="eval",
    cls=EvalCommands,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure a mesh against labelled pictures: groundwire eval SET FOLDER.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

Set: TypeAlias = Annotated[
    str, typer.Argument(metavar="SET", help="Layout of the set; groundwire eval sets lists them.")
]
Folder: TypeAlias = Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the set lies.")]
Split: TypeAlias = Annotated[str, typer.Option("--split", help="Part of the set, as it names it; all if not given.")]
Limit: TypeAlias = Annotated[int, typer.Option("--limit", min=0, help="Most examples, drawn at random; 0 for all.")]
Seed: TypeAlias = Annotated[int, typer.Option("--seed", min=0, help="Of every draw.")]
JsonFile: TypeAlias = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Where to write the figures and every outcome.")
]
HtmlFile: TypeAlias = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Where to write the report; one file, with pictures.")
]
Concurrency: TypeAlias = Annotated[int, typer.Option("--concurrency", min=1, max=256, help="Calls in flight at once.")]
Answers: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--answers",
        metavar="FILE",
        help="Where raw answers go as they come. A run that broke goes on from there. If not given: "
        "eval/SET.answers.jsonl in .groundwire of this folder (or $GROUNDWIRE_HOME).",
        show_default=False,
    ),
]


@app.command(name=DEFAULT_COMMAND)
def run(  # noqa: PLR0913 - one parameter an option
    name: Set,
    folder: Folder,
    *,
    split: Split = "",
    limit: Limit = 0,
    seed: Seed = 0,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    pictures: Annotated[int, typer.Option("--pictures", min=0, help="Most pictures in the report.")] = 60,
    concurrency: Concurrency = 4,
    fail_under: Annotated[
        list[str] | None,
        typer.Option("--fail-under", metavar="METRIC=VALUE", help="Exit with 1 unless it is reached. Repeat at will."),
    ] = None,
    answers: Answers = None,
    stakes: options.Stakes = "standard",
    cpu_hour_usd: Annotated[
        float, typer.Option("--cpu-hour-usd", min=0, help="Price of a CPU-hour, to tell cost in money.")
    ] = 0.0,
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Ask a mesh what a labelled set asks, and report how right it is.

    Exit status: 0, or 1 where --fail-under is not reached or the mesh is gone.
    """
    _check_writable(json_file, html_file, answers)
    with _needed():
        from groundwire.cli import evaluating  # noqa: PLC0415 - the extra `eval`
        from groundwire.evaluation.gates import Gate  # noqa: PLC0415

        gates = [Gate.parse(text) for text in fail_under or ()]
        work = evaluating.Work.of(name, folder, split=split, limit=limit, seed=seed, answers=answers)
        pace = evaluating.Pace(concurrency, timeout, stakes)
        result, got = evaluating.ask(work, pace, address, cpu_hour_usd)
        evaluating.show(result)
        _write(json_file, result.to_json)
        _write(html_file, lambda: evaluating.page(result, work, got, pictures))
        failures = [failure for gate in gates if (failure := gate.failure(result))]
    for failure in failures:
        consoles.messages().print(Text.assemble(("not reached: ", "bold red"), failure))
    if failures:
        raise typer.Exit(FAILED)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A.json", help="A run's file.")],
    after: Annotated[Path, typer.Argument(metavar="B.json", help="A later run over the same set.")],
    *,
    seed: Seed = 0,
    flips: Annotated[int, typer.Option("--flips", min=0, help="Most flips to list each way.")] = 20,
) -> None:
    """Compare two runs, question by question.

    McNemar's exact test over right and wrong, the change of every figure with its 95 % interval, and what flipped.
    """
    with _needed():
        from groundwire.cli import evaluation_view  # noqa: PLC0415 - the extra `eval`
        from groundwire.evaluation import comparison, runs  # noqa: PLC0415

        result = comparison.compare(runs.read(before), runs.read(after), seed=seed)
        consoles.output().print(evaluation_view.comparison_view(result, flips))


@app.command()
def robustness(  # noqa: PLR0913 - one parameter an option
    name: Set,
    folder: Folder,
    *,
    corruption: Annotated[
        list[str] | None, typer.Option("--corruption", help="Which; all of them if not given. Repeat at will.")
    ] = None,
    severity: Annotated[
        list[int] | None,
        typer.Option("--severity", min=1, max=5, help="Which; all five if not given. Repeat at will."),
    ] = None,
    paraphrases: Annotated[bool, typer.Option(help="Whether questions are asked in other words too.")] = True,
    split: Split = "",
    limit: Limit = 0,
    seed: Seed = 0,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    concurrency: Concurrency = 4,
    answers: Answers = None,
    stakes: options.Stakes = "standard",
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Ask the same under corrupted pictures and in other words, and report what that costs."""
    _check_writable(json_file, html_file, answers)
    with _needed():
        from groundwire.cli import evaluating, evaluation_view  # noqa: PLC0415 - the extra `eval`

        chosen = evaluating.known_corruptions(corruption or ())
        work = evaluating.Work.of(name, folder, split=split, limit=limit, seed=seed, answers=answers)
        pace = evaluating.Pace(concurrency, timeout, stakes)
        result = evaluating.robustness(
            work, pace, address, corruptions=chosen, severities=severity or (1, 2, 3, 4, 5), reworded=paraphrases
        )
        consoles.output().print(evaluation_view.robustness_view(result))
        _write(json_file, result.to_json)
        _write(html_file, lambda: evaluating.robustness_page(result))


@app.command()
def scenes(
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where they go; made if it is not there.")],
    seed: Seed = 0,
    count: Annotated[int, typer.Option("--count", min=1, help="How many of each kind.")] = 10,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Which kinds; all if not given. Repeat at will.")
    ] = None,
) -> None:
    """Render scenes with exact truth: shelves, panels, tables, bins, documents.

    The folder is a set in groundwire's own layout: groundwire eval groundwire FOLDER.
    """
    with _needed():
        from groundwire.evaluation.scenes import write_scenes  # noqa: PLC0415 - the extra `eval`

        written = write_scenes(out, seed=seed, count=count, kinds=tuple(kind or ()))
    consoles.messages().print(Text(f"{written.pictures} pictures with {written.questions} questions are in {out}."))


@app.command(name="sets")
def list_sets() -> None:
    """List the layouts of labelled sets that are known. docs/evaluation.md tells the files of each."""
    with _needed():
        from groundwire.evaluation.sets import LAYOUTS  # noqa: PLC0415 - the extra `eval`

        for name, layout in LAYOUTS.items():
            consoles.output().print(Text(f"{name:12} {layout.about}"))


@contextmanager
def _needed() -> Iterator[None]:
    """A missing package, as an error that says how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        from groundwire.evaluation.errors import NotInstalled  # noqa: PLC0415 - needs nothing

        raise NotInstalled(
            f"this installation cannot evaluate: {error.name} is missing",
            remedy="install what evaluation needs: pip install 'groundwire[eval]', or make setup in a checkout",
        ) from error


def _check_writable(*paths: Path | None) -> None:
    """Said before the mesh is asked, not after."""
    for path in paths:
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise CannotWrite(f"{path} cannot be written", remedy="name a file in a folder that is there")


def _write(path: Path | None, text: Any) -> None:
    if path is None:
        return
    try:
        path.write_text(text(), encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{path} could not be written: {error}", remedy="name another file") from error
    consoles.messages().print(Text(f"written: {path}"))
