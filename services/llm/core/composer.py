"""The rule composer: plan and evidence to claims. It states what the evidence carries, and nothing for what it lacks.

A claim cites the regions of its candidates and findings and no other. Looks, conditions, relations and comparisons are
stated by findings alone. Where a target has no candidate, only its absence can be stated: for tasks that ask whether
or how often, and only when it was searched for; the caller abstains on the rest.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from services.common.claims import (
    Absent,
    Citation,
    CitationRole,
    ClaimDraft,
    Count,
    Exists,
    Field,
    Located,
    Reading,
    Statement,
)
from services.common.plans import Target, Task, TextField
from services.llm.core import derived, knowledge, sentences
from services.llm.core.pointing import asked_states

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from services.common.claims import Candidate, TargetEvidence
    from services.common.plans import Plan
    from services.llm.core.evidence import Material

_STATES_ABSENCE: Final = frozenset({Task.EXISTS, Task.COUNT, Task.STATE})
_THERE: Final = frozenset({Task.LOCATE, Task.READ, Task.DESCRIBE})
"""Tasks that are answered by where a thing is, or what is written there, whatever else was derived of it."""


def compose(material: Material) -> Iterator[ClaimDraft]:
    """Claims in the order of the plan's targets, then what documents say of them. None for a plan not understood."""
    if material.plan.task is Task.UNKNOWN:
        return
    if not material.plan.targets:
        yield from _whole_picture(material)
    if material.plan.task is Task.COMPARE:
        yield from _comparison(material)
    else:
        for target in asked(material.plan):
            found = material.evidence.get(target.id)
            if found is not None:
                yield from _about(material, target, found)
    yield from knowledge.claims(material)


def _comparison(material: Material) -> Iterator[ClaimDraft]:
    """The outcome, once: that the cup is larger, and not also that the plate is smaller."""
    outcomes = chain.from_iterable(derived.claims(material, found) for found in material.evidence.values())
    yield from islice(outcomes, 1)


def asked(plan: Plan) -> tuple[Target, ...]:
    """The targets that the question is about: the first, its equals, and each that is not there to place another."""
    first = {target.id for target in plan.targets[:1]}
    placing = {end for r in plan.relations for end in (r.subject_id, r.object_id, r.second_object_id)}
    places = {(relation.kind, relation.object_id) for relation in plan.relations if relation.subject_id in first}
    first |= {relation.subject_id for relation in plan.relations if (relation.kind, relation.object_id) in places}
    return tuple(target for target in plan.targets if target.id in first or target.id not in placing)


def bare(plan: Plan, target: Target) -> Target:
    """The target without the condition that is asked about it: what is missing when nothing is found."""
    if plan.task is not Task.STATE or target.id != plan.targets[0].id:
        return target
    kept = len(target.attributes) - len(asked_states(target))
    return replace(target, attributes=target.attributes[:kept])


def _about(material: Material, target: Target, found: TargetEvidence) -> Iterator[ClaimDraft]:
    task = material.plan.task
    derivations = tuple(derived.claims(material, found))
    if not found.candidates and not derivations:
        if found.searched and task in _STATES_ABSENCE:
            missing = bare(material.plan, target)
            query = missing.literal_text or missing.words
            yield ClaimDraft(sentences.absent(missing), target.id, Absent(missing.words, (query,)), ())
    elif task is Task.COUNT:
        text = sentences.counted(target, found.distinct, "")
        yield ClaimDraft(text, target.id, Count(target.words, found.distinct), _citations(material, found.candidates))
    elif task is Task.READ and _any_lettering(target):
        yield from _readings(material, target.id, found.candidates)
    elif task in _THERE or (task is Task.EXISTS and not derivations):
        yield from _best(material, target, found.candidates[0])
    yield from derivations


def relation_left_open(material: Material, target: Target, candidate: Candidate) -> bool:
    """Whether "is it left of the plate?" was asked of a thing, and nothing bears out that it is."""
    if material.plan.task is not Task.EXISTS or target.is_text:
        return False
    placed = any(relation.subject_id == target.id for relation in material.plan.relations)
    return placed and not _place(material, target, candidate)


def _any_lettering(target: Target) -> bool:
    """Whether all that is found is meant, such as the lines of a sign; a field or given words are one."""
    return target.is_text and target.text_field is TextField.ANY and not target.literal_text


def _best(material: Material, target: Target, candidate: Candidate) -> Iterator[ClaimDraft]:
    if relation_left_open(material, target, candidate):
        return
    place = _place(material, target, candidate)
    statement: Statement
    match material.plan.task:
        case Task.EXISTS:
            statement, text = Exists(target.words), sentences.exists(target, place)
        case Task.READ:
            value = _value(material, candidate)
            if not value:
                return
            statement, text = _read(target, value, place)
        case _:
            statement, text = Located(target.words), sentences.located(target, place)
    yield ClaimDraft(text, target.id, statement, _citations(material, [candidate]))


def _read(target: Target, value: str, place: str) -> tuple[Statement, str]:
    if target.text_field is TextField.ANY:
        return Reading(value), sentences.reading(value, place)
    key = "brand" if target.text_field is TextField.BRAND else target.noun or target.text_field.name.lower()
    return Field(target.text_field, key, value), sentences.field(target, value, place)


def _readings(material: Material, target_id: str, candidates: Iterable[Candidate]) -> Iterator[ClaimDraft]:
    for candidate in candidates:
        value = _value(material, candidate)
        if value:
            text = sentences.reading(value, "")
            yield ClaimDraft(text, target_id, Reading(value), _citations(material, [candidate]))


def _whole_picture(material: Material) -> Iterator[ClaimDraft]:
    """What stands in the picture: lettering as it reads, and things by their labels where a description is wanted."""
    found = material.evidence.get("")
    for candidate in found.candidates if found is not None else ():
        region = material.regions[candidate.region_id]
        if region.text or candidate.value:
            yield from _readings(material, "", [candidate])
        elif region.label and material.plan.task is Task.DESCRIBE:
            text = sentences.exists(Target("", noun=region.label), "")
            yield ClaimDraft(text, "", Exists(region.label), _citations(material, [candidate]))


def _value(material: Material, candidate: Candidate) -> str:
    return candidate.value or material.regions[candidate.region_id].text


def _place(material: Material, target: Target, candidate: Candidate) -> str:
    """The relations that the evidence bears out: those whose other thing the candidate itself has for context."""
    by_id = {other.id: other for other in material.plan.targets}
    places = []
    for relation in material.plan.relations:
        anchor = material.evidence.get(relation.object_id)
        regions = {c.region_id for c in anchor.candidates} if anchor is not None else set()
        if relation.subject_id == target.id and regions.intersection(candidate.context_region_ids):
            places.append(sentences.placed(relation.kind, by_id[relation.object_id]))
    return "".join(places)


def _citations(material: Material, candidates: Iterable[Candidate]) -> tuple[Citation, ...]:
    """What carries the claim, then what helps to understand it; each region once, and all of them the request's."""
    candidates = tuple(candidates)
    carrying = dict.fromkeys(material.regions[c.region_id].id for c in candidates)
    helping = dict.fromkeys(material.regions[other].id for c in candidates for other in c.context_region_ids)
    return (
        *(Citation(region_id, CitationRole.SUPPORTS) for region_id in carrying),
        *(Citation(region_id, CitationRole.CONTEXT) for region_id in helping if region_id not in carrying),
    )
