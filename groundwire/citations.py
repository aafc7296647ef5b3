"""Which claims stand on which regions: what the picture and the page both show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundwire import palette

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundwire.v1 import answer_pb2, region_pb2


@dataclass(frozen=True, slots=True)
class CitedRegion:
    """A region and the claims that cite it.

    Attributes:
        region: The region.
        claim_ids: Claims that cite it, in the answer's order.
        colour: Of the first of them, by its verdict and the region's role in it.
        role: The region's role in the first of them.
    """

    region: region_pb2.Region
    claim_ids: Sequence[str]
    colour: palette.Rgb
    role: int


def cited(answer: answer_pb2.Answer) -> Sequence[CitedRegion]:
    """The regions that claims cite, in the answer's order of regions. An unknown id is passed over."""
    legs: dict[str, list[tuple[str, int, int]]] = {}
    for claim in answer.claims:
        for citation in claim.citations:
            legs.setdefault(citation.region_id, []).append((claim.id, claim.verdict, citation.role))
    found = []
    for region in answer.regions:
        if region.id in legs:
            _, verdict, role = legs[region.id][0]
            ids = tuple(dict.fromkeys(claim_id for claim_id, _, _ in legs[region.id]))
            found.append(CitedRegion(region, ids, palette.citation(verdict, role), role))
    return tuple(found)


def uncited(answer: answer_pb2.Answer) -> Sequence[region_pb2.Region]:
    """The regions that no claim cites."""
    named = {citation.region_id for claim in answer.claims for citation in claim.citations}
    return tuple(region for region in answer.regions if region.id not in named)
