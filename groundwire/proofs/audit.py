"""Checking a whole log: every hash is computed anew from the records as they are read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from groundwire.proofs import merkle, records, tree
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.outcomes import Finding, Outcome
from groundwire.proofs.records import AnswerRecord, ErasureRecord, Opening, ReviewRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.proofs.notes import Checkpoint
    from groundwire.v1 import provenance_service_pb2

MAX_PROBLEMS: Final = 20
"""Problems that are told one by one."""

_KINDS: Final = {AnswerRecord: records.ANSWER, ReviewRecord: records.REVIEW, ErasureRecord: records.ERASURE}


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint, and where it was found."""

    checkpoint: Checkpoint
    where: str


@dataclass
class Audit:
    """Takes the records of a log one by one, then says what it found.

    1. Indexes are dense, from 0; digests are those of the bytes; records are ones that this version knows; the hashes
       that proofs are made from are those of the records.
    2. What a record commits to is its content; where the content is missing, a later record erased it, or the record
       says that none was kept. What is another tenant's is counted, and not looked into.
    3. At the size of every checkpoint, wherever it was found, the tree has the root that was signed.

    Attributes:
        checkpoints: Those that the log is held against.
        problems: What was found so far; what was wrong before the first record comes in with it.
        size: Records taken.
        erased: Those of them whose content was erased, and the log says so.
        contested: Those whose content was there though a later record says that it was erased: to be looked at again.
        withheld: How many have content that is another tenant's.
    """

    checkpoints: Sequence[Signed]
    problems: list[str] = field(default_factory=list)
    size: int = 0
    erased: int = 0
    contested: set[int] = field(default_factory=set)
    withheld: int = 0
    _frontier: list[bytes] = field(default_factory=list)
    _missing: set[int] = field(default_factory=set)
    _present: set[int] = field(default_factory=set)
    _unseen: set[int] = field(default_factory=set)

    def take(self, entry: provenance_service_pb2.ReadRecordsResponse) -> None:
        """Check the next record."""
        index = entry.receipt.index
        if index != self.size:
            self._problem(
                f"after record {self.size - 1} comes record {index}" if self.size else f"it begins at {index}"
            )
        if entry.receipt.digest != hashlib.sha256(entry.record).hexdigest():
            self._problem(f"record {index} does not have its digest")
        opening = Opening(entry.opening.salt, entry.opening.content) if entry.HasField("opening") else None
        try:
            self._check(entry, records.parse(entry.record), opening)
        except ProofError as error:
            self._problem(f"record {index}: {error}")
        self._frontier, completed = tree.append(self._frontier, self.size, merkle.leaf_hash(entry.record))
        if list(entry.nodes) != completed:
            self._problem(f"record {index}: the hashes kept with it for proofs are not those of the records")
        self.size += 1
        for signed in self.checkpoints:
            if signed.checkpoint.size == self.size and signed.checkpoint.root != tree.root_of(self._frontier):
                self._problem(f"{signed.where}: the first {self.size} records are not those that were signed")

    def take_again(self, entry: provenance_service_pb2.ReadRecordsResponse) -> None:
        """Look again at a record whose content was there before the record of its erasure was read."""
        if not entry.HasField("opening"):
            self.contested.discard(entry.receipt.index)
            self.erased += 1

    def finish(self) -> Finding:
        """What the whole log is."""
        for index in sorted(self.contested):
            self._problem(f"the content of record {index} is still there, and a record says that it was erased")
        for index in sorted(self._missing):
            self._problem(f"the content of record {index} is missing or was altered, and no record erased it")
        for signed in self.checkpoints:
            if signed.checkpoint.size > self.size:
                self._problem(f"{signed.where}: {signed.checkpoint.size} records were signed, and {self.size} are here")
        if self.problems:
            more = len(self.problems) - MAX_PROBLEMS
            rest = [f"and {more} more"] if more > 0 else []
            return Finding(Outcome.INVALID, "; ".join([*self.problems[:MAX_PROBLEMS], *rest]))
        covered = max((signed.checkpoint.size for signed in self.checkpoints), default=0)
        what = f"{self.size} records, {self.erased} of them erased, {len(self.checkpoints)} checkpoints"
        if self.withheld:
            what += f", {self.withheld} of other tenants and not looked into"
        if not covered:
            return Finding(Outcome.UNANCHORED, f"{what}: nothing was signed yet")
        young = f"; the last {self.size - covered} are younger than any of them" if covered < self.size else ""
        return Finding(Outcome.VALID, what + young)

    def _check(
        self, entry: provenance_service_pb2.ReadRecordsResponse, said: records.Record, opening: Opening | None
    ) -> None:
        index = entry.receipt.index
        if isinstance(said, ErasureRecord):
            self._erase(index, said)
        elif opening is not None:
            self._present.add(index)
            said.check(opening)
        elif entry.withheld or not said.is_stored:
            self._unseen.add(index)
            self.withheld += entry.withheld
        else:
            self._missing.add(index)
        if entry.kind != _KINDS[type(said)]:
            raise ProofError(f"it is kept as {entry.kind!r}, and is of {_KINDS[type(said)]!r}")

    def _erase(self, index: int, said: ErasureRecord) -> None:
        for gone in said.indexes:
            if gone in self._present:
                self.contested.add(gone)
            elif gone in self._missing or gone in self._unseen:
                self._missing.discard(gone)
                self.erased += 1
            else:
                self._problem(f"record {index} erases record {gone}, which has no content before it")

    def _problem(self, what: str) -> None:
        self.problems.append(what)
