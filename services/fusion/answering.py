"""One answer, from question to record: the eight steps of the design.

1. Admit the image: from here on only its digest travels.
2. Plan: what the question needs, in the light of the conversation that it belongs to.
3. Perceive, on the tier that the stakes begin with.
4. Resolve; while in doubt, escalate: perceive on the accurate tier and resolve again.
5. Compose claims from what can be claimed of; the rest becomes abstentions.
6. Check every claim as it comes, looking again where a test asks for it.
7. Record. Durable before anyone sees the answer.
8. Answer.

Each step is a method of `Answering` that returns what a streaming caller is told; `answering` runs them in order.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opentelemetry import trace

from groundwire.v1 import answer_pb2, grounding_service_pb2, region_pb2
from services.common.plans import Plan, Task
from services.common.regions import Region, Tier
from services.fusion import convert, figures
from services.fusion.calibration import Uncalibrated
from services.fusion.checking import Checking, Facts
from services.fusion.core import abstain, doubt, earlier, needs, relevance, resolve
from services.fusion.core.policy import POLICIES, Stakes
from services.fusion.looking import Looking
from services.fusion.ports import Material, PastTurn
from services.runtime import attributes, telemetry, wire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from services.common.claims import Abstention, Claim, Document
    from services.fusion.core.resolve import Resolution
    from services.fusion.ports import Calibration, Conversations, Language, Perception, Records, Upload, World

Event = grounding_service_pb2.AskStreamResponse
Events = tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked.

    Attributes:
        image: The encoded picture, or the digest of one that is held.
        question: Natural language.
        stakes: What an error would cost.
        tenant: On whose behalf.
        plan: What the question needs; None where llm must say.
        documents: Text to cite beside the picture.
        conversation_id: What the question continues or opens; empty for nothing.
        with_relevance: Whether to explain where the models responded.
        store: What may be kept: a number of the contract's `StorePolicy`.
    """

    image: Upload | str
    question: str
    stakes: Stakes
    tenant: str
    plan: Plan | None = None
    documents: tuple[Document, ...] = ()
    conversation_id: str = ""
    with_relevance: bool = False
    store: int = 0


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What answering needs of the world. `reserve_s` is kept back for the last steps, seconds."""

    perception: Perception
    language: Language
    records: Records
    conversations: Conversations
    world: World
    reserve_s: float
    calibration: Calibration = field(default_factory=Uncalibrated)


async def answering(request: Request, parts: Parts) -> AsyncGenerator[Event]:
    """Answer, telling each step; the last event is the recorded answer."""
    work = Answering(request, parts)
    async with aclosing(work):
        for step in (work.admit, work.plan, work.perceive, work.resolve, work.escalate):
            for event in await step():
                yield event
        async with aclosing(work.claim()) as claims:
            async for event in claims:
                yield event
        for event in await work.record():
            yield event


@dataclass(frozen=True, slots=True)
class _Planned:
    """What the question needs, in the light of the turns before it, and whether the rules stood in for a model."""

    plan: Plan
    turns: tuple[PastTurn, ...]
    degraded: bool


class Answering:
    """The answer in the making. Its steps run once each, in the order of the module's list.

    What the question needs does not depend on the picture, so planning runs beside the admission of the image.
    """

    def __init__(self, request: Request, parts: Parts) -> None:
        self._request = request
        self._parts = parts
        self._policy = POLICIES[request.stakes]
        self._answer = answer_pb2.Answer(
            id=parts.world.new_answer_id(),
            question=request.question,
            stakes=answer_pb2.Stakes.ValueType(request.stakes),
            trace_id=telemetry.current_trace_id(),
            conversation_id=request.conversation_id,
            documents=[convert.document_to(document) for document in request.documents],
            tenant=request.tenant,
            calibration_digest=parts.calibration.digest,
        )
        self._answer.create_time.FromDatetime(parts.world.now())
        self._meant = earlier.Meant()
        self._claims: list[Claim] = []
        self._planning = asyncio.create_task(self._planned())
        self._plan: Plan
        self._looking: Looking
        self._resolution: Resolution

    async def admit(self) -> Events:
        """Have the image admitted, or described where it is held already."""
        image, perception = self._request.image, self._parts.perception
        with self._step("admit"):
            held = await (perception.get_image(image) if isinstance(image, str) else perception.put_image(image))
        self._answer.image.CopyFrom(held)
        self._looking = Looking(
            perception=perception,
            world=self._parts.world,
            image_digest=held.digest,
            image_size=wire.size_from(held.size),
            reserve_s=self._parts.reserve_s,
        )
        span = trace.get_current_span()
        span.set_attribute(attributes.ANSWER_ID, self._answer.id)
        span.set_attribute(attributes.IMAGE_DIGEST, held.digest)
        return (Event(admitted=held),)

    async def plan(self) -> Events:
        """Take the plan; find what it means by "it". The step's time is what the answer waited: times add up."""
        with self._timed("plan"):
            planned = await self._planning
        self._plan = planned.plan
        self._degrade(answer_pb2.DEGRADATION_LLM_RULES, when=planned.degraded)
        self._meant = earlier.meant(self._plan, planned.turns, self._answer.image.digest)
        reused = (region for regions in self._meant.regions.values() for region in regions)
        self._looking.regions.update((region.id, region) for region in reused)
        self._answer.plan.CopyFrom(wire.plan_to(self._plan))
        return (Event(plan=self._answer.plan),)

    async def aclose(self) -> None:
        """Stop what runs beside the steps."""
        self._planning.cancel()
        await asyncio.gather(self._planning, return_exceptions=True)

    async def _planned(self) -> _Planned:
        """Have the question planned, unless the call came with its plan."""
        with telemetry.tracer().start_as_current_span("plan"):
            turns = await self._turns()
            plan, degraded = self._request.plan, False
            if plan is None:
                plan, degraded = await self._parts.language.plan(self._request.question, turns)
        return _Planned(plan, turns, degraded)

    async def _turns(self) -> tuple[PastTurn, ...]:
        name = self._request.conversation_id
        return await self._parts.conversations.recall(self._request.tenant, name) if name else ()

    async def perceive(self) -> Events:
        """Take the first look."""
        if not self._understood:
            return ()
        tier = Tier.ACCURATE if self._policy.accurate_always else Tier.FAST
        with self._step("perceive"):
            found = await self._looking.look(self._plan, tier)
            await self._measure()
        return (_told(tier, found),)

    async def resolve(self) -> Events:
        """Find the targets' candidates, and every reason to doubt them."""
        if not self._understood:
            return ()
        with self._step("resolve"):
            self._resolution = self._resolved()
            blind = abstain.blind(self._plan, await self._looking.sight(self._meant.lost))
            doubts = doubt.doubts(self._plan, self._resolution, self._looking.regions, self._policy, blind)
        self._answer.escalations.extend(convert.escalation_to(item) for item in doubts)
        return tuple(Event(escalation=item) for item in self._answer.escalations)

    async def escalate(self) -> Events:
        """Take the careful look, where there is doubt and the first look was not careful already."""
        if not self._answer.escalations or self._policy.accurate_always:
            return ()
        unfound = frozenset(item.target_id for item in self._resolution.evidence if not item.candidates)
        with self._step("escalate"):
            found = await self._looking.look_carefully(self._plan, unfound)
            await self._measure()
            self._resolution = self._resolved()
        self._degrade(answer_pb2.DEGRADATION_FAST_ONLY, when=self._looking.cut_short)
        return (_told(Tier.ACCURATE, found),)

    async def claim(self) -> AsyncGenerator[Event]:
        """Part what can be claimed of from what cannot; have claims written of the former, each told when checked."""
        if not self._understood:
            self._abstain(abstain.not_understood())
            return
        sight = await self._looking.sight(self._meant.lost)
        settled = abstain.settle(self._plan, self._resolution, sight)
        self._abstain(*settled.abstentions)
        if not settled.evidence and not self._request.documents:
            return
        material = Material(
            self._request.question, self._plan, self._all_regions, settled.evidence, self._request.documents
        )
        checking = self._checking(sight)
        async with aclosing(checking.claims(self._parts.language.compose(material))) as claims:
            async for claim in claims:
                for event in self._kept(claim):
                    yield event
        self._answer.timings.extend(checking.timings)
        if checking.composer is not None:
            self._answer.composer.CopyFrom(wire.engine_to(checking.composer))
        self._degrade(answer_pb2.DEGRADATION_LLM_RULES, when=checking.degraded)
        self._abstain(*abstain.unspoken(self._plan, settled.evidence, checking.drafts))

    def _checking(self, sight: abstain.Sight) -> Checking:
        facts = Facts(self._answer.id, self._plan, self._looking, sight, self._request.documents)
        parts = self._parts
        return Checking(
            facts, language=parts.language, calibration=parts.calibration, world=parts.world, policy=self._policy
        )

    def _kept(self, claim: Claim) -> Events:
        """The claim in the answer, or an abstention in its place."""
        if abstain.withholds(claim, withhold_unverified=self._policy.withhold_unverified):
            self._abstain(abstain.withheld(claim))
            return ()
        self._claims.append(claim)
        self._answer.claims.append(convert.claim_to(claim))
        return (Event(claim=self._answer.claims[-1]),)

    async def record(self) -> Events:
        """Make the answer durable; only then is it given out."""
        self._answer.regions.extend(wire.region_to(region) for region in self._all_regions)
        if self._request.with_relevance:
            maps = relevance.relevance(self._plan, self._all_regions, self._looking.image_size)
            self._answer.relevance.extend(convert.relevance_to(each) for each in maps)
        with self._step("record"):
            receipt = await self._parts.records.record(
                self._answer.SerializeToString(deterministic=True),
                tenant=self._request.tenant,
                store=self._request.store,
            )
        self._answer.record.CopyFrom(receipt)
        figures.count(self._answer)
        trace.get_current_span().set_attribute(attributes.RECORD_INDEX, receipt.index)
        await self._remember()
        return (Event(answer=self._answer),)

    async def _remember(self) -> None:
        """Keep the turn for the next one. A question that was not understood is no turn."""
        if not self._request.conversation_id or not self._understood:
            return
        cited = earlier.cited(self._plan, self._claims, self._looking.regions)
        turn = PastTurn(self._request.question, self._plan, self._answer.image.digest, cited)
        await self._parts.conversations.remember(self._request.tenant, self._request.conversation_id, turn)

    @property
    def _understood(self) -> bool:
        return self._plan.task is not Task.UNKNOWN

    @property
    def _all_regions(self) -> list[Region]:
        return list(self._looking.regions.values())

    def _resolved(self) -> Resolution:
        return resolve.resolve(self._plan, self._looking.scene(self._meant.regions))

    async def _measure(self) -> None:
        if needs.appearance(self._plan):
            await self._looking.measure()

    def _abstain(self, *abstentions: Abstention) -> None:
        self._answer.abstentions.extend(convert.abstention_to(item) for item in abstentions)

    def _degrade(self, degradation: answer_pb2.Degradation.ValueType, *, when: bool) -> None:
        if when and degradation not in self._answer.degradations:
            self._answer.degradations.append(degradation)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        """A span around a step, and its time in the answer."""
        with self._timed(name), telemetry.tracer().start_as_current_span(name):
            yield

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        """The step's time in the answer, unless it fails."""
        began = self._parts.world.seconds()
        yield
        self._answer.timings.append(convert.timing_to(name, self._parts.world.seconds() - began))


def _told(tier: Tier, regions: Sequence[Region]) -> Event:
    found = grounding_service_pb2.RegionsFound(
        tier=region_pb2.Tier.ValueType(tier), regions=[wire.region_to(region) for region in regions]
    )
    return Event(regions=found)
