"""Any number of answers, each another, sealed as the service seals them, on all of the machine's cores.

An answer is told by its number alone, so that a bench knows what is in a log of a million without keeping it.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import uuid
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from groundwire.v1 import answer_pb2, claim_pb2
from services.provenance import convert_answer
from services.provenance.key_folder import FolderKeys
from services.provenance.sealing import Sealer
from tests.fakes.records import an_answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from services.provenance.core.records import AnswerRecord

BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first answer was admitted; one follows each second."""
BATCH: Final = 500
RARE: Final = 100_000
"""One answer of so many, the 17th, is contradicted, degraded, and took a minute."""
OLD: Final = 200
"""So many answers, the first, are of an older version of the model."""
PER_IMAGE: Final = 4
REGIONS: Final = 60
"""Regions of answer 0 besides its three: its proofs are weighed."""

_TEMPLATE: Final = an_answer()


def id_of(number: int) -> str:
    """The id of an answer: as good as random, as real ones are."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"answer {number}".encode()).digest()[:16], version=4))


def image_of(number: int) -> str:
    """The digest of its image, which a few answers share."""
    return hashlib.sha256(f"image {number // PER_IMAGE}".encode()).hexdigest()


def time_of(number: int) -> datetime:
    """When it was admitted."""
    return BEGIN + timedelta(seconds=number)


def numbered(number: int) -> answer_pb2.Answer:
    """The answer of that number."""
    answer = answer_pb2.Answer()
    answer.CopyFrom(_TEMPLATE)
    answer.id, answer.question = id_of(number), f"question {number}"
    answer.trace_id = hashlib.sha256(f"trace {number}".encode()).hexdigest()[:32]
    answer.create_time.FromDatetime(time_of(number))
    if number == 0:
        for i in range(REGIONS):
            region = answer.regions.add()
            region.CopyFrom(answer.regions[i % 3])
            region.id = f"more{i}"
    answer.image.digest = image_of(number)
    for region in answer.regions:
        region.image_digest, region.source.version = answer.image.digest, "1" if number < OLD else "2"
    is_rare = number % RARE == 17  # noqa: PLR2004 - any will do
    answer.claims[0].verdict = claim_pb2.VERDICT_CONTRADICTED if is_rare else claim_pb2.VERDICT_SUPPORTED
    answer.timings.add(step="perceive").duration.FromMilliseconds(60_000 if is_rare else 500 + number % 1000)
    if is_rare:
        answer.degradations.append(answer_pb2.DEGRADATION_LLM_RULES)
    return answer


async def sealed(keys: Path, start: int, end: int) -> AsyncIterator[list[AnswerRecord]]:
    """The answers [start, end), sealed, each under a key of its own, in batches and in order."""
    cores = os.cpu_count() or 1
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, spawning, initializer=_begin, initargs=(keys,)) as workers:
        waiting: deque[asyncio.Future[list[AnswerRecord]]] = deque()
        for first in range(start, end, BATCH):
            waiting.append(asyncio.wrap_future(workers.submit(_seal, first, min(first + BATCH, end))))
            if len(waiting) > 2 * cores:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()


_sealers: list[Sealer] = []


def _begin(keys: Path) -> None:
    """Give this worker a sealer: several processes may share a folder of keys, as replicas of the service do."""
    _sealers.append(Sealer(FolderKeys(keys)))


def _seal(start: int, end: int) -> list[AnswerRecord]:
    async def seal() -> list[AnswerRecord]:
        contents = [numbered(number).SerializeToString() for number in range(start, end)]
        return [await _sealers[0].seal(convert_answer.answer_from(content)) for content in contents]

    return asyncio.run(seal())
