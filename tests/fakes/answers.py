"""A simulated log of answers, and a world whose clock and ids are known, for fusion."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime

from groundwire.v1 import answer_pb2
from services.common.errors import NotRecorded
from services.runtime import deadlines


@dataclass
class Log:
    """Implements fusion's `Records` port; `is_up = False` refuses as it would without PostgreSQL.

    `tenants` and `stores` hold on whose behalf each answer was kept, and what of it might be.
    """

    is_up: bool = True
    kept: list[bytes] = field(default_factory=list)
    tenants: list[str] = field(default_factory=list)
    stores: list[int] = field(default_factory=list)

    async def record(self, answer: bytes, *, tenant: str, store: int) -> answer_pb2.RecordReceipt:
        if not self.is_up:
            raise NotRecorded("the answer could not be recorded, so it is withheld", remedy="try again")
        self.kept.append(answer)
        self.tenants.append(tenant)
        self.stores.append(store)
        return answer_pb2.RecordReceipt(index=len(self.kept) - 1, digest=hashlib.sha256(answer).hexdigest())


class KnownWorld:
    """Implements fusion's `World` port: noon, a clock that ticks once a look, ids that count up.

    With `seconds_left`, time goes by only where a test says so; without, the call's own deadline counts.
    """

    def __init__(self, *, seconds_left: float | None = None) -> None:
        self._ids = itertools.count(1)
        self._ticks = itertools.count()
        self.seconds_left = seconds_left

    def now(self) -> datetime:
        return datetime(2026, 1, 1, 12, tzinfo=UTC)

    def seconds(self) -> float:
        return float(next(self._ticks))

    def time_left(self) -> float | None:
        return deadlines.remaining() if self.seconds_left is None else self.seconds_left

    def new_answer_id(self) -> str:
        return f"00000000-0000-7000-8000-{next(self._ids):012d}"
