"""The command that writes an answer in the form of another tool."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from groundwire import calls
from groundwire.answers import Answer
from groundwire.cli import connect, consoles, options
from groundwire.cli.failures import CannotWrite
from groundwire.client import Client
from groundwire.errors import FailedPrecondition
from groundwire.words import plain


class Format(StrEnum):
    """What an answer can be written as."""

    PROV = "prov"
    COCO = "coco"
    C2PA = "c2pa"


def export(
    answer: Annotated[str, typer.Argument(metavar="ANSWER", help="Id of an answer; groundwire list shows them.")],
    *,
    form: Annotated[
        Format,
        typer.Option(
            "--format",
            help="prov: W3C PROV-JSON. coco: COCO JSON, boxes and masks. c2pa: the annotated picture, a signed JPEG.",
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write it.")],
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--certificate",
            metavar="PEM",
            envvar="GROUNDWIRE_C2PA_CERTIFICATE",
            help="For c2pa: the signer's P-256 certificate and its chain. If not given, one is made that nobody "
            "trusts: it shows that nothing was changed, not who signed.",
            show_default=False,
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--private-key", metavar="PEM", envvar="GROUNDWIRE_C2PA_KEY", help="Its key.", show_default=False),
    ] = None,
    address: options.Address = "",
    timeout: options.Timeout = calls.DEFAULT_TIMEOUT_S,
) -> None:
    """Write an answer in the form of another tool.

    It is made here, from the answer as recorded, and holds it in the clear: give it to nobody who may not see it.
    """
    if (certificate is None) != (key is None):
        raise typer.BadParameter("a certificate and its key go together", param_hint="--certificate")
    with connect.client(address, timeout) as client:
        recorded = client.get_answer(answer)
        content = _signed(client, recorded, certificate, key) if form is Format.C2PA else _text(recorded, form)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise CannotWrite(f"{out} cannot be written: {error.strerror}", remedy="give another place with -o") from error
    consoles.output().print(Text(f"{plain(str(out))}: {form.value}, {len(content)} bytes"), soft_wrap=True)


def _text(answer: Answer, form: Format) -> bytes:
    if form is Format.COCO:
        from groundwire.exports.coco import coco_json  # noqa: PLC0415 - what is not asked for is not loaded

        return coco_json(answer.proto).encode()
    try:
        from groundwire.exports.prov_json import prov_json  # noqa: PLC0415 - an extra that need not be installed
    except ImportError as error:
        raise _not_installed("prov") from error
    return prov_json(answer.proto).encode()


def _signed(client: Client, answer: Answer, certificate: Path | None, key: Path | None) -> bytes:
    try:
        from groundwire.exports import c2pa_jpeg  # noqa: PLC0415 - an extra that need not be installed
    except ImportError as error:
        raise _not_installed("c2pa-python") from error
    signer = c2pa_jpeg.make_signer() if certificate is None or key is None else c2pa_jpeg.Signer.read(certificate, key)
    return c2pa_jpeg.signed_jpeg(answer.proto, answer.draw(client.crop(answer.image)), signer)


def _not_installed(package: str) -> FailedPrecondition:
    return FailedPrecondition(
        f"this form needs the package {package}, which is not installed",
        remedy="pip install 'groundwire[export]'",
        reason="NOT_INSTALLED",
    )
