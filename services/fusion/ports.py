"""What fusion needs of the other services, and of the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from groundwire.v1 import answer_pb2, image_pb2
    from services.common.claims import ClaimDraft, TargetEvidence
    from services.common.geometry import Box
    from services.common.plans import Engine, Plan
    from services.common.regions import Capability, Region, Tier


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an image: with what, how carefully, for what, where (None for everywhere)."""

    image_digest: str
    capability: Capability
    tier: Tier
    phrases: tuple[str, ...] = ()
    area: Box | None = None


class Perception(Protocol):
    """Images and regions."""

    async def put_image(self, content: bytes) -> image_pb2.Image:
        """Admit an encoded picture."""
        ...

    async def get_image(self, digest: str) -> image_pb2.Image:
        """Describe an image that is held."""
        ...

    async def perceive(self, look: Look, first_region_number: int) -> tuple[Region, ...]:
        """Take a look. Region ids start at `first_region_number`.

        Raises:
            CapabilityNotBound: Nothing is bound to the look's capability.
            PartUnavailable: Perception, or a model, is out of reach.
        """
        ...


@dataclass(frozen=True, slots=True)
class Composed:
    """A claim as composed, and who composed it; `degraded` when the rules stood in for the language model."""

    draft: ClaimDraft
    engine: Engine
    degraded: bool


class Language(Protocol):
    """Plans and claims."""

    async def plan(self, question: str) -> tuple[Plan, bool]:
        """The question's plan, and whether the rules stood in for the language model."""
        ...

    def compose(
        self, question: str, plan: Plan, regions: Sequence[Region], evidence: Sequence[TargetEvidence]
    ) -> AsyncIterator[Composed]:
        """Claims, one at a time."""
        ...


class Records(Protocol):
    """The log of answers."""

    async def record(self, answer: bytes) -> answer_pb2.RecordReceipt:
        """Keep a serialized answer; durable on return.

        Raises:
            NotRecorded: It could not be kept.
        """
        ...


class World(Protocol):
    """Time and ids: what a pure function must not make up."""

    def now(self) -> datetime:
        """The time, UTC."""
        ...

    def seconds(self) -> float:
        """A clock for durations, seconds."""
        ...

    def new_answer_id(self) -> str:
        """A UUID version 7."""
        ...
