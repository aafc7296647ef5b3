"""What the commands share that prove: which key is trusted, where the copies of checkpoints are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich.text import Text

from groundwire.cli import connect, consoles
from groundwire.errors import GroundwireError, InvalidRequest
from groundwire.mesh.table import CHECKPOINTS
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import PublicKey
from groundwire.proofs.remote import copies_in
from groundwire.words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.proofs.remote import Log

PUBLIC_KEY = Path("signing", "key.pub")
"""Where the provenance service of a mesh on this machine leaves its public key, in the mesh's home."""

Key: TypeAlias = Annotated[
    str,
    typer.Option(
        "--key",
        metavar="PUBKEY",
        help="The log's public key, name+id+base64, or a file with it. If not given: that of the mesh that runs in "
        "this folder, else what the service says, which proves less.",
        show_default=False,
    ),
]


def key_of(said: str) -> PublicKey:
    """The key that was given, as text or as a file.

    Raises:
        InvalidRequest: It is none.
    """
    path = Path(said)
    try:
        return PublicKey.parse(path.read_text(encoding="utf-8") if path.is_file() else said)
    except (ProofError, OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            f"{said} is no public key: {error}",
            remedy="give name+id+base64 as the service's operator published it, or a file with it",
            metadata={"field": "key"},
        ) from error


def trusted(said: str, address: str, log: Log) -> PublicKey:
    """The key to verify with: the one that was given, that of the mesh of this folder, or the service's own word."""
    if said:
        return key_of(said)
    mesh = connect.meant_here(address)
    if mesh is not None and (mesh.home / PUBLIC_KEY).is_file():
        return key_of(str(mesh.home / PUBLIC_KEY))
    try:
        key = log.public_key()
    except ProofError as error:
        raise GroundwireError(f"the service gives no public key: {error}", remedy="give it with --key") from error
    note = f"trusting the key that the service gives, {key}; pin it with --key"
    consoles.messages().print(Text(plain(note), style="dim"))
    return key


def copies(folder: Path | None, address: str) -> Sequence[Path]:
    """The copies of checkpoints: in the folder that was given, else in that of the mesh of this folder.

    Raises:
        InvalidRequest: The folder that was given is none.
    """
    if folder is not None:
        if not folder.is_dir():
            raise InvalidRequest(f"{folder} is no folder", metadata={"field": "checkpoints"})
        return copies_in(folder)
    mesh = connect.meant_here(address)
    return copies_in(mesh.home / CHECKPOINTS) if mesh is not None else ()
