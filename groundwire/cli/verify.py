"""The command that checks the log, an answer or a bundle."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from groundwire import calls
from groundwire.cli import connect, consoles, options, verifying
from groundwire.cli.failures import FAILED
from groundwire.errors import InvalidRequest
from groundwire.proofs.bundles import Bundle
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.outcomes import Finding, Outcome
from groundwire.proofs.remote import reading
from groundwire.words import plain

MAX_BUNDLE_BYTES = 64 * 1024 * 1024

_STYLES = {
    Outcome.VALID: "bold green",
    Outcome.ERASED: "bold blue",
    Outcome.INVALID: "bold red",
    Outcome.UNANCHORED: "bold yellow",
}


def verify(
    what: Annotated[
        str,
        typer.Argument(
            metavar="[ANSWER|BUNDLE]", help="An answer's id or a bundle's file; the whole log if not given."
        ),
    ] = "",
    *,
    key: verifying.Key = "",
    checkpoints: Annotated[
        Path | None,
        typer.Option(
            "--checkpoints",
            metavar="FOLDER",
            help="Copies of the log's checkpoints to hold it against. If not given: those of the mesh that runs in "
            "this folder.",
            show_default=False,
        ),
    ] = None,
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Check that what was recorded is what was signed.

    VALID: in the signed log, as recorded. ERASED: in the signed log, its content erased, and the log says so. INVALID:
    something was changed; it is named. UNANCHORED: nothing is wrong, but no checkpoint reaches it yet.

    Exit status: 0 for VALID and ERASED, 1 for INVALID and UNANCHORED. A bundle needs --key and no server.
    """
    if what and Path(what).is_file():
        if not key:
            raise typer.BadParameter("a bundle is checked against a key that you trust", param_hint="--key")
        finding = _bundle(Path(what)).verify(verifying.key_of(key))
    else:
        with reading(connect.addresses(address).provenance, timeout) as log:
            trusted = verifying.trusted(key, address, log)
            copies = verifying.copies(checkpoints, address)
            finding = log.verify_answer(what, trusted, copies) if what else log.verify(trusted, copies)
    _tell(finding)


def _bundle(path: Path) -> Bundle:
    try:
        if path.stat().st_size > MAX_BUNDLE_BYTES:
            raise ProofError(f"it is larger than {MAX_BUNDLE_BYTES} bytes")  # noqa: TRY301 - told as any other fault
        return Bundle.parse(path.read_text(encoding="utf-8"))
    except (ProofError, OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"{path} is no bundle: {error}",
            remedy="groundwire bundle ANSWER -o FILE makes one",
            metadata={"field": "bundle"},
        ) from error


def _tell(finding: Finding) -> None:
    outcome = finding.outcome
    consoles.output().print(
        Text.assemble((outcome.value, _STYLES[outcome]), f" {plain(finding.detail)}"), soft_wrap=True
    )
    if not finding.holds:
        raise typer.Exit(FAILED)
