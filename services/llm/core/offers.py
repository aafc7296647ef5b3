"""What a language model is offered to cite in one request, each thing by a short id of the request's own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from services.llm.core import derived, knowledge
from services.llm.core.passages import quotable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.common.claims import Finding
    from services.llm.core.evidence import Material
    from services.llm.core.passages import Quotable

REGIONS_TOLD: Final = 256
"""Regions that the model is told of, and can cite, at most; those that the evidence names come first."""
FINDINGS_TOLD: Final = 64
PASSAGES_TOLD: Final = 48
"""Passages, at most; those that mention what was found come first."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be cited.

    Attributes:
        regions: Ids, in the order in which they were sent.
        findings: What was derived in answer to the question, with the id of its target, by "f1", "f2", ...
        passages: What can be quoted, by "p1", "p2", ..., in the order of the documents.
    """

    regions: tuple[str, ...]
    findings: Mapping[str, tuple[str, Finding]]
    passages: Mapping[str, Quotable]


def offer(material: Material) -> Offer:
    """What the claims of a request can cite."""
    return Offer(_regions(material), _findings(material), _passages(material))


def _regions(material: Material) -> tuple[str, ...]:
    named = dict.fromkeys(
        region_id
        for item in material.evidence.values()
        for candidate in item.candidates
        for region_id in (candidate.region_id, *candidate.context_region_ids)
    )
    chosen = frozenset([*named, *(r for r in material.regions if r not in named)][:REGIONS_TOLD])
    return tuple(region_id for region_id in material.regions if region_id in chosen)


def _findings(material: Material) -> Mapping[str, tuple[str, Finding]]:
    answers = (
        (target_id, finding)
        for target_id, item in material.evidence.items()
        for finding in derived.best(material.plan, item)
    )
    return MappingProxyType({f"f{n}": each for n, each in enumerate(islice(answers, FINDINGS_TOLD), start=1)})


def _passages(material: Material) -> Mapping[str, Quotable]:
    everything = [said for document in material.documents.values() for said in quotable(document)]
    first = (mention.said for mention in knowledge.mentions(material))
    chosen = frozenset(islice(dict.fromkeys(chain(first, everything)), PASSAGES_TOLD))
    told = (said for said in everything if said in chosen)
    return MappingProxyType({f"p{n}": said for n, said in enumerate(told, start=1)})
