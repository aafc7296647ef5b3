"""One answer, from question to record: the eight steps of the design.

1. Admit the image: from here on only its digest travels.
2. Plan: what the question needs.
3. Perceive, on the tier that the stakes begin with.
4. Resolve; while in doubt, escalate: perceive on the accurate tier and resolve again.
5. Compose claims from what can be claimed of; the rest becomes abstentions.
6. Check every claim, looking again where a test asks for it.
7. Record. Durable before anyone sees the answer.
8. Answer.

Each step is a method of `Answering` that returns what a streaming caller is told; `answering` runs them in order.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from opentelemetry import trace

from groundwire.v1 import answer_pb2, grounding_service_pb2, region_pb2
from services.common.claims import Claim
from services.common.plans import Plan, Task
from services.common.regions import Capability, Region, Tier
from services.fusion import convert
from services.fusion.core import abstain, doubt, resolve, verdicts
from services.fusion.core.checks import run_all, wanted_looks
from services.fusion.core.checks.case import Case
from services.fusion.core.policy import POLICIES, Stakes
from services.fusion.looking import Looking
from services.runtime import attributes, telemetry, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from services.common.claims import Abstention, ClaimDraft, TargetEvidence
    from services.common.geometry import Box
    from services.fusion.ports import Language, Perception, Records, World

Event = grounding_service_pb2.AskStreamResponse
Events = tuple[Event, ...]

NO_LOOKS: Final[Mapping[Box, tuple[Region, ...]]] = MappingProxyType({})
"""Before anything was looked at again."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `plan` is None where llm must make one."""

    image: bytes | str
    question: str
    stakes: Stakes
    plan: Plan | None = None


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What answering needs of the world. `reserve_s` is kept back for the last steps, seconds."""

    perception: Perception
    language: Language
    records: Records
    world: World
    reserve_s: float


async def answering(request: Request, parts: Parts) -> AsyncIterator[Event]:
    """Answer, telling each step; the last event is the recorded answer."""
    work = Answering(request, parts)
    steps = (work.admit, work.plan, work.perceive, work.resolve, work.escalate, work.compose, work.check, work.record)
    for step in steps:
        for event in await step():
            yield event


class Answering:
    """The answer in the making. Its steps run once each, in the order of the module's list."""

    def __init__(self, request: Request, parts: Parts) -> None:
        self._request = request
        self._parts = parts
        self._policy = POLICIES[request.stakes]
        self._answer = answer_pb2.Answer(
            id=parts.world.new_answer_id(),
            question=request.question,
            stakes=answer_pb2.Stakes.ValueType(request.stakes),
            trace_id=telemetry.current_trace_id(),
        )
        self._answer.create_time.FromDatetime(parts.world.now())
        self._evidence: tuple[TargetEvidence, ...] = ()
        self._drafts: list[ClaimDraft] = []
        self._plan: Plan
        self._looking: Looking

    async def admit(self) -> Events:
        """Have the image admitted, or described where it is held already."""
        image, perception = self._request.image, self._parts.perception
        with self._step("admit"):
            held = await (perception.get_image(image) if isinstance(image, str) else perception.put_image(image))
        self._answer.image.CopyFrom(held)
        self._looking = Looking(perception=perception, image_digest=held.digest, reserve_s=self._parts.reserve_s)
        span = trace.get_current_span()
        span.set_attribute(attributes.ANSWER_ID, self._answer.id)
        span.set_attribute(attributes.IMAGE_DIGEST, held.digest)
        return (Event(admitted=held),)

    async def plan(self) -> Events:
        """Have the question planned, unless the call came with its plan."""
        with self._step("plan"):
            if self._request.plan is not None:
                self._plan = self._request.plan
            else:
                self._plan, degraded = await self._parts.language.plan(self._request.question)
                self._degrade(answer_pb2.DEGRADATION_LLM_RULES, when=degraded)
        self._answer.plan.CopyFrom(wire.plan_to(self._plan))
        return (Event(plan=self._answer.plan),)

    async def perceive(self) -> Events:
        """Take the first look."""
        tier = Tier.ACCURATE if self._policy.accurate_always else Tier.FAST
        with self._step("perceive"):
            found = await self._looking.look(self._plan, tier)
        return (_told(tier, found),) if self._understood else ()

    async def resolve(self) -> Events:
        """Find the targets' candidates, and every reason to doubt them."""
        if not self._understood:
            return ()
        with self._step("resolve"):
            self._evidence = resolve.resolve(self._plan, self._all_regions, self._looking.searched)
            doubts = doubt.doubts(self._plan, self._searchable, self._looking.regions, self._policy)
        self._answer.escalations.extend(convert.escalation_to(item) for item in doubts)
        return tuple(Event(escalation=item) for item in self._answer.escalations)

    async def escalate(self) -> Events:
        """Take the careful look, where there is doubt and the first look was not careful already."""
        if not self._answer.escalations or self._policy.accurate_always:
            return ()
        with self._step("escalate"):
            found = await self._looking.look_carefully(self._plan)
            self._evidence = resolve.resolve(self._plan, self._all_regions, self._looking.searched)
        self._degrade(answer_pb2.DEGRADATION_FAST_ONLY, when=self._looking.cut_short)
        return (_told(Tier.ACCURATE, found),)

    async def compose(self) -> Events:
        """Part what can be claimed of from what cannot; have claims written of the former."""
        if not self._understood:
            self._abstain(abstain.not_understood())
            return ()
        settled = abstain.settle(self._plan, self._evidence, self._looking.regions, self._looking.missing)
        self._abstain(*settled.abstentions)
        if settled.evidence:
            with self._step("compose"):
                await self._write(settled.evidence)
            self._abstain(*abstain.unspoken(settled.evidence, self._drafts))
        return ()

    async def _write(self, evidence: Sequence[TargetEvidence]) -> None:
        language, question = self._parts.language, self._request.question
        async for composed in language.compose(question, self._plan, self._all_regions, evidence):
            self._drafts.append(composed.draft)
            self._answer.composer.CopyFrom(wire.engine_to(composed.engine))
            self._degrade(answer_pb2.DEGRADATION_LLM_RULES, when=composed.degraded)

    async def check(self) -> Events:
        """Test every claim, by code that did not write it."""
        if not self._drafts:
            return ()
        with self._step("check"):
            wanted = dict.fromkeys(place for draft in self._drafts for place in wanted_looks(draft, self._case()))
            places = list(wanted)[: self._policy.second_looks]
            case = self._case(await self._looking.look_again(places))
            claims = tuple(self._tested(f"c{n}", draft, case) for n, draft in enumerate(self._drafts, start=1))
        if self._policy.withhold_unverified:
            claims, withheld = abstain.withhold(claims)
            self._abstain(*withheld)
        self._answer.claims.extend(convert.claim_to(claim) for claim in claims)
        return tuple(Event(claim=claim) for claim in self._answer.claims)

    def _tested(self, claim_id: str, draft: ClaimDraft, case: Case) -> Claim:
        """The claim with its checks and its verdict, in a span that links to the spans which made its regions."""
        checks = run_all(draft, case)
        verdict = verdicts.verdict(checks)
        facts = {
            attributes.ANSWER_ID: self._answer.id,
            attributes.CLAIM_ID: claim_id,
            attributes.CLAIM_VERDICT: verdict.name.lower(),
            attributes.CLAIM_REGION_IDS: [citation.region_id for citation in draft.citations],
        }
        links = list(_links(draft, case))
        with telemetry.tracer().start_as_current_span("claim", links=links, attributes=facts) as span:
            score = verdicts.evidence_score(draft, checks, case.regions)
            return Claim(claim_id, draft, checks, verdict, score, span_id=telemetry.span_id_of(span))

    async def record(self) -> Events:
        """Make the answer durable; only then is it given out."""
        self._answer.regions.extend(wire.region_to(region) for region in self._all_regions)
        with self._step("record"):
            receipt = await self._parts.records.record(self._answer.SerializeToString(deterministic=True))
        self._answer.record.CopyFrom(receipt)
        trace.get_current_span().set_attribute(attributes.RECORD_INDEX, receipt.index)
        return (Event(answer=self._answer),)

    @property
    def _understood(self) -> bool:
        return self._plan.task is not Task.UNKNOWN

    @property
    def _all_regions(self) -> list[Region]:
        return list(self._looking.regions.values())

    @property
    def _searchable(self) -> list[TargetEvidence]:
        """The evidence of targets that something could look for."""
        unseen = {t.id for t in self._plan.targets if not t.is_text and Capability.DETECT in self._looking.missing}
        blind = Capability.READ_TEXT in self._looking.missing
        written = {t.id for t in self._plan.targets if t.is_text} | {""} if blind else set()
        return [item for item in self._evidence if item.target_id not in unseen | written]

    def _case(self, looks: Mapping[Box, tuple[Region, ...]] = NO_LOOKS) -> Case:
        image = self._answer.image
        return Case(image.digest, wire.size_from(image.size), self._looking.regions, self._looking.searched, looks)

    def _abstain(self, *abstentions: Abstention) -> None:
        self._answer.abstentions.extend(convert.abstention_to(item) for item in abstentions)

    def _degrade(self, degradation: answer_pb2.Degradation.ValueType, *, when: bool) -> None:
        if when and degradation not in self._answer.degradations:
            self._answer.degradations.append(degradation)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        """A span around a step, and its time in the answer."""
        began = self._parts.world.seconds()
        with telemetry.tracer().start_as_current_span(name):
            yield
        timing = self._answer.timings.add(step=name)
        timing.duration.FromNanoseconds(round((self._parts.world.seconds() - began) * 1e9))


def _told(tier: Tier, regions: Sequence[Region]) -> Event:
    found = grounding_service_pb2.RegionsFound(
        tier=region_pb2.Tier.ValueType(tier), regions=[wire.region_to(region) for region in regions]
    )
    return Event(regions=found)


def _links(draft: ClaimDraft, case: Case) -> Iterator[trace.Link]:
    for citation in draft.citations:
        region = case.regions.get(citation.region_id)
        if region is None:
            continue
        facts = {attributes.REGION_ID: region.id, attributes.CITATION_ROLE: citation.role.name.lower()}
        link = telemetry.link_to(region.source.trace_id, region.source.span_id, facts)
        if link is not None:
            yield link
