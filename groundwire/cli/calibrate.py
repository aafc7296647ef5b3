"""`groundwire calibrate`: from labelled answers to confidences that mean something.

What it needs beyond a caller's installation (the extra `eval`) is imported when it is called.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads the types
from typing import Annotated, Literal

import typer
from rich.text import Text

from groundwire.cli import consoles
from groundwire.cli.failures import CannotWrite
from groundwire.errors import InvalidRequest

LEAST = 30


def calibrate(  # noqa: PLR0913 - one parameter an option
    labelled: Annotated[
        list[Path],
        typer.Argument(
            metavar="LABELLED...",
            help="What groundwire eval wrote: files of --json, and journals of answers that are not in their place.",
        ),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where the calibration goes.")],
    method: Annotated[
        Literal["isotonic", "beta"],
        typer.Option(
            "--method", help="isotonic follows any rising curve and wants many claims; beta has three numbers."
        ),
    ] = "beta",
    diagram: Annotated[
        Path | None, typer.Option("--diagram", metavar="FILE.svg", help="Where to draw reliability before and after.")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Which kinds of claim; all if not given. Repeat at will.")
    ] = None,
    least: Annotated[int, typer.Option("--least", min=10, help="Fewest claims for a fit.")] = LEAST,
    folds: Annotated[int, typer.Option("--folds", min=2, max=20, help="Of the cross-validation.")] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the folds and of the intervals.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Write even what makes unseen pictures worse calibrated.")
    ] = False,
) -> None:
    """Fit the probability that a claim is true to its evidence score, for each kind of claim and each model.

    Prints what that does to claims of pictures that were not fitted on, and writes nothing where it makes their
    expected calibration error worse. Fusion applies the file that GROUNDWIRE_FUSION_CALIBRATION_FILE names.
    """
    _check_places(out, diagram)
    try:
        from groundwire.cli import calibrating  # noqa: PLC0415 - the extra `eval`
    except ModuleNotFoundError as error:
        from groundwire.evaluation.errors import NotInstalled  # noqa: PLC0415 - needs nothing

        raise NotInstalled(
            f"this installation cannot calibrate: {error.name} is missing",
            remedy="install what it needs: pip install 'groundwire[eval]', or make setup in a checkout",
        ) from error
    work = calibrating.Work.of(labelled, method, kinds=kind or (), least=least, folds=folds, seed=seed)
    consoles.output().print(work.view())
    if diagram is not None:
        _write(diagram, work.diagram().encode())
    if not force:
        work.refuse_what_is_worse()
    digest = _write(out, work.file(datetime.now(UTC)))
    consoles.messages().print(Text(f"calibration {digest}: export GROUNDWIRE_FUSION_CALIBRATION_FILE={out.absolute()}"))


def _check_places(out: Path, diagram: Path | None) -> None:
    """Said before anything is fitted, not after."""
    for path in (out, diagram):
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise CannotWrite(f"{path} cannot be written", remedy="name a file in a folder that is there")
    if diagram is not None and diagram.suffix.lower() != ".svg":
        raise InvalidRequest(f"{diagram} is no name for a diagram", remedy="end it in .svg: it is a drawing")


def _write(path: Path, content: bytes) -> str:
    """Write; the SHA-256 of what was written."""
    from groundwire.calibration.document import digest  # noqa: PLC0415 - only once there is something to write

    try:
        path.write_bytes(content)
    except OSError as error:
        raise CannotWrite(f"{path} could not be written: {error}", remedy="name another file") from error
    consoles.messages().print(Text(f"written: {path}"))
    return digest(content)
