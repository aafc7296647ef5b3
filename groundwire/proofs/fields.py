"""A serialized message taken apart into its fields as they stand, bytes for bytes.

What is parsed and serialized again may come out in another order, or with fields that a newer version knows and an
older one did not. What is hashed is therefore cut out of the bytes that came, and never written anew.

Source of the format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from typing import Final, NamedTuple

from groundwire.proofs.merkle import ProofError

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES: Final = {_FIXED64: 8, _FIXED32: 4}
_MAX_VARINT_BYTES: Final = 10
_MORE: Final = 0x80
"""The bit that says that a number goes on in the next byte."""


class Place(NamedTuple):
    """Where a field lies: its number, and where it, its value and the next field begin."""

    number: int
    start: int
    value: int
    end: int


def places_of(message: bytes) -> list[Place]:
    """The fields of a serialized message, in their order.

    Every answer passes through here before it is recorded, so numbers of one byte, as most are, are read in place.

    Raises:
        ProofError: The bytes are no message.
    """
    places, at, size = [], 0, len(message)
    while at < size:
        start = at
        tag, at = (message[at], at + 1) if message[at] < _MORE else _varint(message, at)
        kind, value = tag & 7, at
        if kind == _DELIMITED:
            length, value = (message[at], at + 1) if at < size and message[at] < _MORE else _varint(message, at)
            at = value + length
        elif kind == _VARINT:
            at = at + 1 if at < size and message[at] < _MORE else _varint(message, at)[1]
        elif kind in _FIXED_BYTES:
            at += _FIXED_BYTES[kind]
        else:
            raise ProofError("a field is of a kind that no message of ours has")
        if at > size:
            raise ProofError("a field ends after its message")
        places.append(Place(tag >> 3, start, value, at))
    return places


def values_of(message: bytes) -> dict[int, list[bytes]]:
    """The values of a serialized message's fields, by number, each in the order of the message.

    Raises:
        ProofError: The bytes are no message.
    """
    values: dict[int, list[bytes]] = {}
    for number, _, value, end in places_of(message):
        values.setdefault(number, []).append(message[value:end])
    return values


def parted(message: bytes, number: int) -> tuple[bytes, list[bytes]]:
    """A message without one of its fields, and the values of that field.

    Raises:
        ProofError: The bytes are no message.
    """
    rest: list[bytes] = []
    values: list[bytes] = []
    kept_from = 0
    for found, start, value, end in places_of(message):
        if found == number:
            rest.append(message[kept_from:start])
            values.append(message[value:end])
            kept_from = end
    return b"".join([*rest, message[kept_from:]]), values


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = 0
    for shift in range(0, 7 * _MAX_VARINT_BYTES, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < _MORE:
            return value, at
    raise ProofError("a number in a message does not end")
