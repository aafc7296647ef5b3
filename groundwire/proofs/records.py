"""What a record says, as bytes that are hashed and never written anew.

A record is canonical JSON: keys sorted, no spaces, ASCII. It holds nothing personal. What is, and what few guesses
would hit, enters as a commitment: HMAC-SHA256 under a salt of the record's own, over the name of what is committed to,
a zero byte, and the value. Who knows the salt and the value can show that they were meant; without the salt a guess
cannot be tested.

There are records of answers, of people's reviews of claims, and of erasures. An answer's record is, since version 2,
over the parts that `groundwire.proofs.parts` takes it into; records of version 1 stay what they are, and are read and
checked as ever.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from google.protobuf.message import DecodeError

from groundwire.proofs.merkle import ProofError
from groundwire.proofs.parts import Parts, commitment, part_salt
from groundwire.v1 import answer_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ANSWER_VERSION: Final = 2
VERSION: Final = 1
"""Of the other kinds."""
SALT_BYTES: Final = 32

ANSWER: Final = "answer"
ERASURE: Final = "erasure"
REVIEW: Final = "review"


@dataclass(frozen=True, slots=True)
class Opening:
    """What shows the content of a record: its salt, and a serialized answer or what a review says in words."""

    salt: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree of an answer's parts: how many there are, and its root, hexadecimal."""

    count: int
    root: str


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """The record of an answer.

    Attributes:
        answer_id: Id of the answer.
        time: When the call was admitted, RFC 3339, UTC.
        trace_id: Its trace.
        commitments: To the serialized answer ("content"); in version 1 also to the question ("question") and to the
            digest of the image ("image"). Hexadecimal.
        parts: The tree of its parts; None in version 1, which has none.
        is_stored: Whether the content was kept; False where commitments alone were.
    """

    answer_id: str
    time: str
    trace_id: str
    commitments: dict[str, str]
    parts: Tree | None
    is_stored: bool = True

    @classmethod
    def of(cls, opening: Opening, *, time: str, is_stored: bool = True) -> Self:
        """The record of a serialized answer.

        Raises:
            ProofError: It is none that can be taken into parts.
        """
        answer = _answer(opening.content)
        parts = Parts(opening.content, opening.salt)
        tree = Tree(len(parts.all), parts.root.hex())
        return cls(answer.id, time, answer.trace_id, _commitments(opening), tree, is_stored)

    @property
    def encoded(self) -> bytes:
        """The record's bytes."""
        fields = {
            "answer": self.answer_id,
            "commitments": self.commitments,
            "time": self.time,
            "trace": self.trace_id,
        }
        if self.parts is None:
            return _encoded(ANSWER, 1, fields)
        tree = {"count": self.parts.count, "root": self.parts.root}
        return _encoded(ANSWER, ANSWER_VERSION, {**fields, "parts": tree, "stored": self.is_stored})

    def check(self, opening: Opening) -> answer_pb2.Answer:
        """The answer, if it is the one that the record was made of, and the parts are its own.

        Raises:
            ProofError: It is another one, or they are another's.
        """
        answer = self.check_content(opening)
        if self.parts is not None:
            parts = Parts(opening.content, opening.salt)
            if (len(parts.all), parts.root.hex()) != (self.parts.count, self.parts.root):
                raise ProofError("the parts of the answer are not those that the record commits to")
        return answer

    def check_content(self, opening: Opening) -> answer_pb2.Answer:
        """The answer, if it is the one that the record was made of. Its parts are not looked at.

        Raises:
            ProofError: It is another one.
        """
        _check_salt(opening)
        answer = _answer(opening.content)
        made = _commitments(opening) if self.parts else _first_commitments(opening, answer)
        for name, value in made.items():
            _check_commitment(self.commitments[name], value, name)
        if (answer.id, answer.trace_id) != (self.answer_id, self.trace_id):
            raise ProofError("the answer is not the one that the record names")
        return answer


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """The record of what a person made of a claim.

    Attributes:
        answer_id: Id of the answer.
        claim_id: Id of the claim in it.
        judgement: Number of the `Judgement`.
        time: When, RFC 3339, UTC.
        said: Commitment to the note and the name of the reviewer, hexadecimal.
        is_stored: Whether those were kept.
    """

    answer_id: str
    claim_id: str
    judgement: int
    time: str
    said: str
    is_stored: bool

    @property
    def encoded(self) -> bytes:
        """The record's bytes."""
        return _encoded(
            REVIEW,
            VERSION,
            {
                "answer": self.answer_id,
                "claim": self.claim_id,
                "commitments": {"said": self.said},
                "judgement": self.judgement,
                "stored": self.is_stored,
                "time": self.time,
            },
        )

    def check(self, opening: Opening) -> tuple[str, str]:
        """Note and reviewer, if they are those that the record was made of.

        Raises:
            ProofError: They are others.
        """
        _check_salt(opening)
        _check_commitment(self.said, commitment(opening.salt, "said", opening.content), "said")
        return words_of(opening.content)


def review_content(note: str, reviewer: str) -> bytes:
    """What a review says in words, as it is committed to."""
    return json.dumps([note, reviewer], separators=(",", ":")).encode()


def words_of(content: bytes) -> tuple[str, str]:
    """Note and reviewer.

    Raises:
        ProofError: The content is no review's.
    """
    try:
        note, reviewer = json.loads(content)
        return _text(note), _text(reviewer)
    except (ValueError, TypeError, RecursionError) as error:
        raise ProofError("the content is no review's") from error


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
        return _encoded(ERASURE, VERSION, {"reason": self.reason, "records": list(self.indexes), "time": self.time})


Record: TypeAlias = AnswerRecord | ReviewRecord | ErasureRecord


def parse(record: bytes) -> Record:
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


def _commitments(opening: Opening) -> dict[str, str]:
    # Under a salt of its own: who is shown the whole answer is shown the record's salt, and nobody else is.
    return {"content": commitment(part_salt(opening.salt, "content", 0), "content", opening.content)}


def _first_commitments(opening: Opening, answer: answer_pb2.Answer) -> dict[str, str]:
    """Those of version 1."""
    values = {"content": opening.content, "image": answer.image.digest.encode(), "question": answer.question.encode()}
    return {name: commitment(opening.salt, name, value) for name, value in values.items()}


def _check_salt(opening: Opening) -> None:
    if len(opening.salt) != SALT_BYTES:
        raise ProofError(f"the salt has {len(opening.salt)} bytes, not {SALT_BYTES}")


def _check_commitment(said: str, made: str, name: str) -> None:
    if not hmac.compare_digest(made, said):
        raise ProofError(f"the {name} is not what the record commits to")


def _answer(content: bytes) -> answer_pb2.Answer:
    try:
        return answer_pb2.Answer.FromString(content)
    except DecodeError as error:
        raise ProofError("the content is no serialized answer") from error


def _encoded(kind: str, version: int, fields: dict[str, Any]) -> bytes:
    return json.dumps({"kind": kind, "version": version, **fields}, sort_keys=True, separators=(",", ":")).encode()


def _answer_record(said: dict[str, Any]) -> AnswerRecord:
    is_first = said["version"] == 1
    names = ("content", "image", "question") if is_first else ("content",)
    commitments = {name: _text(said["commitments"][name]) for name in names}
    parts = None if is_first else Tree(_number(said["parts"]["count"]), _text(said["parts"]["root"]))
    is_stored = is_first or said["stored"] is True
    return AnswerRecord(_text(said["answer"]), _text(said["time"]), _text(said["trace"]), commitments, parts, is_stored)


def _review_record(said: dict[str, Any]) -> ReviewRecord:
    return ReviewRecord(
        _text(said["answer"]),
        _text(said["claim"]),
        _number(said["judgement"]),
        _text(said["time"]),
        _text(said["commitments"]["said"]),
        said["stored"] is True,
    )


def _erasure_record(said: dict[str, Any]) -> ErasureRecord:
    indexes = tuple(_number(index) for index in said["records"])
    return ErasureRecord(indexes, _text(said["time"]), _text(said["reason"]))


def _number(value: object) -> int:
    if type(value) is not int:
        msg = "a number is none"
        raise TypeError(msg)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        msg = "a text is none"
        raise TypeError(msg)
    return value


_READERS: Final[Mapping[str, Callable[[dict[str, Any]], Record]]] = {
    ANSWER: _answer_record,
    ERASURE: _erasure_record,
    REVIEW: _review_record,
}
