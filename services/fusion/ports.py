"""What fusion needs of the other services, and of the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from groundwire.v1 import answer_pb2, image_pb2
    from services.common.claims import Check, ClaimDraft, Document, TargetEvidence
    from services.common.geometry import Box
    from services.common.plans import Engine, Plan
    from services.common.regions import Appearance, Capability, Mask, Region, Source, Tier
    from services.fusion.core.checks.inquiries import Judgement


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an image: with what, how carefully, for what, where (None for everywhere)."""

    image_digest: str
    capability: Capability
    tier: Tier
    phrases: tuple[str, ...] = ()
    area: Box | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look found, and the phrases that its model cannot search for."""

    regions: tuple[Region, ...]
    unsearchable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """An encoded picture, and the places to paint over before it is stored or looked at (upright frame)."""

    content: bytes
    redact: tuple[Box, ...] = ()


class Perception(Protocol):
    """Images and regions."""

    async def put_image(self, upload: Upload) -> image_pb2.Image:
        """Admit a picture."""
        ...

    async def get_image(self, digest: str) -> image_pb2.Image:
        """Describe an image that is held."""
        ...

    async def perceive(self, look: Look) -> Looked:
        """Take a look. Regions are numbered from 1, in each look anew.

        Raises:
            CapabilityNotBound: Nothing is bound to the look's capability.
            PartUnavailable: Perception, or a model, is out of reach.
        """
        ...

    async def measure(self, image_digest: str, places: Sequence[tuple[Box, Mask | None]]) -> tuple[Appearance, ...]:
        """How the pixels of each place look, in their order."""
        ...

    async def outline(self, image_digest: str, boxes: Sequence[Box], tier: Tier) -> tuple[Mask, ...]:
        """The pixels of what each box holds, in their order.

        Raises:
            CapabilityNotBound: Nothing is bound that outlines.
        """
        ...

    async def models(self, capability: Capability) -> tuple[Source, ...]:
        """The models that are bound to a capability, as sources without a run; empty where none is."""
        ...


@dataclass(frozen=True, slots=True)
class Composed:
    """A claim as composed, and who composed it; `degraded` when the rules stood in for the language model."""

    draft: ClaimDraft
    engine: Engine
    degraded: bool


@dataclass(frozen=True, slots=True)
class Material:
    """What claims are written from."""

    question: str
    plan: Plan
    regions: Sequence[Region]
    evidence: Sequence[TargetEvidence]
    documents: Sequence[Document] = ()


class Language(Protocol):
    """Plans, claims and judgements."""

    async def plan(self, question: str, conversation: Sequence[PastTurn]) -> tuple[Plan, bool]:
        """The question's plan, and whether the rules stood in for the language model."""
        ...

    def compose(self, material: Material) -> AsyncIterator[Composed]:
        """Claims, one at a time."""
        ...

    async def judge(self, statement: str, image_digest: str, places: Sequence[Box]) -> Judgement:
        """How likely a statement is, by a model that is shown the places.

        Raises:
            CapabilityNotBound: No vision-language model is bound.
            PartUnavailable: It is out of reach.
        """
        ...


class Records(Protocol):
    """The log of answers."""

    async def record(self, answer: bytes, *, tenant: str, store: int) -> answer_pb2.RecordReceipt:
        """Keep a serialized answer; durable on return. `store` is a number of the contract's `StorePolicy`.

        Raises:
            NotRecorded: It could not be kept.
        """
        ...


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A turn of a conversation, as the next one needs it.

    Attributes:
        question: As asked.
        plan: What it was taken to need.
        image_digest: What it was about.
        cited: The regions that its claims rest on, by target id. They keep their ids and their sources.
    """

    question: str
    plan: Plan
    image_digest: str
    cited: Mapping[str, tuple[Region, ...]]


class Conversations(Protocol):
    """The last turns of conversations. What was lost or never known has no turns: that is no error."""

    async def recall(self, tenant: str, conversation_id: str) -> tuple[PastTurn, ...]:
        """The last turns, oldest first."""
        ...

    async def remember(self, tenant: str, conversation_id: str, turn: PastTurn) -> None:
        """Append a turn."""
        ...


class Calibration(Protocol):
    """From a claim's checks to the probability that it is true."""

    @property
    def digest(self) -> str:
        """SHA-256 of what was fitted, hexadecimal; empty where nothing was."""
        ...

    def confidence(
        self,
        draft: ClaimDraft,
        checks: Sequence[Check],
        evidence_score: float,
        regions: Mapping[str, Region],
    ) -> float | None:
        """The probability, in [0, 1]; None where nothing was fitted for such claims of such models.

        Whose evidence a claim rests on is told by the `regions` that it cites, by id.
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

    def time_left(self) -> float | None:
        """Seconds until the current call's deadline, never below 0; None for no deadline."""
        ...

    def new_answer_id(self) -> str:
        """A UUID version 7."""
        ...
