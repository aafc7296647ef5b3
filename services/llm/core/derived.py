"""Claims that state what code derived of the regions: looks, conditions, relations, comparisons.

They come from findings alone, word for word: what was not found is not claimed, and a relation that does not hold has
no finding. A question is answered by the finding and not by yes or no: of a blue car, "is the car red?" is answered
"The car is blue."
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.claims import Attribute, Citation, CitationRole, ClaimDraft, Compared, Related, State
from services.common.plans import Aspect, Task
from services.llm.core import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from services.common.claims import Finding, Statement, TargetEvidence
    from services.common.plans import Plan
    from services.llm.core.evidence import Material

Derived = Attribute | State | Related | Compared

KINDS: Final[Mapping[Task, tuple[type[Derived], ...]]] = MappingProxyType(
    {
        Task.EXISTS: (Related,),
        Task.ATTRIBUTE: (Attribute,),
        Task.STATE: (State, Related),
        Task.COMPARE: (Compared, Related),
        Task.DESCRIBE: (Attribute, State, Related),
    }
)
"""Statements that answer a task."""


def answering(plan: Plan, found: TargetEvidence) -> tuple[Finding, ...]:
    """The findings of a target that answer the plan, best first."""
    kinds = KINDS.get(plan.task, ())
    return tuple(f for f in found.findings if isinstance(f.statement, kinds) and _is_asked(plan, f.statement))


def _is_asked(plan: Plan, statement: Statement) -> bool:
    aspect = getattr(statement, "aspect", plan.aspect)
    return aspect is plan.aspect or plan.aspect in (Aspect.NONE, Aspect.CONDITION)


def best(plan: Plan, found: TargetEvidence) -> tuple[Finding, ...]:
    """Of the best region, one finding for each thing that can be stated: its strongest."""
    findings = answering(plan, found)
    regions = [candidate.region_id for candidate in found.candidates]
    regions += [f.region_id for f in findings if f.region_id not in regions]
    leading = min((f.region_id for f in findings), key=regions.index, default="")
    strongest = {_said_of(f.statement): f for f in reversed(findings) if f.region_id == leading}
    return tuple(f for f in findings if f in strongest.values())


def _said_of(statement: Statement) -> tuple[object, ...]:
    """What a statement is about, apart from its value."""
    match statement:
        case Attribute(_, aspect, _):
            return Attribute, aspect
        case State(_, value, _):
            return State, value
        case Related(_, kind, object_id, _, second):
            return Related, kind, object_id, second
        case _:
            return (Compared,)


def claims(material: Material, found: TargetEvidence) -> Iterator[ClaimDraft]:
    """What the findings of a target say in answer to the question."""
    for finding in best(material.plan, found):
        yield draft(material, found.target_id, finding)


def draft(material: Material, target_id: str, finding: Finding) -> ClaimDraft:
    """The claim that states a finding: its region carries it, and what it is measured against helps to see it."""
    helping = dict.fromkeys(other for other in finding.object_region_ids if other != finding.region_id)
    return ClaimDraft(
        sentences.derived(finding.statement, material.plan),
        target_id,
        finding.statement,
        (
            Citation(finding.region_id, CitationRole.SUPPORTS),
            *(Citation(region_id, CitationRole.CONTEXT) for region_id in helping),
        ),
    )
