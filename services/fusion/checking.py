"""From composed claims to checked ones: each is told as soon as it, and every one before it, has been tested.

Composing and checking run side by side: what a claim's tests want to know is asked for the moment it is composed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from opentelemetry import trace

from services.common.claims import Absent, Claim
from services.common.regions import Capability, Tier
from services.fusion import convert
from services.fusion.core import checks, phrases, verdicts
from services.fusion.core.checks.case import Case
from services.fusion.core.places import Places
from services.fusion.inquiring import Inquiring
from services.runtime import attributes, telemetry

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping

    from groundwire.v1 import answer_pb2
    from services.common.claims import ClaimDraft, Document
    from services.common.plans import Engine, Plan
    from services.fusion.core.abstain import Sight
    from services.fusion.core.checks.inquiries import Inquiry, Reply
    from services.fusion.core.policy import Policy
    from services.fusion.looking import Looking
    from services.fusion.ports import Calibration, Composed, Language, World


@dataclass(frozen=True, slots=True)
class Facts:
    """What the claims are tested against."""

    answer_id: str
    plan: Plan
    looking: Looking
    sight: Sight
    documents: tuple[Document, ...]


class Checking:
    """The claims of one answer.

    Attributes:
        drafts: What was composed, in order.
        composer: Who composed; None while nobody has.
        degraded: Whether the rules stood in for the language model.
        timings: How long composing and checking took; they run side by side.
    """

    def __init__(
        self, facts: Facts, *, language: Language, calibration: Calibration, world: World, policy: Policy
    ) -> None:
        self._facts = facts
        self._calibration = calibration
        self._world = world
        self._inquiring = Inquiring(looking=facts.looking, language=language, limit=policy.inquiries)
        # No region joins the answer's while its claims are tested: what inquiries find stays with them.
        self._places = Places(facts.looking.regions.values())
        self.drafts: list[ClaimDraft] = []
        self.composer: Engine | None = None
        self.degraded = False
        self.timings: list[answer_pb2.StepTiming] = []

    async def claims(self, composing: AsyncIterator[Composed]) -> AsyncGenerator[Claim]:
        """The claims in the order in which they are composed. Closing this stops all that is under way for them."""
        arriving: asyncio.Queue[ClaimDraft | None] = asyncio.Queue()
        span = telemetry.tracer().start_span("check")
        with trace.use_span(span):
            # The task inherits this span. It is not current across the yields below: another task may resume them.
            collecting = asyncio.create_task(self._collect(composing, arriving))
        began = self._world.seconds()
        try:
            number = 0
            while (draft := await arriving.get()) is not None:
                number += 1
                replies = await self._inquiring.replies(checks.wanted(draft, self._case()))
                yield self._tested(f"c{number}", draft, self._case(replies), span)
            await collecting
            if self.drafts:
                self.timings.append(convert.timing_to("check", self._world.seconds() - began))
        finally:
            collecting.cancel()
            await asyncio.gather(collecting, return_exceptions=True)
            await self._inquiring.close()
            span.end()

    async def _collect(self, composing: AsyncIterator[Composed], arriving: asyncio.Queue[ClaimDraft | None]) -> None:
        """Take the drafts as they come, and begin the inquiries of each."""
        began = self._world.seconds()
        try:
            with telemetry.tracer().start_as_current_span("compose"):
                async for composed in composing:
                    draft = self._completed(composed.draft)
                    self.drafts.append(draft)
                    self.composer, self.degraded = composed.engine, self.degraded or composed.degraded
                    self._inquiring.begin(checks.wanted(draft, self._case()))
                    arriving.put_nowait(draft)
            self.timings.append(convert.timing_to("compose", self._world.seconds() - began))
        finally:
            arriving.put_nowait(None)

    def _completed(self, draft: ClaimDraft) -> ClaimDraft:
        """An absence with what was really searched for, where and by whom: that is fusion's to say."""
        if not isinstance(draft.statement, Absent):
            return draft
        target = next((t for t in self._facts.plan.targets if t.id == draft.target_id), None)
        if target is None:
            return draft
        capability = Capability.READ_TEXT if target.is_text else Capability.DETECT
        tried = (target.literal_text or target.words,) if target.is_text else self._tried(phrases.queries(target))
        searches = self._facts.sight.searches.get(capability, ())
        return replace(draft, statement=replace(draft.statement, queries=tried, searches=searches))

    def _tried(self, names: tuple[str, ...]) -> tuple[str, ...]:
        sought = self._facts.looking.searched
        return tuple(name for name in names if any((Capability.DETECT, tier, name) in sought for tier in Tier))

    def _case(self, replies: Mapping[Inquiry, Reply] = MappingProxyType({})) -> Case:
        looking = self._facts.looking
        return Case(
            looking.image_digest,
            looking.image_size,
            self._facts.plan,
            looking.regions,
            frozenset(looking.searched),
            {document.id: document.text for document in self._facts.documents},
            replies,
            self._places,
        )

    def _tested(self, claim_id: str, draft: ClaimDraft, case: Case, parent: trace.Span) -> Claim:
        """The claim with its checks and its verdict, in a span that links to the spans which made its regions."""
        tested = checks.run_all(draft, case)
        verdict = verdicts.verdict(draft, tested)
        facts = {
            attributes.ANSWER_ID: self._facts.answer_id,
            attributes.CLAIM_ID: claim_id,
            attributes.CLAIM_VERDICT: verdict.name.lower(),
            attributes.CLAIM_REGION_IDS: [citation.region_id for citation in draft.citations if citation.region_id],
        }
        span = telemetry.tracer().start_span(
            "claim", context=trace.set_span_in_context(parent), links=list(_links(draft, case)), attributes=facts
        )
        score = verdicts.evidence_score(draft, tested, case.regions)
        confidence = self._calibration.confidence(draft, tested, score, case.regions)
        span.end()
        return Claim(claim_id, draft, tested, verdict, score, confidence, telemetry.span_id_of(span))


def _links(draft: ClaimDraft, case: Case) -> Iterator[trace.Link]:
    for citation in draft.citations:
        region = case.regions.get(citation.region_id)
        if region is None:
            continue
        facts = {attributes.REGION_ID: region.id, attributes.CITATION_ROLE: citation.role.name.lower()}
        link = telemetry.link_to(region.source.trace_id, region.source.span_id, facts)
        if link is not None:
            yield link
