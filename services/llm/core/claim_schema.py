"""What claims a language model can write for one request, as a JSON schema.

What must not come out has no form here: a region, a finding or a passage that was not given, a visual claim without a
region, a look or a relation that no finding bears out, a sentence of the model's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.common.plans import Task, TextField
from services.llm.core import composer
from services.llm.core.schemas import line, one_of, record, several, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from services.common.plans import Target
    from services.llm.core.evidence import Material
    from services.llm.core.offers import Offer
    from services.llm.core.schemas import Schema

MAX_CLAIMS: Final = 16
MAX_CLAIMS_OF_A_TARGET: Final = 8
MAX_CITATIONS: Final = 8
MAX_COUNT: Final = 999
MAX_QUOTES: Final = 2
LETTERING_CHARACTERS: Final = 120

STATED: Final[Mapping[Task, tuple[str, ...]]] = MappingProxyType(
    {
        Task.EXISTS: ("exists", "absent", "finding", "quote"),
        Task.LOCATE: ("located", "quote"),
        Task.COUNT: ("count", "absent", "quote"),
        Task.READ: ("reading", "field", "quote"),
        Task.ATTRIBUTE: ("finding", "quote"),
        Task.STATE: ("finding", "absent", "quote"),
        Task.COMPARE: ("finding", "quote"),
        Task.DESCRIBE: ("exists", "located", "count", "reading", "field", "finding", "quote"),
    }
)
"""Kinds of claims that answer a task."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the claims of one request can be about.

    Attributes:
        regions: Ids that can be cited, each once.
        found: Targets, by id, that have candidates; empty for the whole picture.
        there: Targets of `found` that can be said to be there: not where a relation was asked for that nothing bears
            out.
        missing: Targets, by id, that were searched for and have none, where the task asks whether they are there.
        fields: Targets of `found` that mean a value on a page.
        findings: Ids of what was derived in answer to the question.
        passages: Ids of what can be quoted.
        most: Claims at most.
        kinds: Kinds of claims that answer the task.
    """

    regions: tuple[str, ...]
    found: tuple[str, ...]
    there: tuple[str, ...]
    missing: tuple[str, ...]
    fields: tuple[str, ...]
    findings: tuple[str, ...]
    passages: tuple[str, ...]
    most: int
    kinds: tuple[str, ...]


def allowed(material: Material, offer: Offer) -> Allowed:
    """What the evidence leaves to be claimed."""
    targets = {target.id: target for target in material.plan.targets}
    given = frozenset(offer.regions)
    seen = {
        target_id: sum(candidate.region_id in given for candidate in item.candidates)
        for target_id, item in material.evidence.items()
    }
    found = tuple(target_id for target_id, count in seen.items() if count)
    kinds = STATED.get(material.plan.task, ())
    absences = material.evidence.values() if "absent" in kinds else ()
    missing = tuple(item.target_id for item in absences if item.searched and not item.candidates)
    of_targets = sum(min(seen[target_id], MAX_CLAIMS_OF_A_TARGET) for target_id in found) + len(missing)
    quotes = min(MAX_QUOTES, len(offer.passages)) if found else 0
    return Allowed(
        regions=offer.regions,
        found=found,
        there=tuple(i for i in found if i in targets and not _left_open(material, targets[i])),
        missing=missing,
        fields=tuple(target_id for target_id in found if _is_field(targets.get(target_id))),
        findings=tuple(offer.findings),
        passages=tuple(offer.passages) if found else (),
        most=min(MAX_CLAIMS, of_targets + len(offer.findings) + quotes),
        kinds=kinds,
    )


def _left_open(material: Material, target: Target) -> bool:
    return composer.relation_left_open(material, target, material.evidence[target.id].candidates[0])


def _is_field(target: Target | None) -> bool:
    return target is not None and target.text_field is not TextField.ANY


def claim(what: Allowed) -> Schema | None:
    """One claim; None where nothing can be claimed."""
    choices = [choice for kind in what.kinds if (choice := _CLAIMS[kind](what)) is not None]
    return {"anyOf": choices} if choices else None


def claims(what: Allowed) -> Schema | None:
    """All claims of a request; None where nothing can be claimed."""
    single = claim(what)
    return None if single is None else record(claims=several(single, least=1, most=what.most))


def _visual(what: Allowed, targets: Sequence[str], kind: str, **said: Schema) -> Schema | None:
    """A claim that rests on at least one region."""
    if not what.regions or not targets:
        return None
    region = one_of(what.regions)
    most = min(MAX_CITATIONS, len(what.regions))
    return record(
        target=one_of(targets),
        kind=one_of([kind]),
        **said,
        supported_by=several(region, least=1, most=most),
        context=several(region, least=0, most=most),
    )


def _absent(what: Allowed) -> Schema | None:
    """A claim that something is not there; it has no region to rest on."""
    return record(target=one_of(what.missing), kind=one_of(["absent"])) if what.missing else None


def _finding(what: Allowed) -> Schema | None:
    """A claim that states a finding, whose target and regions are its own."""
    return record(kind=one_of(["finding"]), finding=one_of(what.findings)) if what.findings else None


def _quote(what: Allowed) -> Schema | None:
    """A claim that quotes a passage on what was found."""
    if not what.passages:
        return None
    return record(target=one_of(what.found), kind=one_of(["quote"]), passage=one_of(what.passages))


def _named(what: Allowed) -> Sequence[str]:
    """The targets that have a name to state something of; the whole picture has none."""
    return [target_id for target_id in what.found if target_id]


_CLAIMS: Final[Mapping[str, Callable[[Allowed], Schema | None]]] = {
    "exists": lambda what: _visual(what, what.there, "exists"),
    "located": lambda what: _visual(what, _named(what), "located"),
    "count": lambda what: _visual(what, _named(what), "count", value=whole(least=1, most=MAX_COUNT)),
    "reading": lambda what: _visual(what, what.found, "reading", reading=line(LETTERING_CHARACTERS)),
    "field": lambda what: _visual(what, what.fields, "field", value=line(LETTERING_CHARACTERS)),
    "absent": _absent,
    "finding": _finding,
    "quote": _quote,
}
