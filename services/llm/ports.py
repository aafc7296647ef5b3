"""What the servicer needs of an engine. The rules are one; a language model behind an endpoint is another.

An engine that falls back on another says so in what it returns, call by call: `degraded`, and the engine that really
did it. Errors are `MeshError`s; whatever an endpoint raises is translated in its adapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from services.common.claims import ClaimDraft
    from services.common.geometry import Box
    from services.common.plans import Engine, Plan
    from services.llm.core.conversation import Conversation
    from services.llm.core.evidence import Material


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan; it names its engine itself."""

    plan: Plan
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class Composed:
    """A claim, who wrote it, and whether another should have."""

    draft: ClaimDraft
    engine: Engine
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """How likely a statement is, in [0, 1], not calibrated, and who says so."""

    probability: float
    engine: Engine


class Planner(Protocol):
    """Turns questions into plans."""

    async def plan(self, question: str, conversation: Conversation = ()) -> Planned:
        """The plan for a question of 1 to 2,000 characters; of task UNKNOWN when it is not understood.

        Args:
            question: As asked.
            conversation: The turns before it, oldest first.
        """
        ...


class Composer(Protocol):
    """Writes claims from evidence."""

    def compose(self, material: Material) -> AsyncGenerator[Composed]:
        """Claims, each as soon as it is complete. Every citation is one of the material's regions."""
        ...


class Judge(Protocol):
    """Looks at crops of an image and says how likely a statement is."""

    async def judge(self, statement: str, image_digest: str, boxes: tuple[Box, ...]) -> Judgement:
        """The judgement.

        Raises:
            CapabilityNotBound: No model that sees images is bound.
        """
        ...


class Readiness(Protocol):
    """Whether the parts that an engine stands on are there."""

    async def ready(self) -> None:
        """Return when they are.

        Raises:
            MeshError: Naming one that is not.
        """
        ...
