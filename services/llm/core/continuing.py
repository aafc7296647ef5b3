"""Questions that only name something else to ask the same of: "and the dog?", "what about the one on the left?"."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from services.common.plans import RelationKind, Target, Task
from services.llm.core.meaning import Meaning, naming
from services.llm.core.parts import gathered
from services.llm.core.pointing import asked_states
from services.llm.core.things import Edge, Link, Things

if TYPE_CHECKING:
    from services.common.plans import Plan
    from services.llm.core.parts import Parts

_PLACED_LIKEWISE: Final = frozenset({Task.EXISTS, Task.COUNT, Task.LOCATE})
"""Tasks in which the place is half of the question: "is the cup left of the plate?", "and the fork?"."""


def continued(before: Plan, parts: Parts, noun: str) -> Meaning | None:
    """What is asked, of what a fragment names; None where the turn before does not go on so.

    Args:
        before: The plan of the turn before; it has targets.
        parts: Of the fragment.
        noun: What "one" stands for.
    """
    if before.task in (Task.COMPARE, Task.UNKNOWN):
        return None
    first = replace(before.targets[0], id="", earlier=False)
    if not isinstance(parts[0] if parts else None, Things):
        certain = before.task not in (Task.EXISTS, Task.COUNT)
        parts = (Things((replace(first, rank=None),), certain=certain), *parts)
    named = naming(next(part for part in gathered(parts) if isinstance(part, Things)), noun)
    return Meaning(before.task, (_asked(before, first, named),), before.aspect, before.least)


def _asked(before: Plan, first: Target, named: Things) -> Things:
    if before.task is Task.READ and not named.head.is_text:
        return Things((first,)).placed(Link(RelationKind.ON, named))
    if before.task is Task.STATE:
        return named.marked(asked_states(first))
    if before.task in _PLACED_LIKEWISE and not named.edges and before.relations:
        return _likewise(before, named)
    return named


def _likewise(before: Plan, named: Things) -> Things:
    """The thing placed by the same things as what was asked about before."""
    place = {target.id: number for number, target in enumerate(before.targets)}
    edges = tuple(
        Edge(place[r.subject_id], r.kind, place[r.object_id], place.get(r.second_object_id)) for r in before.relations
    )
    others = tuple(replace(target, id="") for target in before.targets[1:])
    return Things((named.head, *others), edges)
