"""What a test may know, and what a test is."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from services.common.claims import Check, CheckOutcome, CitationRole, InconclusiveReason
from services.common.regions import Appearance, Capability
from services.fusion.core.checks.inquiries import Judgement
from services.fusion.core.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from services.common.claims import CheckKind, ClaimDraft
    from services.common.geometry import Box, Size
    from services.common.plans import Plan, Relation, Target
    from services.common.regions import Region, Tier
    from services.fusion.core.checks.inquiries import Inquiry, Reply

WHY: Final[Mapping[InconclusiveReason, str]] = MappingProxyType(
    {
        InconclusiveReason.UNSURE: "what was seen decides neither way",
        InconclusiveReason.NOT_BOUND: "no model is bound that could tell",
        InconclusiveReason.OVER_BUDGET: "there was no time, or no budget, to look again",
        InconclusiveReason.UNAVAILABLE: "what could tell is out of reach",
    }
)
"""A reason in words."""


@dataclass(frozen=True, slots=True)
class Case:
    """The facts of one answer.

    Attributes:
        image_digest: The image that every region must be of.
        image_size: Its extent.
        plan: What the question needs.
        regions: Every region of the answer, by id.
        searched: What the whole picture was searched for: (capability, tier, phrase); the phrase is empty for reading.
        documents: Texts that the caller gave, by id.
        replies: What came of the inquiries. One that is not here was not made: the budget did not allow it.
        places: The regions by where they are; None where nobody has sorted them yet.
    """

    image_digest: str
    image_size: Size
    plan: Plan
    regions: Mapping[str, Region]
    searched: frozenset[tuple[Capability, Tier, str]]
    documents: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    replies: Mapping[Inquiry, Reply] = field(default_factory=lambda: MappingProxyType({}))
    places: Places | None = None

    def around(self, box: Box) -> list[Region]:
        """The answer's regions that share an area with a box."""
        return (self.places or Places(self.regions.values())).around(box)

    def target(self, target_id: str) -> Target | None:
        """A target of the plan."""
        return next((target for target in self.plan.targets if target.id == target_id), None)

    def sought(self, capability: Capability, tier: Tier, phrase: str = "") -> bool:
        """Whether a tier has searched the whole picture for a phrase, or read all of it."""
        return (capability, tier, phrase) in self.searched

    def found(self, inquiry: Inquiry) -> tuple[Region, ...] | InconclusiveReason:
        """The regions that an inquiry brought, or why it brought none."""
        reply = self.replies.get(inquiry, InconclusiveReason.OVER_BUDGET)
        if isinstance(reply, tuple | InconclusiveReason):
            return reply
        raise TypeError(f"{inquiry} was not answered with regions")

    def measured(self, inquiry: Inquiry) -> Appearance | InconclusiveReason:
        """The appearance that an inquiry brought, or why it brought none."""
        reply = self.replies.get(inquiry, InconclusiveReason.OVER_BUDGET)
        if isinstance(reply, Appearance | InconclusiveReason):
            return reply
        raise TypeError(f"{inquiry} was not answered with a measurement")

    def judged(self, inquiry: Inquiry) -> Judgement | InconclusiveReason:
        """The judgement that an inquiry brought, or why it brought none."""
        reply = self.replies.get(inquiry, InconclusiveReason.OVER_BUDGET)
        if isinstance(reply, Judgement | InconclusiveReason):
            return reply
        raise TypeError(f"{inquiry} was not answered with a judgement")


class ClaimTest(Protocol):
    """One independent test."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:
        """Whether the test bears on the claim."""
        ...

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:
        """What the test wants to know before `run`, most important first. `case.replies` is empty yet."""
        ...

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """The outcome. What could not be asked makes it inconclusive, never passed."""
        ...


def cited(draft: ClaimDraft, case: Case, role: CitationRole) -> list[Region]:
    """The regions that the claim cites in a role, in order. Ids that are none of the answer's are passed over."""
    found = (case.regions.get(c.region_id) for c in draft.citations if c.role is role and c.passage is None)
    return [region for region in found if region is not None]


def supporting(draft: ClaimDraft, case: Case) -> list[Region]:
    """The regions that carry the claim."""
    return cited(draft, case, CitationRole.SUPPORTS)


def context(draft: ClaimDraft, case: Case) -> list[Region]:
    """The regions that help to understand the claim: a printed key, the second line of a name."""
    return cited(draft, case, CitationRole.CONTEXT)


def things(draft: ClaimDraft, case: Case) -> list[Region]:
    """The supporting regions that are objects."""
    return [r for r in supporting(draft, case) if r.source.capability is not Capability.READ_TEXT]


def relations_of(draft: ClaimDraft, case: Case) -> Iterator[Relation]:
    """The relations that the plan puts the claim's target under."""
    return (relation for relation in case.plan.relations if relation.subject_id == draft.target_id)


def inconclusive(kind: CheckKind, reason: InconclusiveReason, what: str) -> Check:
    """A check that could not tell: what was to be told, and why it could not."""
    return Check(kind, CheckOutcome.INCONCLUSIVE, f"{what}: {WHY[reason]}", inconclusive_reason=reason)


_RANK: Final = {CheckOutcome.FAILED: 0, CheckOutcome.INCONCLUSIVE: 1, CheckOutcome.PASSED: 2}


def weakest(checks: list[Check]) -> Check:
    """The check that decides: one that failed, else one that could not tell, else the first."""
    return min(checks, key=lambda check: _RANK[check.outcome])
