"""Do relations, ranks, sizes and shapes follow from the places, looked at once more?

The places are taken anew: as the second look at each saw it, else as the other tier drew it, and only else as cited.
What resolution worked out is not read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from services.common.claims import (
    Absent,
    Attribute,
    Check,
    CheckKind,
    CheckOutcome,
    CitationRole,
    Compared,
    InconclusiveReason,
    Related,
)
from services.common.plans import Aspect, RelationKind
from services.common.regions import Capability
from services.fusion.core import comparing, phrases, pool, traits
from services.fusion.core.checks.agreement import again, seen_again, twin
from services.fusion.core.checks.case import cited, inconclusive, relations_of, supporting, things, weakest
from services.fusion.core.checks.citation import states_absence
from services.fusion.core.policy import CREDIBLE_FROM
from services.fusion.core.scene import attributes, ranks, relations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.common.claims import ClaimDraft
    from services.common.plans import Target
    from services.common.regions import Region
    from services.fusion.core.checks.case import Case
    from services.fusion.core.checks.inquiries import Inquiry

FAILS_BELOW: Final = 0.25
"""Strength below which a relation or an attribute is refuted; from here to where it holds, nothing is decided."""

_BY_OUTLINE: Final = frozenset(
    {Aspect.SIZE, Aspect.SHAPE, Aspect.ORIENTATION, Aspect.NEARNESS, Aspect.LEFTNESS, Aspect.HEIGHT}
)


class GeometryTest:
    """Everything in a claim that boxes tell."""

    def applies(self, draft: ClaimDraft, case: Case) -> bool:
        """Where there is something of the kind."""
        if states_absence(draft) or isinstance(draft.statement, Absent):
            return False
        return any(True for _ in _parts(draft, case))

    def inquiries(self, draft: ClaimDraft, case: Case) -> tuple[Inquiry, ...]:
        """A look at each thing that a relation is measured against and that one tier alone has found."""
        others = [r for r in cited(draft, case, CitationRole.CONTEXT) if r.source.capability is Capability.DETECT]
        return tuple(again(region, case) for region in others if twin(region, case) is None)

    def run(self, draft: ClaimDraft, case: Case) -> Check:
        """The weakest part decides."""
        return weakest(list(_parts(draft, case)))


def _parts(draft: ClaimDraft, case: Case) -> Iterator[Check]:
    match draft.statement:
        case Related(kind=kind) if kind is not RelationKind.SAME_COLOR:
            yield _related(draft, draft.statement, case)
        case Compared():
            yield _compared(draft, draft.statement, case)
        case Attribute(aspect=aspect) if aspect in _BY_OUTLINE:
            yield _looks(draft, draft.statement, case)
        case _:
            pass
    yield from _placed(draft, case)
    yield from _described(draft, case)


def anew(region: Region, case: Case) -> Region:
    """The region with the box that another look drew around it; as it is where none did."""
    if region.source.capability is Capability.READ_TEXT:
        return region
    other = seen_again(region, case)
    return region if other is None else replace(region, box=other.box, mask=other.mask or region.mask)


def _related(draft: ClaimDraft, statement: Related, case: Case) -> Check:
    subjects = supporting(draft, case)
    objects = cited(draft, case, CitationRole.CONTEXT)
    wants = 2 if statement.kind is RelationKind.BETWEEN else 1
    if not subjects or len(objects) < wants:
        detail = "the claim does not cite what the relation is measured against"
        return Check(CheckKind.GEOMETRY, CheckOutcome.FAILED, detail)
    return _strength(statement.kind, subjects[0], objects, case)


def _strength(kind: RelationKind, subject: Region, objects: list[Region], case: Case) -> Check:
    first, *rest = (anew(region, case) for region in objects)
    second = rest[0] if rest and kind is RelationKind.BETWEEN else None
    strength = relations.strength(kind, anew(subject, case), first, second=second, image_size=case.image_size)
    words = kind.name.lower().replace("_", " ")
    what = f"{subject.id} {words} {' and '.join(region.id for region in objects[: 2 if second else 1])}"
    return _graded(strength, what)


def _graded(strength: float | None, what: str) -> Check:
    if strength is None:
        return inconclusive(CheckKind.GEOMETRY, InconclusiveReason.NOT_BOUND, what)
    figures = {"strength": round(strength, 4)}
    detail = f"{what}: {strength:.2f}, where {relations.HOLDS_FROM:.2f} holds"
    if strength >= relations.HOLDS_FROM:
        return Check(CheckKind.GEOMETRY, CheckOutcome.PASSED, detail, figures)
    if strength < FAILS_BELOW:
        return Check(CheckKind.GEOMETRY, CheckOutcome.FAILED, detail, figures)
    unsure = InconclusiveReason.UNSURE
    return Check(CheckKind.GEOMETRY, CheckOutcome.INCONCLUSIVE, detail, figures, inconclusive_reason=unsure)


def _compared(draft: ClaimDraft, statement: Compared, case: Case) -> Check:
    mine, others = things(draft, case), cited(draft, case, CitationRole.CONTEXT)
    if not mine or not others:
        detail = "the claim does not cite both things that it compares"
        return Check(CheckKind.GEOMETRY, CheckOutcome.FAILED, detail)
    if statement.aspect is Aspect.NUMBER:
        mine, others = peers_of(mine[0], case), peers_of(others[0], case)
    ours, theirs = [anew(r, case) for r in mine], [anew(r, case) for r in others]
    lead = comparing.lead(statement.aspect, ours, theirs)
    if lead is None:
        reason = InconclusiveReason.NOT_BOUND
        return inconclusive(CheckKind.GEOMETRY, reason, f"which has the more {statement.aspect.name.lower()}")
    lead = -lead if statement.least else lead
    amount = "less" if statement.least else "more"
    return _graded(max(0.0, lead), f"{mine[0].id} has {amount} {statement.aspect.name.lower()} than {others[0].id}")


def _looks(draft: ClaimDraft, statement: Attribute, case: Case) -> Check:
    cited_things = supporting(draft, case)
    if not cited_things:
        return inconclusive(CheckKind.GEOMETRY, InconclusiveReason.UNSURE, "no place is cited")
    peers = peers_of(cited_things[0], case)
    told = attributes.aspect_value(statement.aspect, anew(cited_things[0], case), peers, case.image_size)
    what = f"{statement.aspect.name.lower()} of {cited_things[0].id}"
    if told is None:
        return inconclusive(CheckKind.GEOMETRY, InconclusiveReason.NOT_BOUND, what)
    value, strength = told
    if value == statement.value:
        return _graded(strength, f"{what} is {value}")
    fits = attributes.fits(statement.value, anew(cited_things[0], case), peers, case.image_size)
    return _graded(fits, f"{what} is {value}, {statement.value} claimed")


def peers_of(region: Region, case: Case) -> list[Region]:
    """The distinct things of the region's kind that are credible."""
    same = pool.labelled(case.regions.values(), phrases.names(region.label))
    return [r for r in pool.distinct(same) if pool.score(r) >= CREDIBLE_FROM]


def _placed(draft: ClaimDraft, case: Case) -> Iterator[Check]:
    """Relations that the plan puts the target under, where the claim cites what they are measured against."""
    subjects, context = supporting(draft, case), cited(draft, case, CitationRole.CONTEXT)
    if isinstance(draft.statement, Related | Compared):
        return
    for relation in relations_of(draft, case):
        objects = [r for end in (relation.object_id, relation.second_object_id) for r in _of(end, context, case)]
        if relation.kind is RelationKind.SAME_COLOR or not objects or not subjects:
            continue
        yield weakest([_best(relation.kind, subject, objects, case) for subject in subjects])


def _best(kind: RelationKind, subject: Region, objects: list[Region], case: Case) -> Check:
    """The relation to whichever of the objects it holds best with: "the cups on the tables"."""
    if kind is RelationKind.BETWEEN:
        return _strength(kind, subject, objects, case)
    checks = [_strength(kind, subject, [each], case) for each in objects]
    return max(checks, key=lambda check: check.figures.get("strength", -1.0))


def _of(target_id: str, regions: list[Region], case: Case) -> list[Region]:
    target = case.target(target_id)
    if target is None:
        return []
    if target.is_text:
        return pool.written(regions)
    return regions if target.earlier else pool.labelled(regions, phrases.queries(target))


def _described(draft: ClaimDraft, case: Case) -> Iterator[Check]:
    """The target's rank, and its attributes that outlines tell."""
    target, cited_things = case.target(draft.target_id), things(draft, case)
    if target is None or target.earlier or not cited_things:
        return
    for region in cited_things:
        for attribute in traits.shapes(target, region, case.image_size):
            fits = attributes.fits(attribute, anew(region, case), peers_of(region, case), case.image_size)
            yield _graded(fits, f"{region.id} is {attribute}")
    if target.rank is not None:
        yield _ranked(target, cited_things[0], case)


def _ranked(target: Target, region: Region, case: Case) -> Check:
    rank = target.rank
    if rank is None:
        raise ValueError("a target without a rank is not ranked")
    peers = peers_of(region, case)
    fitting = [r for r in peers if traits.fit(target, r, peers, case.image_size) >= relations.HOLDS_FROM]
    found = ranks.place(fitting, rank)
    what = f"{region.id} is number {rank.place} {rank.order.name.lower().replace('_', ' ')} of {len(fitting)}"
    if found is None:
        return inconclusive(CheckKind.GEOMETRY, InconclusiveReason.UNSURE, what)
    there, clearness = found
    if not pool.same_thing(there.box, region.box):
        return Check(CheckKind.GEOMETRY, CheckOutcome.FAILED, f"{what}: {there.id} is", {"strength": 0.0})
    return _graded(max(clearness, FAILS_BELOW), what)
