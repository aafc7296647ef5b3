"""What a record says, as bytes that are hashed and never written anew.

A record is canonical JSON: keys sorted, no spaces, ASCII. It holds nothing personal. What is, and what few guesses
would hit, enters as a commitment: HMAC-SHA256 under a salt of the record's own, over the name of what is committed to,
a zero byte, and the value. Who knows the salt and the value can show that they were meant; without the salt a guess
cannot be tested.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from google.protobuf.message import DecodeError

from groundwire.proofs.merkle import ProofError
from groundwire.v1 import answer_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

VERSION: Final = 1
SALT_BYTES: Final = 32

ANSWER: Final = "answer"
ERASURE: Final = "erasure"


@dataclass(frozen=True, slots=True)
class Opening:
    """What shows the content of a record: the salt of its commitments, and the serialized answer."""

    salt: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """The record of an answer.

    Attributes:
        answer_id: Id of the answer.
        time: When the call was admitted, RFC 3339, UTC.
        trace_id: Its trace.
        commitments: To the serialized answer ("content"), the question ("question") and the digest of the image
            ("image"), hexadecimal.
    """

    answer_id: str
    time: str
    trace_id: str
    commitments: dict[str, str]

    @classmethod
    def of(cls, opening: Opening, *, time: str) -> Self:
        """The record of a serialized answer."""
        answer = _answer(opening.content)
        return cls(answer.id, time, answer.trace_id, _commitments(opening, answer))

    @property
    def encoded(self) -> bytes:
        """The record's bytes."""
        return _encoded(
            ANSWER,
            {"answer": self.answer_id, "commitments": self.commitments, "time": self.time, "trace": self.trace_id},
        )

    def check(self, opening: Opening) -> answer_pb2.Answer:
        """The answer, if it is the one that the record was made of.

        Raises:
            ProofError: It is another one.
        """
        if len(opening.salt) != SALT_BYTES:
            raise ProofError(f"the salt has {len(opening.salt)} bytes, not {SALT_BYTES}")
        answer = _answer(opening.content)
        for name, value in _commitments(opening, answer).items():
            if not hmac.compare_digest(value, self.commitments[name]):
                raise ProofError(f"the {name} is not what the record commits to")
        if (answer.id, answer.trace_id) != (self.answer_id, self.trace_id):
            raise ProofError("the answer is not the one that the record names")
        return answer


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """The record that the contents of other records are gone, and why.

    Attributes:
        indexes: Those records.
        time: When, RFC 3339, UTC.
        reason: Why, in words that name nobody.
    """

    indexes: tuple[int, ...]
    time: str
    reason: str

    @property
    def encoded(self) -> bytes:
        """The record's bytes."""
        return _encoded(ERASURE, {"reason": self.reason, "records": list(self.indexes), "time": self.time})


def parse(record: bytes) -> AnswerRecord | ErasureRecord:
    """What a record says.

    Raises:
        ProofError: It is no record, or not in its one spelling.
    """
    try:
        said = json.loads(record)
        parsed = _READERS[said["kind"]](said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProofError("it is no record that this version knows") from error
    if parsed.encoded != record:
        raise ProofError("it is a record in another spelling than the one that is hashed")
    return parsed


def commitment(salt: bytes, name: str, value: bytes) -> str:
    """The commitment to a value, hexadecimal. The name keeps equal values of different meaning apart."""
    return hmac.digest(salt, f"groundwire.v1/{name}".encode() + b"\x00" + value, "sha256").hex()


def _commitments(opening: Opening, answer: answer_pb2.Answer) -> dict[str, str]:
    values = {"content": opening.content, "image": answer.image.digest.encode(), "question": answer.question.encode()}
    return {name: commitment(opening.salt, name, value) for name, value in values.items()}


def _answer(content: bytes) -> answer_pb2.Answer:
    try:
        return answer_pb2.Answer.FromString(content)
    except DecodeError as error:
        raise ProofError("the content is no serialized answer") from error


def _encoded(kind: str, fields: dict[str, Any]) -> bytes:
    return json.dumps({"kind": kind, "version": VERSION, **fields}, sort_keys=True, separators=(",", ":")).encode()


def _answer_record(said: dict[str, Any]) -> AnswerRecord:
    commitments = {name: _text(said["commitments"][name]) for name in ("content", "image", "question")}
    return AnswerRecord(_text(said["answer"]), _text(said["time"]), _text(said["trace"]), commitments)


def _erasure_record(said: dict[str, Any]) -> ErasureRecord:
    indexes: Sequence[object] = said["records"]
    if not all(type(index) is int for index in indexes):
        msg = "an index is no number"
        raise TypeError(msg)
    return ErasureRecord(tuple(said["records"]), _text(said["time"]), _text(said["reason"]))


def _text(value: object) -> str:
    if not isinstance(value, str):
        msg = "a text is none"
        raise TypeError(msg)
    return value


_READERS: Final[Mapping[str, Callable[[dict[str, Any]], AnswerRecord | ErasureRecord]]] = {
    ANSWER: _answer_record,
    ERASURE: _erasure_record,
}
