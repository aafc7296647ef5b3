"""The rules as an engine: they stand on nothing, so they are always ready and never degraded."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from services.common.errors import CapabilityNotBound
from services.llm.core import composer, planner
from services.llm.ports import Composed, Judgement, Planned
from services.runtime import tenant

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from services.common.geometry import Box
    from services.common.plans import Plan
    from services.llm.core.conversation import Conversation
    from services.llm.core.evidence import Material


MOST_PLANS: Final = 1024
"""Plans kept; the one that was not asked for the longest goes first."""


def _plan_for(_tenant: str, question: str, conversation: Conversation) -> Plan:
    """The plan. Kept by tenant, so that how long it takes tells nobody what another has asked."""
    return planner.plan(question, conversation)


class RulesEngine:
    """The `Planner`, `Composer`, `Judge` and `Readiness` ports. It judges nothing: rules see no pixels."""

    def __init__(self) -> None:
        """Nothing was planned yet."""
        self._plan = lru_cache(MOST_PLANS)(_plan_for)

    async def plan(self, question: str, conversation: Conversation = ()) -> Planned:
        """Plan by the grammar. A few milliseconds for a question, some 20 for 2,000 characters of nonsense.

        Plans are kept: the same is often asked of one picture after the other.
        """
        return Planned(self._plan(tenant.current_tenant(), question, conversation))

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
