"""Things named in a question and how they lie to one another, on the way to a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Self

from services.common.plans import Relation, RelationKind, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Edge = tuple[int, RelationKind, int]
"""Subject and object by their places in `Things.targets`."""


@dataclass(frozen=True, slots=True)
class Things:
    """One thing, first of `targets`, with the things that it is placed by, in the order of the question.

    Attributes:
        targets: Without ids. Never empty.
        edges: What must hold between them.
        tail: The thing that a following place belongs to, as in "the cup on the table in the corner".
        heads: The first of several things of which all the same is said, as in "a cup and a plate on the table".
    """

    targets: tuple[Target, ...]
    edges: tuple[Edge, ...] = ()
    tail: int = 0
    heads: tuple[int, ...] = (0,)

    @property
    def head(self) -> Target:
        """The thing itself."""
        return self.targets[0]

    def with_head(self, head: Target) -> Self:
        """The same around another head."""
        return replace(self, targets=(head, *self.targets[1:]))

    def marked(self, attributes: Iterable[str]) -> Self:
        """The heads with further attributes, each once."""
        further = tuple(attributes)
        targets = list(self.targets)
        for place in self.heads:
            target = targets[place]
            targets[place] = replace(target, attributes=tuple(dict.fromkeys((*target.attributes, *further))))
        return replace(self, targets=tuple(targets))

    def placed(self, link: Link) -> Self:
        """The thing placed by another."""
        shift = len(self.targets)
        moved = tuple((subject + shift, kind, other + shift) for subject, kind, other in link.things.edges)
        at = self.heads if link.to_head or self.tail in self.heads else (self.tail,)
        edges = ((shift, link.kind, place) if link.inverse else (place, link.kind, shift) for place in at)
        return replace(
            self,
            targets=self.targets + link.things.targets,
            edges=(*self.edges, *moved, *edges),
            tail=self.tail if link.inverse else shift + link.things.tail,
        )


@dataclass(frozen=True, slots=True)
class Link:
    """A place given by another thing.

    Attributes:
        kind: The relation.
        things: The other thing.
        inverse: The other thing is the relation's subject, as the word on "the sign that says EXIT".
        to_head: The relation is the head's, whatever was named last.
    """

    kind: RelationKind
    things: Things
    inverse: bool = False
    to_head: bool = False


def thing(target: Target) -> Things:
    """A thing by itself."""
    return Things((target,))


def together(things: Sequence[Things]) -> Things:
    """One for several of which all the same is said. `things` is not empty."""
    starts = tuple(accumulate((len(each.targets) for each in things[:-1]), initial=0))
    placed = zip(starts, things, strict=True)
    return Things(
        tuple(target for each in things for target in each.targets),
        tuple((start + a, kind, start + b) for start, each in placed for a, kind, b in each.edges),
        tail=things[0].tail if len(things) == 1 else 0,
        heads=starts,
    )


def numbered(groups: Iterable[Things]) -> tuple[tuple[Target, ...], tuple[Relation, ...]]:
    """Targets with their ids, "t1" first, and the relations by those ids."""
    targets: list[Target] = []
    relations: list[Relation] = []
    for group in groups:
        first = len(targets) + 1
        targets.extend(replace(target, id=f"t{first + place}") for place, target in enumerate(group.targets))
        relations.extend(Relation(f"t{first + a}", kind, f"t{first + b}") for a, kind, b in group.edges)
    return tuple(targets), tuple(relations)
