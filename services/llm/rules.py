"""The rules as an engine: they stand on nothing, so they are always ready and never degraded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.common.errors import CapabilityNotBound
from services.llm.core import composer, planner
from services.llm.ports import Composed, Judgement, Planned

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from services.common.geometry import Box
    from services.llm.core.conversation import Conversation
    from services.llm.core.evidence import Material


class RulesEngine:
    """The `Planner`, `Composer`, `Judge` and `Readiness` ports. It judges nothing: rules see no pixels."""

    async def plan(self, question: str, conversation: Conversation = ()) -> Planned:
        """Plan by the grammar. About a millisecond for a question, some 20 for 2,000 characters of nonsense."""
        return Planned(planner.plan(question, conversation))

    async def compose(self, material: Material) -> AsyncGenerator[Composed]:
        """Write the claims that the evidence carries."""
        for draft in composer.compose(material):
            yield Composed(draft, planner.ENGINE)

    async def judge(self, _statement: str, _image_digest: str, _boxes: tuple[Box, ...]) -> Judgement:
        """Refuse.

        Raises:
            CapabilityNotBound: Always.
        """
        raise CapabilityNotBound(
            "judge needs a vision-language model, and the rules see no pixels",
            remedy="go by the checks of the other capabilities, or bind a vision-language model to the llm service",
            capability="judge",
            engine=planner.ENGINE.name,
        )

    async def ready(self) -> None:
        """Ready."""
