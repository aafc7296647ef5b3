"""What "it" means: the regions that the last turn of the conversation rests on.

An earlier target is not searched for again. The plan repeats what it was called, so it is found among the targets of
the last turn that had any, and it is the regions that this turn's claims cite for it: as support, or as what something
was measured against. Where there is no such thing, the reason is told in words, and the target is abstained from as not
checkable: the question was asked of something that fusion does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.claims import CitationRole, Verdict
from services.fusion.core import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Protocol

    from services.common.claims import Claim
    from services.common.plans import Plan, Target
    from services.common.regions import Region

    class Turn(Protocol):
        """A turn as it is kept."""

        @property
        def plan(self) -> Plan:
            """What its question was taken to need."""

        @property
        def image_digest(self) -> str:
            """What it was about."""

        @property
        def cited(self) -> Mapping[str, tuple[Region, ...]]:
            """The regions that its claims rest on, by target id."""


_UNKNOWN: Final = (
    "The question refers to an earlier one, and none is known: it belongs to no conversation, or to one that was "
    "forgotten. Ask in full."
)
_ANOTHER_IMAGE: Final = "The question refers to an earlier one, and that was about another image. Ask in full."
_NOTHING: Final = "The question refers to an earlier one, and nothing was found for that. Ask in full."


@dataclass(frozen=True, slots=True)
class Meant:
    """The regions that each earlier target may be, by its id, best first; or why there are none, in words."""

    regions: Mapping[str, tuple[Region, ...]] = field(default_factory=lambda: MappingProxyType({}))
    lost: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def meant(plan: Plan, turns: Sequence[Turn], image_digest: str) -> Meant:
    """What the plan's earlier targets may be; nothing, and no reason, where it has none."""
    asked = [target for target in plan.targets if target.earlier]
    last = next((turn for turn in reversed(turns) if turn.plan.targets), None)
    if last is None or last.image_digest != image_digest:
        reason = _UNKNOWN if last is None else _ANOTHER_IMAGE
        return Meant(lost={target.id: reason for target in asked})
    found = {target.id: _among(target, last) for target in asked}
    return Meant(
        {name: regions for name, regions in found.items() if regions},
        {name: _NOTHING for name, regions in found.items() if not regions},
    )


def cited(plan: Plan, claims: Iterable[Claim], regions: Mapping[str, Region]) -> dict[str, tuple[Region, ...]]:
    """The regions that an answer's claims rest on, by the target that they are. What was contradicted rests on none."""
    held: dict[str, dict[str, Region]] = {}
    for claim in claims:
        if claim.verdict is Verdict.CONTRADICTED:
            continue
        for citation in claim.draft.citations:
            region = regions.get(citation.region_id)
            if region is None:
                continue
            if citation.role is CitationRole.SUPPORTS:
                held.setdefault(claim.draft.target_id, {})[region.id] = region
            else:
                for name in _placing(plan, claim.draft.target_id, region):
                    held.setdefault(name, {})[region.id] = region
    return {name: tuple(each.values()) for name, each in held.items()}


def _placing(plan: Plan, target_id: str, region: Region) -> list[str]:
    """Ids of the other targets that a region which a claim cites for context is."""
    others = [target for target in plan.targets if target.id != target_id]
    return [target.id for target in others if not target.is_text and region.label in phrases.queries(target)]


def _among(target: Target, turn: Turn) -> tuple[Region, ...]:
    """The regions of the target in the turn before that has the same name, attributes and lettering; at least the name.

    A target that says nothing of itself is what that turn was about first.
    """
    named = [before for before in turn.plan.targets if not target.noun or before.noun == target.noun]
    alike = [t for t in named if (t.attributes, t.literal_text) == (target.attributes, target.literal_text)]
    ordered = dict.fromkeys(before.id for before in (*alike, *named))
    return next((turn.cited[name] for name in ordered if turn.cited.get(name)), ())
