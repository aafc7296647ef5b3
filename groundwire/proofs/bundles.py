"""A bundle: one JSON file that proves a whole answer with no server at hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from groundwire.proofs import records
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import Checkpoint, PublicKey, checkpoint_of
from groundwire.proofs.outcomes import Finding, Outcome
from groundwire.proofs.proved import Proved, bytes_of, text_of, words_of
from groundwire.proofs.records import AnswerRecord, ErasureRecord, Opening

if TYPE_CHECKING:
    from groundwire.v1 import provenance_service_pb2

FORMAT: Final = "groundwire.bundle/1"


@dataclass(frozen=True, slots=True)
class Bundle:
    """What it takes to check an answer.

    Attributes:
        proved: The answer's record.
        opening: Its content; None where it was erased.
        erasure: The record of its erasure; None where it was not.
        checkpoint: A signed note; empty where none reached the record.
        public_key: The key that is said to have signed it, in text form.
        claim_id: The claim that it was made for; empty for the whole answer.
    """

    proved: Proved
    opening: Opening | None
    erasure: Proved | None
    checkpoint: str
    public_key: str
    claim_id: str = ""

    @classmethod
    def of(cls, proof: provenance_service_pb2.GetInclusionProofResponse, claim_id: str = "") -> Self:
        """The bundle of what the log says about a record."""
        has_opening, has_erasure = proof.HasField("opening"), proof.HasField("erasure")
        erasure = proof.erasure
        return cls(
            proved=Proved(proof.index, proof.record, tuple(proof.hashes)),
            opening=Opening(proof.opening.salt, proof.opening.content) if has_opening else None,
            erasure=Proved(erasure.index, erasure.record, tuple(erasure.hashes)) if has_erasure else None,
            checkpoint=proof.checkpoint,
            public_key=proof.public_key,
            claim_id=claim_id,
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The bundle in a file.

        Raises:
            ProofError: It is none.
        """
        try:
            said = json.loads(text)
            if said["format"] != FORMAT:
                raise ProofError(f"it is no {FORMAT}")  # noqa: TRY301 - told as any other fault of the file
            opening, erasure = said["opening"], said["erasure"]
            return cls(
                proved=Proved.parse(said["record"]),
                opening=opening and Opening(bytes_of(opening["salt"]), bytes_of(opening["content"])),
                erasure=erasure and Proved.parse(erasure),
                checkpoint=words_of(said["checkpoint"]),
                public_key=words_of(said["public_key"]),
                claim_id=words_of(said["claim"]),
            )
        except ProofError:
            raise
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ProofError(f"it is no bundle, or a part of it is missing: {error}") from error

    @property
    def text(self) -> str:
        """What a file of it holds."""
        opening = self.opening and {"salt": text_of(self.opening.salt), "content": text_of(self.opening.content)}
        said = {
            "format": FORMAT,
            "claim": self.claim_id,
            "record": self.proved.said,
            "opening": opening,
            "erasure": self.erasure and self.erasure.said,
            "checkpoint": self.checkpoint,
            "public_key": self.public_key,
        }
        return json.dumps(said, indent=2) + "\n"

    def verify(self, key: PublicKey) -> Finding:
        """Check all of it against a key that the reader trusts; what the bundle says of keys counts for nothing."""
        try:
            return self._verify(key)
        except ProofError as error:
            return Finding(Outcome.INVALID, str(error))

    def _verify(self, key: PublicKey) -> Finding:
        # 1. The record is one, and its content, if it is here, is what it commits to.
        said = named(records.parse, self.proved.record, f"record {self.proved.index}")
        if not isinstance(said, AnswerRecord):
            raise ProofError(f"record {self.proved.index} is not of an answer")
        if self.opening is not None:
            answer = said.check(self.opening)
            if self.claim_id and self.claim_id not in {claim.id for claim in answer.claims}:
                raise ProofError(f"the answer has no claim {self.claim_id}")
        # 2. The record is in the log that was signed.
        if not self.checkpoint:
            return Finding(Outcome.UNANCHORED, f"no checkpoint reaches record {self.proved.index} yet")
        checkpoint = named(lambda note: checkpoint_of(note, key), self.checkpoint, "checkpoint")
        self.proved.check_in(checkpoint)
        where = f"record {self.proved.index} of {checkpoint.size} in {checkpoint.origin}"
        # 3. Content that is missing was erased, and the log says so.
        if self.erasure is not None:
            return self._verify_erasure(self.erasure, checkpoint, where)
        if self.opening is None and not said.is_stored:
            return Finding(Outcome.VALID, f"{where}; commitments alone were kept, so it says nothing of the content")
        if self.opening is None:
            raise ProofError("the content is missing or was altered, and no record says that it was erased")
        return Finding(Outcome.VALID, where)

    def _verify_erasure(self, erasure: Proved, checkpoint: Checkpoint, where: str) -> Finding:
        said = named(records.parse, erasure.record, f"record {erasure.index}")
        if not isinstance(said, ErasureRecord) or self.proved.index not in said.indexes:
            raise ProofError(f"record {erasure.index} is no erasure of record {self.proved.index}")
        if self.opening is not None:
            raise ProofError(f"record {erasure.index} says that the content was erased, and it is still there")
        if erasure.index >= checkpoint.size:
            return Finding(Outcome.UNANCHORED, f"no checkpoint reaches the erasure, record {erasure.index}, yet")
        erasure.check_in(checkpoint)
        return Finding(Outcome.ERASED, f"{where}, erased {said.time} by record {erasure.index}")


def named(read: Any, value: Any, what: str) -> Any:
    """What `read` reads; its errors name what it read."""
    try:
        return read(value)
    except ProofError as error:
        raise ProofError(f"{what}: {error}") from error
