"""Whether a record is in the signed log: computed here from what provenance hands out, not taken from its word."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from groundwire.proofs.bundles import Bundle
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import PublicKey
from groundwire.proofs.outcomes import Outcome
from services.common.errors import MeshError

if TYPE_CHECKING:
    from groundwire.v1 import answer_pb2, provenance_service_pb2

TONES: Final = {
    Outcome.VALID: "supported",
    Outcome.ERASED: "context",
    Outcome.UNANCHORED: "unverified",
    Outcome.INVALID: "contradicted",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What the proof shows.

    Attributes:
        state: An outcome in lower case, or "not known".
        detail: What it rests on, or what failed.
        tone: The word for its colour.
        key: Whose signature it is; empty where there is none.
    """

    state: str
    detail: str
    tone: str = "abstained"
    key: str = ""


def proof_of(
    receipt: answer_pb2.RecordReceipt, response: provenance_service_pb2.GetInclusionProofResponse | MeshError
) -> Proof:
    """What `response` shows of the record that `receipt` names."""
    if isinstance(response, MeshError):
        return Proof("not known", f"no proof is to be had: {response.message}")
    outcome, detail = _verified(receipt, response)
    return Proof(outcome.value.lower(), detail, TONES[outcome], response.public_key)


def _verified(
    receipt: answer_pb2.RecordReceipt, response: provenance_service_pb2.GetInclusionProofResponse
) -> tuple[Outcome, str]:
    if (response.index, hashlib.sha256(response.record).hexdigest()) != (receipt.index, receipt.digest):
        return Outcome.INVALID, "the record that the log gives is not the one that the answer names"
    try:
        key = PublicKey.parse(response.public_key)
    except ProofError as error:
        return Outcome.INVALID, str(error)
    finding = Bundle.of(response).verify(key)
    return finding.outcome, finding.detail
