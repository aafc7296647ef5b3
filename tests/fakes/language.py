"""A simulated language model for fusion: plans by a table, composes what it is told to.

    language = ScriptedLanguage({"What does it say?": plan}, lambda plan, regions, evidence: [draft])

It implements fusion's `Language` port. `honest` composes one true claim a target, as the rules do: the best finding
where one is asked for, else what the task asks of the best candidate; and each document's first words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.common.claims import (
    Absent,
    Citation,
    CitationRole,
    ClaimDraft,
    Count,
    Exists,
    Field,
    Knowledge,
    Located,
    Passage,
    Reading,
)
from services.common.errors import CapabilityNotBound
from services.common.plans import Engine, Plan, Task, TextField
from services.fusion.core.checks.inquiries import Judgement
from services.fusion.ports import Composed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from services.common.claims import Candidate, Document, Finding, Statement, TargetEvidence
    from services.common.geometry import Box
    from services.common.plans import Target
    from services.common.regions import Region
    from services.fusion.ports import Material, PastTurn

    Composer = Callable[[Plan, Mapping[str, Region], Sequence[TargetEvidence]], list[ClaimDraft]]

ENGINE = Engine("script", "1")
JUDGE = Engine("judge", "1")

FROM_FINDINGS = (Task.ATTRIBUTE, Task.STATE, Task.COMPARE)


def honest(plan: Plan, regions: Mapping[str, Region], evidence: Sequence[TargetEvidence]) -> list[ClaimDraft]:
    """One claim for the best candidate of each target that is asked about; one for each where everything is read."""
    targets = {target.id: target for target in plan.targets}
    placing = {relation.object_id for relation in plan.relations} | {r.second_object_id for r in plan.relations}
    drafts: list[ClaimDraft] = []
    for item in evidence:
        target = targets.get(item.target_id)
        if item.target_id in placing:
            continue
        if plan.task in FROM_FINDINGS:
            drafts.extend(_derived(item.target_id, finding) for finding in item.findings[:1])
        else:
            drafts.extend(_about(plan, target, item, regions))
    return drafts


def _about(plan: Plan, target: Target | None, item: TargetEvidence, regions: Mapping[str, Region]) -> list[ClaimDraft]:
    wanted = item.candidates if target is None or plan.task is Task.COUNT else item.candidates[:1]
    if plan.task is Task.COUNT and target is not None:
        cited = tuple(Citation(c.region_id, CitationRole.SUPPORTS) for c in wanted)
        context = dict.fromkeys(other for c in wanted for other in c.context_region_ids)
        cited = (*cited, *(Citation(other, CitationRole.CONTEXT) for other in context))
        return [ClaimDraft("so many", item.target_id, Count(target.words, item.distinct), cited)]
    if not wanted and target is not None:
        absent = Absent(target.words, (target.literal_text or target.words,))
        return [ClaimDraft("not there", item.target_id, absent, ())]
    return [_draft(plan, target, item.target_id, regions[c.region_id], c) for c in wanted]


def _derived(target_id: str, finding: Finding) -> ClaimDraft:
    context = tuple(Citation(other, CitationRole.CONTEXT) for other in finding.object_region_ids)
    cited = (Citation(finding.region_id, CitationRole.SUPPORTS), *context)
    return ClaimDraft(f"it is so: {finding.statement}", target_id, finding.statement, cited)


def _draft(plan: Plan, target: Target | None, target_id: str, region: Region, candidate: Candidate) -> ClaimDraft:
    statement: Statement = Reading(region.text) if region.text else Exists(region.label)
    if target is not None and plan.task is Task.EXISTS:
        statement = Exists(target.words)
    elif target is not None and plan.task is Task.LOCATE:
        statement = Located(target.words)
    elif target is not None and target.text_field is not TextField.ANY:
        statement = Field(target.text_field, target.noun, candidate.value)
    context = tuple(Citation(r, CitationRole.CONTEXT) for r in candidate.context_region_ids)
    cited = (Citation(region.id, CitationRole.SUPPORTS), *context)
    return ClaimDraft(f"it says {statement}", target_id, statement, cited)


def _quoting(document: Document) -> ClaimDraft:
    end = document.text.index(".") + 1
    passage = Passage(document.id, 0, end)
    cited = (Citation("", CitationRole.SUPPORTS, passage),)
    return ClaimDraft("it is written", "", Knowledge(document.text[:end]), cited)


@dataclass
class ScriptedLanguage:
    """`judges` are probabilities by a word of the statement; without any, no judge is bound."""

    plans: dict[str, Plan] = field(default_factory=dict)
    composer: Composer = honest
    degraded: bool = False
    judges: dict[str, float] | None = None
    judged: list[str] = field(default_factory=list)
    conversations: list[tuple[PastTurn, ...]] = field(default_factory=list)

    async def plan(self, question: str, conversation: Sequence[PastTurn]) -> tuple[Plan, bool]:
        self.conversations.append(tuple(conversation))
        return self.plans.get(question, Plan(Task.UNKNOWN, ENGINE)), self.degraded

    async def compose(self, material: Material) -> AsyncIterator[Composed]:
        regions = {region.id: region for region in material.regions}
        drafts = self.composer(material.plan, regions, material.evidence)
        for draft in (*drafts, *map(_quoting, material.documents)):
            yield Composed(draft, ENGINE, self.degraded)

    async def judge(self, statement: str, _image_digest: str, places: Sequence[Box]) -> Judgement:
        if self.judges is None:
            raise CapabilityNotBound("judge needs a vision-language model", remedy="bind one", capability="judge")
        assert places
        self.judged.append(statement)
        return Judgement(next(p for word, p in self.judges.items() if word in statement), JUDGE)
