"""The command that puts into one file what proves an answer."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from groundwire import calls
from groundwire.cli import connect, consoles, options, verifying
from groundwire.cli.failures import CannotWrite
from groundwire.errors import FailedPrecondition
from groundwire.proofs.bundles import Bundle
from groundwire.proofs.claim_bundles import ClaimBundle
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.outcomes import Outcome
from groundwire.proofs.remote import Log, reading
from groundwire.words import plain


def bundle(
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help="Id of an answer; groundwire list shows them.")],
    claim: Annotated[
        str, typer.Argument(metavar="CLAIM", help="Id of the claim that it is for; the whole answer when not given.")
    ] = "",
    *,
    question: Annotated[
        bool, typer.Option("--question", help="With CLAIM: put the question and the plan into it as well.")
    ] = False,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write it.")],
    key: verifying.Key = "",
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Write a file that proves an answer with no server at hand: groundwire verify FILE --key PUBKEY.

    With CLAIM it holds that claim, its regions, models and checks, and nothing of the other claims. Without, it holds
    the whole answer in the clear: give it to nobody who may not see that. One that does not hold is not written.
    """
    with reading(connect.addresses(address).provenance, timeout) as log:
        made = _made(log, answer, claim, with_question=question)
        finding = made.verify(verifying.trusted(key, address, log))
    if not finding.holds:
        raise FailedPrecondition(
            f"there is no proof of answer {answer} ({finding.outcome.value}): {finding.detail}",
            remedy="wait for the next checkpoint, some seconds, and try again"
            if finding.outcome is Outcome.UNANCHORED
            else "check the whole log: groundwire verify",
            reason=f"PROOF_{finding.outcome.value}",
        )
    try:
        out.write_text(made.text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(f"{out} cannot be written: {error.strerror}", remedy="give another place with -o") from error
    consoles.output().print(Text(f"{plain(str(out))}: {finding.outcome.value} {plain(finding.detail)}"), soft_wrap=True)
    consoles.messages().print(
        Text(f"check it with: groundwire verify {plain(str(out))} --key {made.public_key}", style="dim")
    )


def _made(log: Log, answer: str, claim: str, *, with_question: bool) -> Bundle | ClaimBundle:
    if not claim:
        return log.bundle(answer)
    try:
        return log.claim_bundle(answer, claim, with_question=with_question)
    except ProofError as error:
        raise FailedPrecondition(
            f"there is no bundle of claim {claim}: {error}",
            remedy="groundwire explain shows the claims of an answer; groundwire bundle ANSWER bundles all of it",
            reason="NO_CLAIM_PROOF",
        ) from error
