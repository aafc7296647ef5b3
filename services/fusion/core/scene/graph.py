"""The scene as a graph: how the regions of a picture lie to one another, for whoever describes it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from services.common.plans import RelationKind
from services.fusion.core.scene.relations import HOLDS_FROM, strength

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.common.geometry import Size
    from services.common.regions import Region

TOLD: Final = (
    RelationKind.ON,
    RelationKind.OVERLAPPING,
    RelationKind.NEXT_TO,
    RelationKind.IN_FRONT_OF,
    RelationKind.ABOVE,
    RelationKind.LEFT_OF,
)
"""Relations that describe, the most telling first; their duals say the same from the other end.

"inside" is not among them: a rider's box is inside the horse's. What is inside another's box holds as "on" it too, the
most frequent relation in Visual Genome, and is wrong less often.
"""

MOST_NODES: Final = 40
"""Regions that are related to one another, largest first: pairs grow with the square."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The subject lies so to the object, by their region ids; `strength` in [`HOLDS_FROM`, 1]."""

    subject_id: str
    kind: RelationKind
    object_id: str
    strength: float


def graph(regions: Sequence[Region], image_size: Size, limit: int) -> tuple[Edge, ...]:
    """The most telling relations that hold, at most `limit` and at most one a pair.

    Of a pair, the first of `TOLD` that holds is taken. Edges are in the order of `TOLD`, then by strength, then by id.
    """
    nodes = sorted(regions, key=lambda region: (-region.box.area, region.id))[:MOST_NODES]
    found = (_most_telling(a, b, image_size) for a, b in combinations(nodes, 2))
    edges = [edge for edge in found if edge is not None]
    edges.sort(key=lambda edge: (TOLD.index(edge.kind), -edge.strength, edge.subject_id, edge.object_id))
    return tuple(edges[:limit])


def _most_telling(a: Region, b: Region, image_size: Size) -> Edge | None:
    for kind in TOLD:
        for subject, object_ in ((a, b), (b, a)):
            holds = strength(kind, subject, object_, image_size=image_size)
            if holds is not None and holds >= HOLDS_FROM:
                return Edge(subject.id, kind, object_.id, holds)
    return None
