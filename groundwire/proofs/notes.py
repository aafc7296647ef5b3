"""Signed notes (C2SP signed-note, Ed25519), and the checkpoints of a log that they carry (C2SP tlog-checkpoint).

A note is text, an empty line, and signature lines. A checkpoint's text is three lines: the log's origin, its size, the
root of its tree in base64. What was signed is kept and compared as the text that it is, never written anew.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from groundwire.proofs.merkle import HASH_BYTES, ProofError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NOTE_CHARACTERS: Final = 64 * 1024
"""Longest note that is read. A checkpoint has some 200 characters."""

_ED25519: Final = b"\x01"
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_ID_BYTES: Final = 4
_NAME: Final = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE_LINE: Final = re.compile(r"\N{EM DASH} (\S+) (\S+)")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Who signed: a name and an Ed25519 key, 32 bytes. Its text form is `<name>+<id>+<base64>`."""

    name: str
    key: bytes

    def __post_init__(self) -> None:
        """Refuse what no note could name.

        Raises:
            ProofError: The name has a space, a plus sign or a control character, or the key is not of 32 bytes.
        """
        if not _NAME.fullmatch(self.name):
            raise ProofError(f"{self.name!r} cannot name a key: no spaces, no plus sign")
        if len(self.key) != _KEY_BYTES:
            raise ProofError(f"an Ed25519 key has {_KEY_BYTES} bytes, this one {len(self.key)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key from its text form.

        Raises:
            ProofError: It is no key, or its id does not fit.
        """
        name, _, rest = text.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        key = _unbase64(encoded, "the public key")
        if key[:1] != _ED25519:
            raise ProofError("the public key is no Ed25519 key; one looks like name+01234567+AQ…")
        parsed = cls(name, key[1:])
        if identity != parsed.identity.hex():
            raise ProofError(f"the public key's id is {identity}, and should be {parsed.identity.hex()}")
        return parsed

    @property
    def identity(self) -> bytes:
        """What a signature line begins with, 4 bytes."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.key).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        """Its text form."""
        return f"{self.name}+{self.identity.hex()}+{base64.b64encode(_ED25519 + self.key).decode()}"

    def check(self, note: str) -> str:
        """The text of a note that this key signed. Signatures by other keys are passed over.

        Raises:
            ProofError: It is no note, or this key has not signed it, or not this text.
        """
        text, signatures = _parts(note)
        for name, signature in signatures:
            if name != self.name or signature[:_ID_BYTES] != self.identity:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(self.key).verify(signature[_ID_BYTES:], text.encode())
            except InvalidSignature:
                raise ProofError(f"the signature by {self.name} does not fit the text") from None
            return text
        raise ProofError(f"there is no signature by {self.name} with the key {self.identity.hex()}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its origin, how many records it has, the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checkpoint that a note's text is. Extension lines are refused: this log writes none.

        Raises:
            ProofError: It is none.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0]:  # noqa: PLR2004 - three lines, each ended
            raise ProofError("a checkpoint has three lines: origin, size, root")
        if not _SIZE.fullmatch(lines[1]):
            raise ProofError(f"{lines[1][:40]!r} is no size of a log")
        root = _unbase64(lines[2], "the root")
        if len(root) != HASH_BYTES:
            raise ProofError(f"the root has {len(root)} bytes, not {HASH_BYTES}")
        return cls(lines[0], int(lines[1]), root)


def sign(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """A note of this text, signed.

    Raises:
        ProofError: The text is none that a note can carry.
    """
    public = PublicKey(name, key.public_key().public_bytes_raw())
    _check_text(text)
    signature = base64.b64encode(public.identity + key.sign(text.encode())).decode()
    return f"{text}\n\N{EM DASH} {name} {signature}\n"


def checkpoint_of(note: str, key: PublicKey) -> Checkpoint:
    """The checkpoint in a note that `key` signed, of the log that is named as the key is.

    Raises:
        ProofError: It is no such note.
    """
    checkpoint = Checkpoint.parse(key.check(note))
    if checkpoint.origin != key.name:
        raise ProofError(f"the checkpoint is of the log {checkpoint.origin!r}, not of {key.name!r}")
    return checkpoint


def _parts(note: str) -> tuple[str, Sequence[tuple[str, bytes]]]:
    """A note's text, and its signatures: who, and the bytes."""
    if len(note) > MAX_NOTE_CHARACTERS:
        raise ProofError(f"a note of {len(note)} characters is too long")
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise ProofError("it is no signed note: text, an empty line, signature lines")
    text += "\n"
    _check_text(text)
    return text, [_signature(line) for line in lines[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE_LINE.fullmatch(line)
    if not match:
        raise ProofError(f"{line[:40]!r} is no signature line")
    signature = _unbase64(match[2], "the signature")
    if len(signature) <= _ID_BYTES:
        raise ProofError("the signature is cut short")
    return match[1], signature


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(ord(c) < ord(" ") and c != "\n" for c in text):
        raise ProofError("a note's text ends with a line break and has no other control characters")


def _unbase64(text: str, what: str) -> bytes:
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    # The decoder forgives stray bits at the end; a value has one spelling.
    if not decoded or base64.b64encode(decoded).decode() != text:
        raise ProofError(f"{what} is no base64")
    return decoded
