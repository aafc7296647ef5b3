"""Reading a log over gRPC, as whoever checks it does: what it says is taken for nothing but bytes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import grpc

from groundwire.credentials import Credentials
from groundwire.errors import InvalidRequest, NotFound, from_rpc_error
from groundwire.proofs import audit, merkle, traces
from groundwire.proofs.audit import Audit, Signed
from groundwire.proofs.bundles import Bundle
from groundwire.proofs.claim_bundles import ClaimBundle
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.notes import MAX_NOTE_CHARACTERS, PublicKey, checkpoint_of
from groundwire.proofs.outcomes import Finding, Outcome
from groundwire.v1 import provenance_service_pb2, provenance_service_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from groundwire.proofs.notes import Checkpoint


class Log:
    """The log of a provenance service. Every method raises a `GroundwireError` for a call that came to nothing."""

    def __init__(
        self, channel: grpc.Channel, address: str, timeout_s: float, metadata: tuple[tuple[str, str | bytes], ...] = ()
    ) -> None:
        """Call over an open channel.

        Args:
            channel: To the service.
            address: Where that is, for errors.
            timeout_s: Deadline of each call, seconds.
            metadata: What goes with each call.
        """
        self._metadata = metadata
        self._stub = provenance_service_pb2_grpc.ProvenanceServiceStub(channel)
        self._address = address
        self._timeout_s = timeout_s

    def public_key(self) -> PublicKey:
        """The key that the service says it signs with.

        Raises:
            ProofError: It is none.
        """
        return PublicKey.parse(self._checkpoint().public_key)

    def bundle(self, answer_id: str) -> Bundle:
        """Everything that proves an answer."""
        return Bundle.of(self._proof(answer_id))

    def claim_bundle(self, answer_id: str, claim_id: str, *, with_question: bool) -> ClaimBundle | Bundle:
        """What proves one claim of an answer, and shows nothing of the others; of an erased answer, its erasure.

        Raises:
            ProofError: The answer has no such claim, or was recorded before claims had proofs of their own.
        """
        proof = self._proof(answer_id)
        if proof.HasField("erasure"):
            return Bundle.of(proof, claim_id)
        return ClaimBundle.of(proof, claim_id, with_question=with_question)

    def verify_answer(self, answer_id: str, key: PublicKey, copies: Sequence[Path]) -> Finding:
        """Check one answer, and that the log it is in continues the newest copy of a checkpoint."""
        bundle = self.bundle(answer_id)
        finding = bundle.verify(key)
        if not finding.holds or not copies:
            return finding
        try:
            self._check_continues(copies[-1], bundle.checkpoint, key)
        except ProofError as error:
            return Finding(Outcome.INVALID, str(error))
        return finding

    def compare_trace(self, answer_id: str, finding: Finding) -> Finding:
        """A finding that holds, and that the answer and its trace agree; that they do not, where they do not."""
        answer_request = provenance_service_pb2.GetAnswerRequest(answer_id=answer_id)
        with self._typed():
            answer = self._stub.GetAnswer(answer_request, timeout=self._timeout_s, metadata=self._metadata).answer
        trace_request = provenance_service_pb2.GetTraceRequest(trace_id=answer.trace_id)
        try:
            with self._typed():
                spans = self._stub.GetTrace(trace_request, timeout=self._timeout_s, metadata=self._metadata).spans
        except NotFound:
            return Finding(finding.outcome, f"{finding.detail}; its trace is not here, so nothing was compared")
        if found := traces.disagreements(answer, spans):
            return Finding(Outcome.INVALID, f"{finding.detail}; but " + "; ".join(found[: audit.MAX_PROBLEMS]))
        return Finding(finding.outcome, f"{finding.detail}; its trace agrees, span by span")

    def verify(self, key: PublicKey, copies: Sequence[Path]) -> Finding:
        """Check the whole log against its own newest checkpoint and against every copy."""
        signed: list[Signed] = []
        problems: list[str] = []
        note = self._checkpoint().checkpoint
        try:
            if note:
                signed.append(Signed(checkpoint_of(note, key), "the newest checkpoint"))
        except ProofError as error:
            problems.append(f"the newest checkpoint: {error}")
        for path in copies:
            try:
                signed.append(Signed(_checkpoint_in(path, key), _name(path)))
            except ProofError as error:
                problems.append(str(error))
        made = Audit(signed, problems)
        for entry in self._records():
            made.take(entry)
        # What was read before its erasure, while that was going on, is read again.
        for index in sorted(made.contested):
            for entry in self._records(index, index + 1):
                made.take_again(entry)
        return made.finish()

    def _proof(self, answer_id: str) -> provenance_service_pb2.GetInclusionProofResponse:
        with self._typed():
            request = provenance_service_pb2.GetInclusionProofRequest(answer_id=answer_id)
            return self._stub.GetInclusionProof(request, timeout=self._timeout_s, metadata=self._metadata)

    def _records(self, start: int = 0, end: int = 0) -> Iterator[provenance_service_pb2.ReadRecordsResponse]:
        request = provenance_service_pb2.ReadRecordsRequest(start=start, end=end, with_contents=True)
        with self._typed():
            yield from self._stub.ReadRecords(request, timeout=self._timeout_s, metadata=self._metadata)

    def _check_continues(self, copy: Path, note: str, key: PublicKey) -> None:
        old, new = _checkpoint_in(copy, key), checkpoint_of(note, key)
        if old.size > new.size:
            old, new = new, old
        request = provenance_service_pb2.GetConsistencyProofRequest(old_size=old.size, new_size=new.size)
        try:
            with self._typed():
                response = self._stub.GetConsistencyProof(request, timeout=self._timeout_s, metadata=self._metadata)
        except InvalidRequest as error:
            raise ProofError(f"{_name(copy)}: {new.size} records were signed, and the log has fewer") from error
        try:
            merkle.verify_consistency(old.size, new.size, list(response.hashes), old.root, new.root)
        except ProofError as error:
            raise ProofError(f"{_name(copy)}: the log does not continue it: {error}") from error

    def _checkpoint(self) -> provenance_service_pb2.GetCheckpointResponse:
        with self._typed():
            return self._stub.GetCheckpoint(
                provenance_service_pb2.GetCheckpointRequest(), timeout=self._timeout_s, metadata=self._metadata
            )

    @contextmanager
    def _typed(self) -> Iterator[None]:
        try:
            yield
        except grpc.RpcError as error:
            raise from_rpc_error(error, part="provenance", address=self._address, timeout_s=self._timeout_s) from error


@contextmanager
def reading(address: str, timeout_s: float) -> Iterator[Log]:
    """The log of the provenance service that listens at `address`."""
    credentials = Credentials.of_environment()
    with credentials.channel(address) as channel:
        yield Log(channel, address, timeout_s, credentials.metadata)


def copies_in(folder: Path) -> Sequence[Path]:
    """The copies of checkpoints in a folder, by size."""
    return sorted(folder.glob("*.checkpoint"))


def _name(copy: Path) -> str:
    return f"the copy {copy.name}"


def _checkpoint_in(copy: Path, key: PublicKey) -> Checkpoint:
    """The checkpoint in a file.

    Raises:
        ProofError: It holds none that the key signed, or one of another size than its name says.
    """
    try:
        with copy.open(encoding="utf-8") as file:
            checkpoint = checkpoint_of(file.read(MAX_NOTE_CHARACTERS + 1), key)
    except (ProofError, OSError, UnicodeDecodeError) as error:
        raise ProofError(f"{_name(copy)}: {error}") from error
    if copy.stem != f"{checkpoint.size:020d}":
        raise ProofError(f"{_name(copy)}: it is of {checkpoint.size} records, other than its name says")
    return checkpoint
