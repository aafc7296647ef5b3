"""Reviews in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from groundwire.proofs.records import REVIEW
from services.provenance.core import reviews
from services.provenance.core.records import Box, KeptReview, Receipt, digest_of
from services.provenance.core.reviews import Judgement
from services.provenance.postgres.appending import HEAD, insert_leaves
from services.provenance.postgres.connection import Connected, only_row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from services.provenance.core.records import SealedReview
    from services.provenance.core.reviews import ReviewState

_READ: Final = """
    SELECT index, encode(digest, 'hex'), claim_id, judgement, create_time, key, box
    FROM reviews JOIN records ON index = record_index
    WHERE answer_id = %s ORDER BY record_index
"""
_INSERT: Final = """
    INSERT INTO reviews (record_index, answer_id, claim_id, judgement, create_time, key, box)
    VALUES (%s, %s, %s, %s, %s, %s, %b)
"""


class ReviewTable(Connected):
    """What of the port `Records` is about reviews."""

    async def review(self, review: SealedReview) -> tuple[Receipt, ReviewState] | None:
        """See `Records`."""
        async with self._recording() as connection:
            # 1. Hold the head of the log: from here to the commit, nobody erases the answer.
            head = await connection.execute(HEAD)
            there = await connection.execute(
                "SELECT 1 FROM answers WHERE answer_id = %s AND erased_by IS NULL", (review.answer_id,)
            )
            earlier = await connection.execute(
                "SELECT claim_id, judgement FROM reviews WHERE answer_id = %s ORDER BY record_index",
                (review.answer_id,),
            )
            next_index, frontier = await only_row(head)
            if await there.fetchone() is None:
                return None
            # 2. Write the record, the review, and what it makes of the answer.
            receipt = Receipt(next_index, digest_of(review.record))
            await insert_leaves(connection, REVIEW, [(receipt, review.record)], frontier)
            box = (None, None) if review.box is None else (review.box.key, review.box.content)
            facts = (review.answer_id, review.claim_id, int(review.judgement), review.time, *box)
            await connection.execute(_INSERT, (receipt.index, *facts))
            judged = [(claim_id, Judgement(judgement)) for claim_id, judgement in await earlier.fetchall()]
            state = reviews.state([*judged, (review.claim_id, review.judgement)])
            await connection.execute(
                "UPDATE answers SET review_state = %s WHERE answer_id = %s", (int(state), review.answer_id)
            )
        return receipt, state

    async def reviews(self, answer_id: UUID) -> Sequence[KeptReview]:
        """See `Records`."""
        async with self._recording() as connection:
            cursor = await connection.execute(_READ, (answer_id,), binary=True)
            return [
                KeptReview(Receipt(index, digest), claim, Judgement(judgement), time, key and Box(key, box))
                for index, digest, claim, judgement, time, key, box in await cursor.fetchall()
            ]
