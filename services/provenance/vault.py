"""What the log holds, in the clear: answers go in sealed and come out checked, until they are erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from groundwire.proofs import records
from groundwire.proofs.merkle import ProofError
from services.common.errors import MeshError, PartUnavailable, RecordNotFound
from services.provenance.core.filters import AnswerFilter
from services.provenance.core.records import DEFAULT_TENANT, Subject, digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from groundwire.proofs.records import Opening
    from services.provenance.core.policies import Policies, Store
    from services.provenance.core.records import Answer, Entry, Erased, Receipt
    from services.provenance.ports import Clock, Keys, Records
    from services.provenance.recorder import Recorder
    from services.provenance.sealing import Sealer

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Shown:
    """What shows the content of a record, and whether there is one that is another tenant's."""

    opening: Opening | None = None
    withheld: bool = False


class Vault:
    """Answers by id, and the end of them."""

    def __init__(
        self,
        *,
        recorder: Recorder,
        records: Records,
        sealer: Sealer,
        keys: Keys,
        policies: Policies,
        clock: Clock,
    ) -> None:
        """Write through the recorder, read from the tables, seal with keys from the store, keep what policy lets."""
        self._recorder = recorder
        self._records = records
        self._sealer = sealer
        self._keys = keys
        self._policies = policies
        self._clock = clock

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

    async def record(self, answer: Answer, store: Store | None = None) -> tuple[Receipt, bytes]:
        """The answer's receipt, once it is durable, and the salt that its caller must keep where nothing else does.

        See `Recorder.record` for what goes wrong.
        """
        policy = self._policies.of(answer.finding.tenant)
        sealed = await self._sealer.seal(answer, stored=policy.stores(store))
        receipt = await self._recorder.record(sealed)
        # Recorded before, with another salt: that one was given out then.
        return receipt, sealed.salt if receipt.digest == sealed.digest else b""

    async def locate(self, answer_id: UUID, tenant: str) -> Entry:
        """The record of a tenant's answer, erased or not.

        Raises:
            RecordNotFound: There is none.
        """
        entry = await self._records.read(answer_id)
        if entry is None or entry.tenant != tenant:
            raise no_answer(f"no answer {answer_id} is recorded here", answer_id)
        return entry

    async def read(self, answer_id: UUID, tenant: str) -> tuple[Receipt, bytes]:
        """The receipt and the bytes of a tenant's answer.

        Raises:
            RecordNotFound: There is none, it was erased, or nothing but commitments was kept.
            MeshError: It is not what was recorded.
        """
        entry = await self.locate(answer_id, tenant)
        if entry.erased_by is not None:
            raise no_answer(f"answer {answer_id} was erased, by record {entry.erased_by}", answer_id)
        try:
            said = records.parse(entry.record)
            if not isinstance(said, records.AnswerRecord):
                raise ProofError("the record is of another kind")  # noqa: TRY301 - told as any other alteration
            if not said.is_stored:
                raise no_answer(f"of answer {answer_id} commitments alone were kept", answer_id)
            if entry.box is None:
                raise ProofError("its content is missing")  # noqa: TRY301
            opening = await self._sealer.open("content", answer_id, tenant, entry.box)
            said.check_content(opening)
            if digest_of(entry.record) != entry.receipt.digest:
                raise ProofError("the record does not have its digest")  # noqa: TRY301
        except ProofError as error:
            raise _altered(entry.receipt, error) from error
        return entry.receipt, opening.content

    async def show(self, entry: Entry, tenant: str) -> Shown:
        """What shows the content of a record to a tenant; nothing where nothing does, for whatever reason but whose it
        is: others judge that.

        Raises:
            PartUnavailable: The key store is out of reach.
        """  # noqa: D205 - one sentence
        if entry.tenant and entry.tenant != tenant:
            return Shown(withheld=True)
        try:
            said = records.parse(entry.record)
            if entry.box is not None and not isinstance(said, records.ErasureRecord):
                kind = "content" if isinstance(said, records.AnswerRecord) else "review"
                return Shown(await self._sealer.open(kind, UUID(said.answer_id), tenant, entry.box))
        except PartUnavailable:
            raise
        except (MeshError, ProofError, ValueError):
            pass
        return Shown()

    async def is_visible(self, trace_id: str, tenant: str) -> bool:
        """Whether a trace is a tenant's: of an answer of its, or of nobody's, which is the default tenant's."""
        tenants = await self._records.tenants_of_trace(trace_id)
        return tenant in (tenants or (DEFAULT_TENANT,))

    async def erase(self, tenant: str, answer_id: UUID | None, image_digest: str, reason: str) -> Erased:
        """Erase a tenant's answer, or all of its answers about an image: contents and spans, then the keys.

        Raises:
            RecordNotFound: There is none.
            PartUnavailable: The database or the key store is out of reach; asking again goes on where this ended.
        """
        tag = None if answer_id else await self._sealer.image_tag(image_digest, tenant)
        erased = await self._erase(Subject(tenant, answer_id, tag), reason)
        if erased is None:
            what = f"no answer {answer_id} is recorded here" if answer_id else "no answer about that image is recorded"
            raise no_answer(what, answer_id)
        return erased

    async def answers_about(self, tenant: str, image_digest: str) -> bool:
        """Whether a tenant has an answer about an image that was not erased.

        Raises:
            PartUnavailable: The database or the key store is out of reach.
        """
        tag = await self._sealer.image_tag(image_digest, tenant)
        return bool(await self._records.newest(AnswerFilter(tenant), tag, before=None, limit=1))

    async def expire(self) -> int:
        """Erase what tenants' policies do not let be kept any longer; how many answers that was.

        Raises:
            PartUnavailable: As `erase`.
        """
        now = self._clock.now()
        count = 0
        for tenant in await self._records.tenants():
            policy = self._policies.of(tenant)
            before = policy.keeps_since(now)
            if before is None or policy.retention is None:
                continue
            reason = f"kept {policy.retention / timedelta(days=1):g} days"
            while erased := await self._erase(Subject(tenant, before=before), reason):
                count += len(erased.answer_ids)
        return count

    async def _erase(self, subject: Subject, reason: str) -> Erased | None:
        time = rfc3339(self._clock.now())

        def compose(indexes: Sequence[int]) -> bytes:
            return records.ErasureRecord(tuple(indexes), time, reason).encoded

        erased = await self._records.erase(subject, compose)
        if erased is not None:
            await self.ready()
        return erased


def rfc3339(time: datetime) -> str:
    """A time in UTC, to the second, as records have it."""
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def no_answer(message: str, answer_id: UUID | None) -> RecordNotFound:
    """What is said of an answer that is not there for whoever asks."""
    facts = {"id": str(answer_id)} if answer_id else {}
    return RecordNotFound(message, remedy="ListAnswers lists those that are", kind="answer", **facts)


def _altered(receipt: Receipt, error: ProofError) -> MeshError:
    return MeshError(
        f"record {receipt.index} was altered after it was written: {error}",
        remedy="restore the database from a backup, and find out who can write to it",
        index=str(receipt.index),
        digest=receipt.digest,
    )
