"""Sealing answers and opening them: AES-256-GCM under a key of each answer's own, which a key store keeps.

What is encrypted names the answer, what it is of and whose as associated data, so that no box passes for another. Each
key encrypts two boxes, once each, or one of a review.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundwire.proofs import parts, records
from groundwire.proofs.merkle import ProofError
from groundwire.proofs.records import SALT_BYTES, Opening
from services.common.errors import InvalidField, MeshError
from services.provenance import convert_answer
from services.provenance.core.records import (
    DEFAULT_TENANT,
    Answer,
    AnswerRecord,
    Box,
    SealedReview,
    Summary,
    digest_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from services.provenance.core.records import Review
    from services.provenance.ports import Keys

NONCE_BYTES: Final = 12
LARGE_BYTES: Final = 128 * 1024
"""Answers from here on are taken into parts beside the loop: some hundreds of regions, ten milliseconds."""


class Sealer:
    """Seals answers under new keys, and opens them again while their keys are there."""

    def __init__(self, keys: Keys) -> None:
        """Take keys from a store."""
        self._keys = keys

    async def seal(self, answer: Answer, *, stored: bool = True) -> AnswerRecord:
        """The answer's record and boxes; where its contents are not to be stored, no boxes and no key.

        Raises:
            InvalidField: The answer cannot be taken into parts.
            PartUnavailable: The key store is out of reach.
        """
        opening = Opening(os.urandom(SALT_BYTES), answer.content)
        if len(answer.content) < LARGE_BYTES:
            record = _record(opening, answer, stored=stored)
        else:
            record = await asyncio.to_thread(_record, opening, answer, stored=stored)
        finding = answer.finding
        content, summary = await self._boxes(opening, answer) if stored else (None, None)
        return AnswerRecord(
            record=record,
            digest=digest_of(record),
            finding=finding,
            fingerprint=await self._tag(b"answer", finding.tenant, answer.content),
            image_tag=await self.image_tag(answer.summary.image_digest, finding.tenant),
            content=content,
            summary=summary,
            salt=b"" if stored else opening.salt,
        )

    async def seal_review(self, review: Review, tenant: str, time: datetime, *, stored: bool = True) -> SealedReview:
        """The review's record, and the box of its words unless they are not to be stored.

        Raises:
            PartUnavailable: The key store is out of reach.
        """
        opening = Opening(os.urandom(SALT_BYTES), records.review_content(review.note, review.reviewer))
        said = records.ReviewRecord(
            answer_id=str(review.answer_id),
            claim_id=review.claim_id,
            judgement=int(review.judgement),
            time=_rfc3339(time),
            said=parts.commitment(opening.salt, "said", opening.content),
            is_stored=stored,
        )
        box = None
        if stored:
            key, secret = await self._keys.take()
            associated = _associated("review", review.answer_id, tenant)
            box = Box(key, _encrypted(secret, associated, opening.salt + opening.content))
        return SealedReview(said.encoded, review.answer_id, review.claim_id, review.judgement, time, box)

    async def image_tag(self, image_digest: str, tenant: str) -> bytes:
        """What a tenant's answers about an image are found by."""
        return await self._tag(b"image", tenant, image_digest.encode())

    async def open(self, kind: str, answer_id: UUID, tenant: str, box: Box) -> Opening:
        """Salt and content of an answer ("content") or of a review of it ("review").

        Raises:
            MeshError: The key is gone, or the box was altered.
        """
        plain = await self._decrypted(kind, answer_id, tenant, box)
        return Opening(plain[:SALT_BYTES], plain[SALT_BYTES:])

    async def open_summary(self, answer_id: UUID, tenant: str, box: Box) -> Summary:
        """What an answer is listed and searched by.

        Raises:
            MeshError: The key is gone, or the box was altered.
        """
        question, image_digest, *words = json.loads(await self._decrypted("summary", answer_id, tenant, box))
        return Summary(question, image_digest, *map(tuple, words))

    async def _boxes(self, opening: Opening, answer: Answer) -> tuple[Box, Box]:
        key, secret = await self._keys.take()
        answer_id, tenant, summary = answer.finding.answer_id, answer.finding.tenant, answer.summary
        listed = [summary.question, summary.image_digest, summary.labels, summary.texts]
        content = _encrypted(secret, _associated("content", answer_id, tenant), opening.salt + opening.content)
        sealed = _encrypted(secret, _associated("summary", answer_id, tenant), json.dumps(listed).encode())
        return Box(key, content), Box(key, sealed)

    async def _tag(self, kind: bytes, tenant: str, value: bytes) -> bytes:
        """The same for the same value of the same tenant."""
        whose = b"" if tenant == DEFAULT_TENANT else tenant.encode() + b"\x00"
        return hmac.digest(await self._keys.secret(), kind + b"\x00" + whose + value, "sha256")

    async def _decrypted(self, kind: str, answer_id: UUID, tenant: str, box: Box) -> bytes:
        key = await self._keys.get(box.key)
        if key is None:
            raise MeshError(
                f"the key of answer {answer_id} is gone, though the answer was not erased",
                remedy="restore the key store of this log, or set GROUNDWIRE_PROVENANCE_KEY_FOLDER to where it is",
            )
        nonce, encrypted = box.content[:NONCE_BYTES], box.content[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, encrypted, _associated(kind, answer_id, tenant))
        except (InvalidTag, ValueError) as error:
            raise MeshError(
                f"the {kind} of answer {answer_id} was altered after it was written",
                remedy="restore the database from a backup, and find out who can write to it",
            ) from error


def _record(opening: Opening, answer: Answer, *, stored: bool) -> bytes:
    try:
        time = _rfc3339(answer.finding.create_time)
        return records.AnswerRecord.of(opening, time=time, is_stored=stored).encoded
    except ProofError as error:
        raise InvalidField("answer", f"answer has no record: {error}", remedy="cite what the answer has") from error


def _encrypted(key: bytes, associated: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, associated)


def _associated(kind: str, answer_id: UUID, tenant: str) -> bytes:
    """What a box is of, and whose: a row that is moved to another answer or tenant does not open."""
    whose = "" if tenant == DEFAULT_TENANT else f"/{tenant}"
    return f"groundwire.v1/{kind}/{answer_id}{whose}".encode()


def _rfc3339(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def sealing_from(sealer: Sealer, loop: asyncio.AbstractEventLoop) -> Callable[[bytes], AnswerRecord]:
    """Sealing of serialized answers for another thread, which waits while `loop` does it."""

    def seal(content: bytes) -> AnswerRecord:
        return asyncio.run_coroutine_threadsafe(sealer.seal(convert_answer.answer_from(content)), loop).result()

    return seal
