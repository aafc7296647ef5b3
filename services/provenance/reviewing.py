"""Judgements of claims: kept as records of their own, read back with the answers that they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundwire.proofs import records
from services.common.errors import RecordNotFound
from services.provenance import convert_answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from services.provenance.core.records import KeptReview, Receipt, Review
    from services.provenance.core.reviews import ReviewState
    from services.provenance.ports import Clock, Records
    from services.provenance.sealing import Sealer
    from services.provenance.vault import Vault


class Reviewer:
    """Keeps what people make of claims."""

    def __init__(self, *, vault: Vault, records: Records, sealer: Sealer, clock: Clock) -> None:
        """Look answers up in the vault, keep reviews beside them."""
        self._vault = vault
        self._records = records
        self._sealer = sealer
        self._clock = clock

    async def review(self, review: Review, tenant: str) -> tuple[Receipt, ReviewState]:
        """Keep a judgement of a claim of a tenant's answer; its receipt, and what people make of the answer now.

        Where of the answer commitments alone are kept, so are they of what the reviewer says, and whether it has such a
        claim cannot be seen.

        Raises:
            RecordNotFound: There is no such answer or claim, or the answer was erased.
        """
        entry = await self._vault.locate(review.answer_id, tenant)
        said = records.parse(entry.record)
        stored = isinstance(said, records.AnswerRecord) and said.is_stored
        if stored:
            _, content = await self._vault.read(review.answer_id, tenant)
            _require_claim(review, convert_answer.answer_from(content).claim_ids)
        sealed = await self._sealer.seal_review(review, tenant, self._clock.now(), stored=stored)
        kept = await self._records.review(sealed)
        if kept is None:
            raise RecordNotFound(f"answer {review.answer_id} was erased", kind="answer", id=str(review.answer_id))
        return kept

    async def of(self, answer_id: UUID, tenant: str) -> Sequence[tuple[KeptReview, str, str]]:
        """The reviews of an answer, oldest first, each with its note and its reviewer.

        Raises:
            MeshError: One of them was altered.
        """
        return [(kept, *await self._words(answer_id, tenant, kept)) for kept in await self._records.reviews(answer_id)]

    async def _words(self, answer_id: UUID, tenant: str, kept: KeptReview) -> tuple[str, str]:
        if kept.box is None:
            return "", ""
        opening = await self._sealer.open("review", answer_id, tenant, kept.box)
        return records.words_of(opening.content)


def _require_claim(review: Review, known: Sequence[str]) -> None:
    if review.claim_id not in known:
        raise RecordNotFound(
            f"the answer has no claim {review.claim_id!r}",
            remedy=f"it has {', '.join(known)}" if known else "it has no claims, only abstentions",
            kind="claim",
            id=review.claim_id,
        )
