"""The command that checks the log, an answer or a bundle."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text
from rich.tree import Tree

from groundwire import calls, words
from groundwire.cli import connect, consoles, options, verifying
from groundwire.cli.answer_view import region_line
from groundwire.cli.explain_view import source
from groundwire.cli.failures import FAILED
from groundwire.errors import InvalidRequest
from groundwire.proofs.bundles import Bundle
from groundwire.proofs.claim_bundles import ClaimBundle, bundle_in
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
    trace: Annotated[
        bool, typer.Option("--trace", help="With ANSWER: also compare its claims with the spans of its trace.")
    ] = False,
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
    something was changed; it is named. UNANCHORED: nothing is wrong, but no checkpoint reaches it yet. With --trace, an
    answer whose trace tells otherwise than its record is INVALID too.

    Exit status: 0 for VALID and ERASED, 1 for INVALID and UNANCHORED. A bundle needs --key and no server.
    """
    if trace and (not what or Path(what).is_file()):
        raise typer.BadParameter("name an answer, whose trace is meant", param_hint="--trace")
    if what and Path(what).is_file():
        if not key:
            raise typer.BadParameter("a bundle is checked against a key that you trust", param_hint="--key")
        bundle = _bundle(Path(what))
        _tell(bundle.verify(verifying.key_of(key)))
        if isinstance(bundle, ClaimBundle):
            consoles.output().print(_claim_tree(bundle))
        return
    with reading(connect.addresses(address).provenance, timeout) as log:
        trusted = verifying.trusted(key, address, log)
        copies = verifying.copies(checkpoints, address)
        finding = log.verify_answer(what, trusted, copies) if what else log.verify(trusted, copies)
        if trace and finding.outcome is Outcome.VALID:
            finding = log.compare_trace(what, finding)
    _tell(finding)


def _bundle(path: Path) -> Bundle | ClaimBundle:
    try:
        if path.stat().st_size > MAX_BUNDLE_BYTES:
            raise ProofError(f"it is larger than {MAX_BUNDLE_BYTES} bytes")  # noqa: TRY301 - told as any other fault
        return bundle_in(path.read_text(encoding="utf-8"))
    except (ProofError, OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"{path} is no bundle: {error}",
            remedy="groundwire bundle ANSWER -o FILE makes one",
            metadata={"field": "bundle"},
        ) from error


def _claim_tree(bundle: ClaimBundle) -> Tree:
    """What is proved: the claim, its regions with their models, its checks."""
    claim = bundle.claim
    tree = Tree(Text(f"{plain(claim.id)} {plain(claim.text)} ({words.verdict(claim.verdict)})", "bold"))
    for region, run in bundle.regions:
        seen = tree.add(region_line(region))
        seen.add(Text(f"seen by {source(run)}", "dim"))
    for check in bundle.checks:
        tree.add(Text(f"{words.check(check.kind)} {words.outcome(check.outcome)}: {plain(check.detail)}"))
    return tree


def _tell(finding: Finding) -> None:
    outcome = finding.outcome
    consoles.output().print(
        Text.assemble((outcome.value, _STYLES[outcome]), f" {plain(finding.detail)}"), soft_wrap=True
    )
    if not finding.holds:
        raise typer.Exit(FAILED)
