"""A record with its place in a signed log, and how bundles spell it in JSON."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from groundwire.proofs import merkle
from groundwire.proofs.merkle import ProofError

if TYPE_CHECKING:
    from groundwire.proofs.notes import Checkpoint


@dataclass(frozen=True, slots=True)
class Proved:
    """A record, its index, and its inclusion proof in the tree of a checkpoint; empty if there is none."""

    index: int
    record: bytes
    hashes: tuple[bytes, ...]

    @classmethod
    def parse(cls, said: dict[str, Any]) -> Self:
        """What JSON says of one.

        Raises:
            ProofError: An index or a hash is none; what is missing raises a KeyError or a TypeError.
        """
        return cls(number_of(said["index"]), bytes_of(said["bytes"]), hashes_of(said["inclusion_proof"]))

    @property
    def said(self) -> dict[str, Any]:
        """The same as JSON."""
        hashes = [text_of(value) for value in self.hashes]
        return {"index": self.index, "bytes": text_of(self.record), "inclusion_proof": hashes}

    def check_in(self, checkpoint: Checkpoint) -> None:
        """Return where the record is in the log that was signed.

        Raises:
            ProofError: It is not, as far as this proof shows.
        """
        leaf = merkle.leaf_hash(self.record)
        try:
            merkle.verify_inclusion(leaf, self.index, checkpoint.size, self.hashes, checkpoint.root)
        except ProofError as error:
            raise ProofError(f"record {self.index} is not in the signed log: {error}") from error


def text_of(value: bytes) -> str:
    """Bytes as JSON has them: base64."""
    return base64.b64encode(value).decode()


def bytes_of(text: str) -> bytes:
    """What `text_of` wrote.

    Raises:
        ProofError: It is no base64.
    """
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ProofError("a value is no base64") from error


def hashes_of(said: Any) -> tuple[bytes, ...]:
    """A row of hashes."""
    return tuple(bytes_of(value) for value in said)


def number_of(said: object) -> int:
    """A whole number.

    Raises:
        ProofError: It is none.
    """
    if type(said) is not int:
        raise ProofError("an index is no number")
    return said


def words_of(said: object) -> str:
    """A text.

    Raises:
        ProofError: It is none.
    """
    if not isinstance(said, str):
        raise ProofError("a text is none")
    return said
