"""Things named in a question and how they lie to one another, on the way to a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Self

from services.common.plans import Relation, RelationKind, Target
from services.llm.core.ranks import cornered

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Edge:
    """What must hold between things, by their places in `Things.targets`. Only BETWEEN has a second object."""

    subject: int
    kind: RelationKind
    object: int
    second: int | None = None

    def moved(self, by: int) -> Self:
        """The same where the things lie further on."""
        second = None if self.second is None else self.second + by
        return replace(self, subject=self.subject + by, object=self.object + by, second=second)


@dataclass(frozen=True, slots=True)
class Things:
    """One thing, first of `targets`, with the things that it is placed by, in the order of the question.

    Attributes:
        targets: Without ids. Never empty.
        edges: What must hold between them.
        tail: The thing that a following place belongs to, as in "the cup on the table in the corner".
        heads: The first of several things of which all the same is said, as in "a cup and a plate on the table".
        certain: The head is one certain thing, as "the cup" is, and "a cup" and "the cups" are not.
    """

    targets: tuple[Target, ...]
    edges: tuple[Edge, ...] = ()
    tail: int = 0
    heads: tuple[int, ...] = (0,)
    certain: bool = False

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

    def cornered(self, corner: str) -> Self:
        """The thing in a part of the picture. Of a certain one it says which: "the cup on the left" is the leftmost."""
        found = cornered(self.head.attributes, corner) if self.certain and self.head.rank is None else None
        if found is None:
            return self.marked([corner])
        attributes, rank = found
        return self.with_head(replace(self.head, attributes=attributes, rank=rank))

    def placed(self, link: Link) -> Self:
        """The thing placed by another."""
        shift = len(self.targets)
        others = link.things.targets if link.second is None else link.things.targets + link.second.targets
        moved = [edge.moved(shift) for edge in link.things.edges]
        second = None
        if link.second is not None:
            second = shift + len(link.things.targets)
            moved += [edge.moved(second) for edge in link.second.edges]
        elif link.kind is RelationKind.BETWEEN:
            second = shift
        at = self.heads if link.to_head or self.tail in self.heads else (self.tail,)
        ends = [(shift, place) if link.inverse else (place, shift) for place in at]
        return replace(
            self,
            targets=self.targets + others,
            edges=(*self.edges, *moved, *(Edge(subject, link.kind, other, second) for subject, other in ends)),
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
        second: What it lies between the other thing and; None for two of one kind, and for other relations.
    """

    kind: RelationKind
    things: Things
    inverse: bool = False
    to_head: bool = False
    second: Things | None = None


def thing(target: Target) -> Things:
    """A thing by itself."""
    return Things((target,))


def together(things: Sequence[Things]) -> Things:
    """One for several of which all the same is said. `things` is not empty."""
    if len(things) == 1:
        return things[0]
    starts = tuple(accumulate((len(each.targets) for each in things[:-1]), initial=0))
    return Things(
        tuple(target for each in things for target in each.targets),
        tuple(edge.moved(start) for start, each in zip(starts, things, strict=True) for edge in each.edges),
        heads=starts,
    )


def numbered(groups: Iterable[Things]) -> tuple[tuple[Target, ...], tuple[Relation, ...]]:
    """Targets with their ids, "t1" first, and the relations by those ids."""
    targets: list[Target] = []
    relations: list[Relation] = []
    for group in groups:
        first = len(targets) + 1
        targets.extend(replace(target, id=f"t{first + place}") for place, target in enumerate(group.targets))
        relations.extend(_relation(edge, first) for edge in group.edges)
    return tuple(targets), tuple(relations)


def _relation(edge: Edge, first: int) -> Relation:
    second = "" if edge.second is None else f"t{first + edge.second}"
    return Relation(f"t{first + edge.subject}", edge.kind, f"t{first + edge.object}", second)
