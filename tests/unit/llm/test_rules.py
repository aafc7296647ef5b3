from __future__ import annotations

from typing import TYPE_CHECKING

from services.llm.core import planner
from services.llm.core.conversation import Conversation, Turn
from services.llm.rules import RulesEngine
from services.runtime import tenant

if TYPE_CHECKING:
    import pytest

    from services.common.plans import Plan

BRAND = "What brand is written on the motorcycle?"


async def test_a_question_is_planned_once_for_each_tenant_and_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[tuple[str, Conversation]] = []
    plan_of = planner.plan

    def plan(question: str, conversation: Conversation = ()) -> Plan:
        planned.append((question, conversation))
        return plan_of(question, conversation)

    monkeypatch.setattr(planner, "plan", plan)
    rules = RulesEngine()
    before = (Turn("Is there a cup?", plan_of("Is there a cup?")),)
    for name in ("one", "two", "one"):
        tenant.set_current(name)
        for conversation in ((), before):
            assert (await rules.plan(BRAND, conversation)).plan == plan_of(BRAND, conversation)
    assert planned == [(BRAND, ()), (BRAND, before)] * 2
