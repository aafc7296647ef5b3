"""What the log holds, in the clear: answers go in sealed and come out checked, until they are erased."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from groundwire.proofs import records
from groundwire.proofs.merkle import ProofError
from services.common.errors import MeshError, PartUnavailable, RecordNotFound
from services.provenance.core.records import Subject, digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.proofs.records import Opening
    from services.provenance.core.records import Answer, Entry, Erased, ListedAnswer, Receipt
    from services.provenance.ports import Keys, Records
    from services.provenance.recorder import Recorder
    from services.provenance.sealing import Sealer

log = structlog.get_logger()


class Vault:
    """Answers by id, and the end of them."""

    def __init__(self, *, recorder: Recorder, records: Records, sealer: Sealer, keys: Keys) -> None:
        """Write through the recorder, read from the tables, seal with keys from the store."""
        self._recorder = recorder
        self._records = records
        self._sealer = sealer
        self._keys = keys

    async def ready(self) -> None:
        """Finish erasures that were cut short: the keys of what is erased in the log are destroyed.

        Raises:
            PartUnavailable: The database or the key store is out of reach.
        """
        await self._keys.secret()
        while doomed := await self._records.doomed():
            await self._keys.destroy(doomed)
            await self._records.buried(doomed)
            log.info("keys destroyed", count=len(doomed))

    async def record(self, answer: Answer) -> Receipt:
        """The answer's receipt, once it is durable; see `Recorder.record`."""
        return await self._recorder.record(await self._sealer.seal(answer))

    async def locate(self, answer_id: UUID) -> Entry:
        """The record of an answer, erased or not.

        Raises:
            RecordNotFound: There is none.
        """
        entry = await self._records.read(answer_id)
        if entry is None:
            raise _no_answer(f"no answer {answer_id} is recorded here", answer_id)
        return entry

    async def read(self, answer_id: UUID) -> tuple[Receipt, bytes]:
        """The answer's receipt and bytes.

        Raises:
            RecordNotFound: There is none, or it was erased.
            MeshError: It is not what was recorded.
        """
        entry = await self.locate(answer_id)
        opening = await self.open(answer_id, entry)
        if opening is None:
            raise _no_answer(f"answer {answer_id} was erased, by record {entry.erased_by}", answer_id)
        try:
            said = records.parse(entry.record)
            if not isinstance(said, records.AnswerRecord):
                raise ProofError("the record is of another kind")  # noqa: TRY301 - told as any other alteration
            said.check(opening)
            if digest_of(entry.record) != entry.receipt.digest:
                raise ProofError("the record does not have its digest")  # noqa: TRY301
        except ProofError as error:
            raise _altered(entry.receipt, error) from error
        return entry.receipt, opening.content

    async def open(self, answer_id: UUID, entry: Entry) -> Opening | None:
        """What is in the box of an answer's record; None where it has none.

        Raises:
            MeshError: The key is gone, or the box was altered.
        """
        return None if entry.box is None else await self._sealer.open(answer_id, entry.box)

    async def evidence(self, entry: Entry) -> Opening | None:
        """What shows the content of a record; None where nothing does, for whatever reason: others judge that.

        Raises:
            PartUnavailable: The key store is out of reach.
        """
        try:
            said = records.parse(entry.record)
            if isinstance(said, records.AnswerRecord):
                return await self.open(UUID(said.answer_id), entry)
        except PartUnavailable:
            raise
        except (MeshError, ProofError, ValueError):
            pass
        return None

    async def newest(self, *, before: int | None, limit: int) -> Sequence[tuple[ListedAnswer, str, str]]:
        """As `Records.newest`: each answer, its question and the digest of its image."""
        found = await self._records.newest(before=before, limit=limit)
        return [(listed, *await self._sealer.open_summary(listed.finding.answer_id, listed.box)) for listed in found]

    async def erase(self, answer_id: UUID | None, image_digest: str, reason: str) -> Erased:
        """Erase an answer, or all answers about an image: contents and spans, then the keys.

        Raises:
            RecordNotFound: There is none.
            PartUnavailable: The database or the key store is out of reach; asking again goes on where this ended.
        """
        tag = None if answer_id else await self._sealer.image_tag(image_digest)
        time = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

        def compose(indexes: Sequence[int]) -> bytes:
            return records.ErasureRecord(tuple(indexes), time, reason).encoded

        erased = await self._records.erase(Subject(answer_id, tag), compose)
        if erased is None:
            what = f"no answer {answer_id} is recorded here" if answer_id else "no answer about that image is recorded"
            raise _no_answer(what, answer_id)
        await self.ready()
        return erased


def _no_answer(message: str, answer_id: UUID | None) -> RecordNotFound:
    facts = {"id": str(answer_id)} if answer_id else {}
    return RecordNotFound(message, remedy="ListAnswers lists those that are", kind="answer", **facts)


def _altered(receipt: Receipt, error: ProofError) -> MeshError:
    return MeshError(
        f"record {receipt.index} was altered after it was written: {error}",
        remedy="restore the database from a backup, and find out who can write to it",
        index=str(receipt.index),
        digest=receipt.digest,
    )
