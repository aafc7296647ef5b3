"""A serialized message taken apart into its fields as they stand, bytes for bytes.

What is parsed and serialized again may come out in another order, or with fields that a newer version knows and an
older one did not. What is hashed is therefore cut out of the bytes that came, and never written anew.

Source of the format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from groundwire.proofs.merkle import ProofError

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES: Final = {_FIXED64: 8, _FIXED32: 4}
_MAX_VARINT_BYTES: Final = 10


class Field(NamedTuple):
    """One field: its number, all of its bytes, and those of its value without tag and length."""

    number: int
    whole: bytes
    value: bytes


def fields_of(message: bytes) -> Iterator[Field]:
    """The fields of a serialized message, in their order.

    Raises:
        ProofError: The bytes are no message.
    """
    for number, start, value, end in _places(message):
        yield Field(number, message[start:end], message[value:end])


def merged(message: bytes, number: int) -> bytes:
    """The message in a singular field; one that occurs more than once is merged, as every parser does."""
    return b"".join(parted(message, number)[1])


def parted(message: bytes, number: int) -> tuple[bytes, list[bytes]]:
    """A message without one of its fields, and the values of that field.

    Raises:
        ProofError: The bytes are no message.
    """
    rest: list[bytes] = []
    values: list[bytes] = []
    kept_from = 0
    for found, start, value, end in _places(message):
        if found == number:
            rest.append(message[kept_from:start])
            values.append(message[value:end])
            kept_from = end
    return b"".join([*rest, message[kept_from:]]), values


def _places(message: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Each field's number, and where it, its value and the next begin."""
    at, size = 0, len(message)
    while at < size:
        start = at
        tag, at = _varint(message, at)
        kind = tag & 7
        value = at
        if kind == _DELIMITED:
            length, value = _varint(message, at)
            at = value + length
        elif kind == _VARINT:
            _, at = _varint(message, at)
        elif kind in _FIXED_BYTES:
            at += _FIXED_BYTES[kind]
        else:
            raise ProofError("a field is of a kind that no message of ours has")
        if at > size:
            raise ProofError("a field ends after its message")
        yield tag >> 3, start, value, at


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = message[at] if at < len(message) else 0
    if at < len(message) and value < 0x80:  # noqa: PLR2004 - most are of one byte
        return value, at + 1
    value = 0
    for shift in range(0, 7 * _MAX_VARINT_BYTES, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return value, at
    raise ProofError("a number in a message does not end")
