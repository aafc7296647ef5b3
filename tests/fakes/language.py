"""A simulated language model for fusion: plans by a table, composes what it is told to.

    language = ScriptedLanguage({"What does it say?": plan}, lambda plan, regions, evidence: [draft])

It implements fusion's `Language` port. `honest` composes one true claim a target, as the rules do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from services.common.claims import Absent, Citation, CitationRole, ClaimDraft, Count, Exists, Field, Located, Reading
from services.common.plans import Engine, Plan, Task, TextField
from services.fusion.ports import Composed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from services.common.claims import Candidate, Statement, TargetEvidence
    from services.common.plans import Target
    from services.common.regions import Region

    Composer = Callable[[Plan, Mapping[str, Region], Sequence[TargetEvidence]], list[ClaimDraft]]

ENGINE = Engine("script", "1")


def honest(plan: Plan, regions: Mapping[str, Region], evidence: Sequence[TargetEvidence]) -> list[ClaimDraft]:
    """One claim for the best candidate of each target; one for each candidate where everything is read."""
    targets = {target.id: target for target in plan.targets}
    drafts = []
    for item in evidence:
        target = targets.get(item.target_id)
        wanted = item.candidates if target is None or plan.task is Task.COUNT else item.candidates[:1]
        if plan.task is Task.COUNT and target is not None:
            cited = tuple(Citation(c.region_id, CitationRole.SUPPORTS) for c in wanted)
            drafts.append(ClaimDraft("so many", item.target_id, Count(target.literal_text, item.distinct), cited))
        elif not wanted and target is not None:
            absent = Absent(target.words, (target.literal_text,))
            drafts.append(ClaimDraft("not there", item.target_id, absent, ()))
        else:
            drafts.extend(_draft(plan, target, item.target_id, regions[c.region_id], c) for c in wanted)
    return drafts


def _draft(plan: Plan, target: Target | None, target_id: str, region: Region, candidate: Candidate) -> ClaimDraft:
    statement: Statement = Reading(region.text)
    if target is not None and plan.task is Task.EXISTS:
        statement = Exists(target.words)
    elif target is not None and plan.task is Task.LOCATE:
        statement = Located(target.words)
    elif target is not None and target.text_field is not TextField.ANY:
        statement = Field(target.text_field, target.noun, candidate.value)
    context = tuple(Citation(r, CitationRole.CONTEXT) for r in candidate.context_region_ids)
    cited = (Citation(region.id, CitationRole.SUPPORTS), *context)
    return ClaimDraft(f"it says {statement}", target_id, statement, cited)


@dataclass
class ScriptedLanguage:
    plans: dict[str, Plan] = field(default_factory=dict)
    composer: Composer = honest
    degraded: bool = False

    async def plan(self, question: str) -> tuple[Plan, bool]:
        return self.plans.get(question, Plan(Task.UNKNOWN, ENGINE)), self.degraded

    async def compose(
        self, _question: str, plan: Plan, regions: Sequence[Region], evidence: Sequence[TargetEvidence]
    ) -> AsyncIterator[Composed]:
        for draft in self.composer(plan, {region.id: region for region in regions}, evidence):
            yield Composed(draft, ENGINE, self.degraded)
