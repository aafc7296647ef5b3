"""What fusion does side by side, over a real server: it plans while it admits, and reads while it detects."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.common.errors import PartUnavailable, UnreadableImage
from services.common.geometry import Box
from services.common.plans import Plan, Target, Task
from services.common.regions import Capability
from tests.fakes import asked
from tests.fakes.answers import KnownWorld
from tests.fakes.asked import ask, refused
from tests.fakes.language import ENGINE, ScriptedLanguage
from tests.fakes.scene import Scene, Thing, sure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.v1 import image_pb2
    from services.fusion.ports import Look, Looked, PastTurn, Upload

ALL = "What is there?"
PLANS = {ALL: Plan(Task.LOCATE, ENGINE, (Target("t1", "cup"), Target("t2", literal_text="OPEN", is_text=True)))}

CUP = Thing("cup", Box(300, 100, 360, 180))


@dataclass
class Planner(ScriptedLanguage):
    """Says when it was asked, and whether it was given up."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None
    given_up: asyncio.Event = field(default_factory=asyncio.Event)

    async def plan(self, question: str, conversation: Sequence[PastTurn]) -> tuple[Plan, bool]:
        self.asked.set()
        try:
            if self.hold is not None:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.given_up.set()
            raise
        return await super().plan(question, conversation)


@dataclass
class SlowDoor(Scene):
    """Admits an image when it is told to, or refuses it then."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    refuses: bool = False

    async def put_image(self, upload: Upload) -> image_pb2.Image:
        await self.opened.wait()
        if self.refuses:
            raise UnreadableImage("no picture", remedy="send one")
        return await super().put_image(upload)


@dataclass
class InOrder(Scene):
    """Ends the look of one capability when the other's has ended: the looks wait in vain unless both are under way."""

    last: Capability = Capability.DETECT
    other_ended: asyncio.Event = field(default_factory=asyncio.Event)
    fails: bool = False

    async def perceive(self, look: Look) -> Looked:
        if look.area is not None:
            return await super().perceive(look)
        if look.capability is self.last:
            await self.other_ended.wait()
            if self.fails:
                raise PartUnavailable("triton is out of reach", part="triton", remedy="try again")
            return await super().perceive(look)
        looked = await super().perceive(look)
        self.other_ended.set()
        return looked


async def test_the_question_is_planned_while_the_image_is_admitted() -> None:
    scene, language = SlowDoor([sure("OPEN", 100, 100)], [CUP]), Planner(PLANS)
    async with asked.fusion(scene, language) as stub:
        asking = asyncio.create_task(ask(stub, ALL))
        await asyncio.wait_for(language.asked.wait(), 10)
        assert not scene.looks
        scene.opened.set()
        answer = await asking
    assert len(answer.claims) == 2
    assert [timing.step for timing in answer.timings][:3] == ["admit", "plan", "perceive"]


async def test_planning_is_given_up_where_the_image_is_refused() -> None:
    scene, language = SlowDoor(refuses=True), Planner(PLANS, hold=asyncio.Event())
    async with asked.fusion(scene, language) as stub:
        asking = asyncio.create_task(refused(ask(stub, ALL)))
        await asyncio.wait_for(language.asked.wait(), 10)
        scene.opened.set()
        told = await asking
        await asyncio.wait_for(language.given_up.wait(), 10)
    assert isinstance(told, UnreadableImage)


async def test_lettering_and_things_are_looked_for_at_once_and_numbered_alike_whichever_comes_first() -> None:
    numbers = []
    for last in (Capability.DETECT, Capability.READ_TEXT):
        scene = InOrder([sure("OPEN", 100, 100)], [CUP], last=last)
        async with asked.fusion(scene, ScriptedLanguage(PLANS)) as stub:
            answer = await asyncio.wait_for(ask(stub, ALL), 10)
        numbers.append([(region.id, region.label or region.text) for region in answer.regions])
    assert numbers[0] == numbers[1]
    assert numbers[0][:2] == [("r1", "cup"), ("r2", "OPEN")]


async def test_a_look_that_fails_ends_the_question_whatever_the_other_found() -> None:
    scene = InOrder([sure("OPEN", 100, 100)], [CUP], fails=True)
    async with asked.fusion(scene, ScriptedLanguage(PLANS)) as stub:
        told = await asyncio.wait_for(refused(ask(stub, ALL)), 10)
    assert isinstance(told, PartUnavailable)


async def test_what_one_look_found_stays_where_the_other_is_cut_off() -> None:
    scene = Scene([sure("OPEN", 100, 100)], [CUP], hold=asyncio.Event(), hold_from=2)
    async with asked.fusion(scene, ScriptedLanguage(PLANS), world=KnownWorld(seconds_left=0.4)) as stub:
        answer = await asyncio.wait_for(ask(stub, ALL), 10)
    assert scene.cancelled.is_set()
    assert [(region.id, region.label) for region in answer.regions] == [("r1", "cup")]
