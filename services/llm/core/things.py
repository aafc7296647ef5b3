"""Things named in a question and how they lie to one another, on the way to a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from services.common.plans import Relation, RelationKind, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

Edge = tuple[int, RelationKind, int]
"""Subject and object by their places in `Things.targets`."""


@dataclass(frozen=True, slots=True)
class Things:
    """One thing, first of `targets`, with the things that it is placed by, in the order of the question.

    Attributes:
        targets: Without ids. Never empty.
        edges: What must hold between them.
        tail: The thing that a following place belongs to, as in "the cup on the table in the corner".
    """

    targets: tuple[Target, ...]
    edges: tuple[Edge, ...] = ()
    tail: int = 0

    @property
    def head(self) -> Target:
        """The thing itself."""
        return self.targets[0]

    def with_head(self, head: Target) -> Self:
        """The same around another head."""
        return replace(self, targets=(head, *self.targets[1:]))

    def marked(self, attributes: Iterable[str]) -> Self:
        """The head with further attributes, each once."""
        together = dict.fromkeys((*self.head.attributes, *attributes))
        return self.with_head(replace(self.head, attributes=tuple(together)))

    def placed(self, link: Link) -> Self:
        """The thing placed by another."""
        shift = len(self.targets)
        moved = tuple((subject + shift, kind, other + shift) for subject, kind, other in link.things.edges)
        at = 0 if link.to_head else self.tail
        edge = (shift, link.kind, at) if link.inverse else (at, link.kind, shift)
        return replace(
            self,
            targets=self.targets + link.things.targets,
            edges=(*self.edges, *moved, edge),
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


def numbered(groups: Iterable[Things]) -> tuple[tuple[Target, ...], tuple[Relation, ...]]:
    """Targets with their ids, "t1" first, and the relations by those ids."""
    targets: list[Target] = []
    relations: list[Relation] = []
    for group in groups:
        first = len(targets) + 1
        targets.extend(replace(target, id=f"t{first + place}") for place, target in enumerate(group.targets))
        relations.extend(Relation(f"t{first + a}", kind, f"t{first + b}") for a, kind, b in group.edges)
    return tuple(targets), tuple(relations)
