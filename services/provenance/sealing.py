"""Sealing answers and opening them: AES-256-GCM under a key of each answer's own, which a key store keeps.

What is encrypted names the answer and what it is of as associated data, so that no box passes for another. Each key
encrypts two boxes, once each.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import os
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundwire.proofs import records
from groundwire.proofs.records import SALT_BYTES, Opening
from services.common.errors import MeshError
from services.provenance import convert
from services.provenance.core.records import Answer, AnswerRecord, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from services.provenance.core.records import Box
    from services.provenance.ports import Keys

NONCE_BYTES: Final = 12


class Sealer:
    """Seals answers under new keys, and opens them again while their keys are there."""

    def __init__(self, keys: Keys) -> None:
        """Take keys from a store."""
        self._keys = keys

    async def seal(self, answer: Answer) -> AnswerRecord:
        """The answer's record and boxes."""
        name, key = await self._keys.take()
        opening = Opening(os.urandom(SALT_BYTES), answer.content)
        record = records.AnswerRecord.of(opening, time=_rfc3339(answer)).encoded
        summary = json.dumps([answer.question, answer.image_digest]).encode()
        answer_id = answer.finding.answer_id
        return AnswerRecord(
            record=record,
            digest=digest_of(record),
            finding=answer.finding,
            fingerprint=await self._tag(b"answer", answer.content),
            image_tag=await self.image_tag(answer.image_digest),
            key=name,
            content_box=_encrypted(key, "content", answer_id, opening.salt + opening.content),
            summary_box=_encrypted(key, "summary", answer_id, summary),
        )

    async def image_tag(self, image_digest: str) -> bytes:
        """What answers about an image are found by."""
        return await self._tag(b"image", image_digest.encode())

    async def open(self, answer_id: UUID, box: Box) -> Opening:
        """Salt and content of an answer.

        Raises:
            MeshError: The key is gone, or the box was altered.
        """
        plain = await self._decrypted("content", answer_id, box)
        return Opening(plain[:SALT_BYTES], plain[SALT_BYTES:])

    async def open_summary(self, answer_id: UUID, box: Box) -> tuple[str, str]:
        """Question and image digest of an answer.

        Raises:
            MeshError: The key is gone, or the box was altered.
        """
        question, image_digest = json.loads(await self._decrypted("summary", answer_id, box))
        return question, image_digest

    async def _tag(self, kind: bytes, value: bytes) -> bytes:
        return hmac.digest(await self._keys.secret(), kind + b"\x00" + value, "sha256")

    async def _decrypted(self, kind: str, answer_id: UUID, box: Box) -> bytes:
        key = await self._keys.get(box.key)
        if key is None:
            raise MeshError(
                f"the key of answer {answer_id} is gone, though the answer was not erased",
                remedy="restore the key store of this log, or set GROUNDWIRE_PROVENANCE_KEY_FOLDER to where it is",
            )
        nonce, encrypted = box.content[:NONCE_BYTES], box.content[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, encrypted, _associated(kind, answer_id))
        except (InvalidTag, ValueError) as error:
            raise MeshError(
                f"the {kind} of answer {answer_id} was altered after it was written",
                remedy="restore the database from a backup, and find out who can write to it",
            ) from error


def _encrypted(key: bytes, kind: str, answer_id: UUID, plain: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, _associated(kind, answer_id))


def _associated(kind: str, answer_id: UUID) -> bytes:
    return f"groundwire.v1/{kind}/{answer_id}".encode()


def _rfc3339(answer: Answer) -> str:
    return answer.finding.create_time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def sealing_from(sealer: Sealer, loop: asyncio.AbstractEventLoop) -> Callable[[bytes], AnswerRecord]:
    """Sealing of serialized answers for another thread, which waits while `loop` does it."""

    def seal(content: bytes) -> AnswerRecord:
        return asyncio.run_coroutine_threadsafe(sealer.seal(convert.answer_from(content)), loop).result()

    return seal
