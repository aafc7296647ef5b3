"""A simulated log of answers, and a world whose clock and ids are known, for fusion."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

from groundwire.v1 import answer_pb2
from services.common.errors import NotRecorded


@dataclass
class Log:
    """Implements fusion's `Records` port; `is_up = False` refuses as it would without PostgreSQL."""

    is_up: bool = True
    kept: list[bytes] = field(default_factory=list)

    async def record(self, answer: bytes) -> answer_pb2.RecordReceipt:
        if not self.is_up:
            raise NotRecorded("the answer could not be recorded, so it is withheld", remedy="try again")
        self.kept.append(answer)
        return answer_pb2.RecordReceipt(index=len(self.kept) - 1, digest=hashlib.sha256(answer).hexdigest())


class KnownWorld:
    """Implements fusion's `World` port: noon, a clock that ticks once a look, ids that count up."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._ticks = itertools.count()

    def now(self) -> datetime:
        return datetime(2026, 1, 1, 12, tzinfo=UTC)

    def seconds(self) -> float:
        return float(next(self._ticks))

    def new_answer_id(self) -> str:
        return f"00000000-0000-7000-8000-{next(self._ids):012d}"
