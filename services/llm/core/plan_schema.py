"""What plans a language model can write, as a JSON schema, and the words that stand for the contract's in it.

What must not come out has no form here: a relation to a target that is not there, an aspect that the task does not
have, an earlier thing that no turn was about.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import permutations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from services.common.plans import Aspect, Order, RelationKind, Task, TextField
from services.llm.core.schemas import line, one_of, record, several, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from services.llm.core.schemas import Schema

MAX_TARGETS: Final = 4
MAX_RELATIONS: Final = 4
MAX_ATTRIBUTES: Final = 3
MAX_PLACE: Final = 20
"""Highest place in an order."""
NOUN_CHARACTERS: Final = 40
ATTRIBUTE_CHARACTERS: Final = 32
LETTERING_CHARACTERS: Final = 120

OTHER: Final = "other"
"""An aspect that the contract has no word for."""

TASK_WORDS: Final[Mapping[str, Task]] = MappingProxyType({task.name.lower(): task for task in Task})
FIELD_WORDS: Final[Mapping[str, TextField]] = MappingProxyType(
    {field.name.lower(): field for field in TextField if field not in (TextField.ANY, TextField.KEYED)}
)
RELATION_WORDS: Final[Mapping[str, RelationKind]] = MappingProxyType({kind.name.lower(): kind for kind in RelationKind})
ORDER_WORDS: Final[Mapping[str, Order]] = MappingProxyType({order.name.lower(): order for order in Order})
ASPECT_WORDS: Final[Mapping[str, Aspect]] = MappingProxyType(
    {aspect.name.lower(): aspect for aspect in Aspect if aspect is not Aspect.NONE} | {OTHER: Aspect.NONE}
)
ASPECTS: Final[Mapping[Task, tuple[str, ...]]] = MappingProxyType(
    {
        Task.ATTRIBUTE: ("color", "size", "shape", "orientation", "material", "nearness", OTHER),
        Task.COMPARE: ("size", "nearness", "leftness", "height", "number", "color", OTHER),
    }
)
"""What the tasks that have an aspect can ask for."""
LEAST_WORDS: Final[Mapping[str, bool]] = MappingProxyType({"more": False, "less": True})

_WHOLE: Final = ("read", "describe", "unknown")
"""Tasks about the whole picture, or about nothing."""


@lru_cache(maxsize=8)
def plan(earlier: int = 0) -> Schema:
    """A plan: a task about the whole picture, or a task about one to four things.

    Args:
        earlier: How many things an earlier turn was about, "e1" first.
    """
    things = {"anyOf": [_things(count, earlier) for count in range(1, MAX_TARGETS + 1)]}
    plain = [word for word, task in TASK_WORDS.items() if task is not Task.UNKNOWN and task not in ASPECTS]
    attribute, compare = (one_of(ASPECTS[task]) for task in (Task.ATTRIBUTE, Task.COMPARE))
    choices = [
        record(task=one_of(_WHOLE)),
        record(task=one_of(plain), things=things),
        record(task=one_of(["attribute"]), aspect=attribute, things=things),
        record(task=one_of(["compare"]), aspect=compare, asks=one_of(LEAST_WORDS), things=things),
    ]
    return record(plan={"anyOf": choices})


def _things(count: int, earlier: int) -> Schema:
    """Exactly `count` targets, and relations between different ones of them."""
    targets = several(_target(earlier), least=count, most=count)
    if count < 2:  # noqa: PLR2004 - a relation takes two
        return record(targets=targets)
    return record(targets=targets, relations=several(one_of(_relations(count)), least=0, most=MAX_RELATIONS))


def _target(earlier: int) -> Schema:
    noun = line(NOUN_CHARACTERS)
    attributes = several(line(ATTRIBUTE_CHARACTERS), least=0, most=MAX_ATTRIBUTES)
    rank = {"order": one_of(ORDER_WORDS), "place": whole(least=1, most=MAX_PLACE)}
    choices = [
        record(kind=one_of(["object"]), noun=noun, attributes=attributes),
        record(kind=one_of(["ranked"]), noun=noun, attributes=attributes, **rank),
        record(kind=one_of(["words"]), literal=line(LETTERING_CHARACTERS)),
        record(kind=one_of(["text"]), noun=noun, attributes=attributes),
        record(kind=one_of(["field"]), field=one_of(FIELD_WORDS), noun=noun),
        record(kind=one_of(["keyed"]), key=noun),
    ]
    if earlier:
        known = one_of(f"e{number}" for number in range(1, earlier + 1))
        choices.append(record(kind=one_of(["earlier"]), of=known, attributes=attributes))
    return {"anyOf": choices}


def _relations(count: int) -> Iterator[str]:
    ids = [f"t{number}" for number in range(1, count + 1)]
    between = RelationKind.BETWEEN.name.lower()
    for subject, other in permutations(ids, 2):
        for word in RELATION_WORDS:
            if word != between:
                yield f"{subject} {word} {other}"
        for second in ids[ids.index(other) :]:
            if second != subject:
                yield f"{subject} {between} {other} {second}"


def relation_parts(said: str) -> tuple[str, RelationKind, str, str]:
    """Subject, kind, object and second object, empty for none, of a relation as the schema words it."""
    subject, word, other, *second = said.split(" ")
    return subject, RELATION_WORDS[word], other, second[0] if second else ""


def members(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The members of what `plan` admits, without the object around them."""
    plan_members: Mapping[str, Any] = value["plan"]
    return plan_members
