"""Proofs over the signed log, from the hashes that are kept with the records: some twenty rows at a million records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from groundwire.proofs import tree
from groundwire.proofs.merkle import ProofError
from services.common.errors import InvalidField, MeshError, RecordNotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from services.provenance.core.records import Entry, Receipt
    from services.provenance.notary import Notary
    from services.provenance.ports import Log


_WITHOUT_END: Final = 2**62


@dataclass(frozen=True, slots=True)
class Included:
    """A record with its inclusion proof in the tree of a checkpoint; both empty if none reaches it yet."""

    entry: Entry
    note: str
    hashes: tuple[bytes, ...]


class Prover:
    """Proves what the log holds."""

    def __init__(self, log: Log, notary: Notary) -> None:
        """Read from the log what the notary signs."""
        self._log = log
        self._notary = notary

    @property
    def public_key(self) -> str:
        """The public key of the checkpoints, in the text form of signed notes."""
        return self._notary.public_key

    def require_sound(self) -> None:
        """See `Notary.require_sound`."""
        self._notary.require_sound()

    def hurry(self) -> None:
        """See `Notary.hurry`."""
        self._notary.hurry()

    def saw(self, receipt: Receipt) -> None:
        """Take note that a record was appended."""
        self._notary.saw(receipt.index)

    async def newest_note(self) -> str:
        """The newest checkpoint, signed; empty before the first."""
        return await self._log.newest_note() or ""

    async def include(self, index: int) -> tuple[Included, Included | None]:
        """A record with its box and the proof that it is in the log that the newest checkpoint is of.

        Beside it, where it was erased, the record of its erasure in the same way.

        Raises:
            RecordNotFound: There is no such record.
            MeshError: The tree is not what was signed.
        """
        note = await self.newest_note()
        try:
            size = self._notary.check(note).size if note else 0
            included = await self._include(index, note, size)
            erased_by = included.entry.erased_by
            erasure = None if erased_by is None else await self._include(erased_by, note, size)
        except ProofError as error:
            raise _not_as_signed(error) from error
        return included, erasure

    async def _include(self, index: int, note: str, size: int) -> Included:
        entries = await self._log.entries(index, index + 1, boxes=True)
        if not entries:
            raise RecordNotFound(
                f"the log has no record {index}", remedy="indexes count from 0", kind="record", id=str(index)
            )
        if index >= size:
            return Included(entries[0], "", ())
        return Included(entries[0], note, tuple(await self._prove(tree.inclusion_ranges(index, size))))

    async def connect(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """The proof that the log of `new_size` begins with that of `old_size`.

        Raises:
            InvalidField: The log never had these sizes, in this order.
            MeshError: The tree lacks hashes.
        """
        size, _ = await self._log.head()
        if not 0 < old_size <= new_size:
            raise InvalidField("old_size", f"old_size is {old_size}", remedy=f"1 to new_size, which is {new_size}")
        if new_size > size:
            raise InvalidField("new_size", f"new_size is {new_size}", remedy=f"at most {size}: the log has no more")
        try:
            return await self._prove(tree.consistency_ranges(old_size, new_size))
        except ProofError as error:
            raise _not_as_signed(error) from error

    async def read(self, start: int, end: int, *, boxes: bool) -> AsyncIterator[Entry]:
        """The records of [start, end) by index; 0 as the end means all that there are. Gaps are passed over.

        Raises:
            InvalidField: That is no range.
        """
        if start < 0 or end < 0:
            raise InvalidField("start", f"the range is {start} to {end}", remedy="indexes count from 0")
        while page := await self._log.entries(start, end or _WITHOUT_END, boxes=boxes):
            for entry in page:
                yield entry
            start = page[-1].receipt.index + 1

    async def _prove(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        nodes = tree.nodes_of(ranges)
        hashes = await self._log.hashes(nodes)
        if missing := [node for node in nodes if node not in hashes]:
            raise ProofError(f"record {missing[0].completed_by} is missing")
        return tree.proof(ranges, hashes)


def _not_as_signed(error: ProofError) -> MeshError:
    return MeshError(
        f"the log is not what was signed: {error}", remedy="find out with groundwire verify what was changed"
    )
