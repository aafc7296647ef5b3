"""The key that checkpoints are signed with: a PEM file that only its owner can read."""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from groundwire.proofs import notes
from groundwire.proofs.notes import Checkpoint, PublicKey
from services.common.errors import MeshError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Signer:
    """Signs the checkpoints of one log, which is named as the key is."""

    origin: str
    key: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        """What verifies its signatures."""
        return PublicKey(self.origin, self.key.public_key().public_bytes_raw())

    def sign(self, size: int, root: bytes) -> str:
        """A checkpoint of the log as a signed note."""
        return notes.sign(Checkpoint(self.origin, size, root).text, self.origin, self.key)


def load_or_create(path: Path, origin: str) -> Signer:
    """The signer whose key is in a file; where there is none, one is made. Beside it, `.pub` has the public key.

    Raises:
        MeshError: The file holds no Ed25519 key, or cannot be read or made.
    """
    try:
        signer = Signer(origin, _load(path) if path.exists() else _create(path))
        _publish(path.with_suffix(".pub"), f"{signer.public}\n")
    except (OSError, ValueError) as error:
        raise MeshError(
            f"the signing key {path} cannot be used: {error}",
            remedy="set GROUNDWIRE_PROVENANCE_SIGNING_KEY_FILE to a PEM file with an unencrypted Ed25519 key, or to a "
            "path where one can be made",
        ) from error
    return signer


def _load(path: Path) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        msg = "it is no Ed25519 key"
        raise ValueError(msg)  # noqa: TRY004 - what the file holds is wrong, not what was passed
    return key


def _create(path: Path) -> Ed25519PrivateKey:
    """Make it whole or not at all, and only where there is none: replicas may start together, and disks be full."""
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
            file.flush()
            # What is signed must be signed by the same key tomorrow.
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(unfinished)
    finally:
        unfinished.unlink(missing_ok=True)
    return _load(path)


def _publish(path: Path, public: str) -> None:
    """Have the public key in its file; one that has it is left alone, since the disk may be full."""
    if not path.exists() or path.read_text(encoding="utf-8") != public:
        path.write_text(public, encoding="utf-8")
