"""What the language model can write at all, as JSON schemas: one for plans, and one a request for claims.

What must not come out has no form here: a region that was not given, a visual claim without a region, a relation to a
target that is not there, a list or a string without an end. Strings are bounded by patterns alone, because that is the
one bound that every engine of constrained decoding holds; for the same reason nothing here asks for unique items.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import permutations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from services.common.plans import RelationKind, Task, TextField

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from services.common.claims import TargetEvidence
    from services.common.plans import Plan, Target

Schema = dict[str, Any]

MAX_TARGETS: Final = 4
MAX_RELATIONS: Final = 4
MAX_ATTRIBUTES: Final = 3
MAX_CLAIMS: Final = 16
MAX_CLAIMS_OF_A_TARGET: Final = 8
MAX_CITATIONS: Final = 8
MAX_COUNT: Final = 999

NOUN_CHARACTERS: Final = 40
ATTRIBUTE_CHARACTERS: Final = 32
LETTERING_CHARACTERS: Final = 120

_UNPRINTABLE: Final = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
"""Control characters, line ends, and marks that turn the direction of writing."""
_REPEAT: Final = re.compile(r"\{0,(\d+)\}\$\Z")

TASK_WORDS: Final[Mapping[str, Task]] = MappingProxyType({task.name.lower(): task for task in Task})
FIELD_WORDS: Final[Mapping[str, TextField]] = MappingProxyType(
    {field.name.lower(): field for field in TextField if field not in (TextField.ANY, TextField.KEYED)}
)
RELATION_WORDS: Final[Mapping[str, RelationKind]] = MappingProxyType({kind.name.lower(): kind for kind in RelationKind})


def line(characters: int) -> Schema:
    """One printable line that does not begin with a space, 1 to `characters` long."""
    return {"type": "string", "pattern": f"^[^\\s{_UNPRINTABLE}][^{_UNPRINTABLE}]{{0,{characters - 1}}}$"}


def one_of(values: Iterable[str]) -> Schema:
    """One of the given words."""
    return {"type": "string", "enum": list(dict.fromkeys(values))}


def record(**properties: Schema) -> Schema:
    """An object with exactly these members, in this order."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def several(items: Schema, *, least: int, most: int) -> Schema:
    """A list with bounds."""
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def longest(schema: Schema) -> int:
    """Characters of the longest text, without white space, that a schema of this module admits."""
    if "anyOf" in schema:
        return max(longest(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return max(len(json.dumps(value, ensure_ascii=False)) for value in schema["enum"])
    return _LONGEST[schema["type"]](schema)


def _longest_record(schema: Schema) -> int:
    members = schema["properties"].items()
    return 1 + sum(len(json.dumps(name)) + 2 + longest(member) for name, member in members)


def _longest_list(schema: Schema) -> int:
    return 1 + int(schema["maxItems"]) * (longest(schema["items"]) + 1)


def _longest_line(schema: Schema) -> int:
    repeat = _REPEAT.search(schema["pattern"])
    if repeat is None:
        msg = f"no bound in {schema['pattern']!r}"
        raise ValueError(msg)
    return int(repeat[1]) + 3


def _longest_number(schema: Schema) -> int:
    return len(str(schema["maximum"]))


_LONGEST: Final[Mapping[str, Callable[[Schema], int]]] = {
    "object": _longest_record,
    "array": _longest_list,
    "string": _longest_line,
    "integer": _longest_number,
}


# ---- Plans


def _targets() -> Schema:
    noun = line(NOUN_CHARACTERS)
    attributes = several(line(ATTRIBUTE_CHARACTERS), least=0, most=MAX_ATTRIBUTES)
    return {
        "anyOf": [
            record(kind=one_of(["object"]), noun=noun, attributes=attributes),
            record(kind=one_of(["words"]), literal=line(LETTERING_CHARACTERS)),
            record(kind=one_of(["text"]), noun=noun, attributes=attributes),
            record(kind=one_of(["field"]), field=one_of(FIELD_WORDS), noun=noun),
            record(kind=one_of(["keyed"]), key=noun),
        ]
    }


def _things(count: int) -> Schema:
    """Exactly `count` targets, and relations between two different ones of them."""
    targets = several(_targets(), least=count, most=count)
    pairs = permutations([f"t{number}" for number in range(1, count + 1)], 2)
    relations = one_of(f"{subject} {word} {other}" for subject, other in pairs for word in RELATION_WORDS)
    if count < 2:  # noqa: PLR2004 - a relation takes two
        return record(targets=targets)
    return record(targets=targets, relations=several(relations, least=0, most=MAX_RELATIONS))


def _plan() -> Schema:
    things = [_things(count) for count in range(1, MAX_TARGETS + 1)]
    whole = ["read", "describe", "unknown"]
    placed = [word for word in TASK_WORDS if word != "unknown"]
    return {
        "type": "object",
        "properties": {
            "plan": {
                "anyOf": [
                    record(task=one_of(whole)),
                    record(task=one_of(placed), things={"anyOf": things}),
                ]
            }
        },
        "required": ["plan"],
        "additionalProperties": False,
    }


PLAN: Final[Schema] = _plan()
"""A plan: a task about the whole picture, or a task about one to four things."""


# ---- Claims

STATED: Final[Mapping[Task, tuple[str, ...]]] = MappingProxyType(
    {
        Task.EXISTS: ("exists", "absent"),
        Task.LOCATE: ("located",),
        Task.COUNT: ("count", "absent"),
        Task.READ: ("reading", "field"),
        Task.ATTRIBUTE: ("exists", "located", "reading", "field"),
        Task.STATE: ("exists", "absent"),
        Task.COMPARE: ("exists", "located", "count", "reading", "field"),
        Task.DESCRIBE: ("exists", "located", "count", "reading", "field"),
    }
)
"""Kinds of claims that answer a task."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the claims of one request can be about.

    Attributes:
        regions: Ids that can be cited, each once.
        found: Targets, by id, that have candidates; empty for the whole picture.
        missing: Targets, by id, that were searched for and have none, where the task asks whether they are there.
        fields: Targets of `found` that mean a value on a page.
        most: Claims at most.
        kinds: Kinds of claims that answer the task.
    """

    regions: tuple[str, ...]
    found: tuple[str, ...]
    missing: tuple[str, ...]
    fields: tuple[str, ...]
    most: int
    kinds: tuple[str, ...]


def allowed(plan: Plan, region_ids: Iterable[str], evidence: Sequence[TargetEvidence]) -> Allowed:
    """What the evidence leaves to be claimed."""
    regions = tuple(dict.fromkeys(region_ids))
    targets = {target.id: target for target in plan.targets}
    given = frozenset(regions)
    seen = {item.target_id: sum(c.region_id in given for c in item.candidates) for item in evidence}
    found = tuple(target_id for target_id, count in seen.items() if count)
    kinds = STATED.get(plan.task, ())
    absences = evidence if "absent" in kinds else ()
    missing = tuple(item.target_id for item in absences if item.searched and not item.candidates)
    return Allowed(
        regions=regions,
        found=found,
        missing=missing,
        fields=tuple(target_id for target_id in found if _is_field(targets.get(target_id))),
        most=min(MAX_CLAIMS, sum(min(seen[target_id], MAX_CLAIMS_OF_A_TARGET) for target_id in found) + len(missing)),
        kinds=kinds,
    )


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
    if not what.missing:
        return None
    return record(target=one_of(what.missing), kind=one_of(["absent"]))


def _count(what: Allowed) -> Schema | None:
    number = {"type": "integer", "minimum": 1, "maximum": MAX_COUNT}
    return _visual(what, _named(what), "count", value=number)


def _named(what: Allowed) -> Sequence[str]:
    """The targets that have a name to state something of; the whole picture has none."""
    return [target_id for target_id in what.found if target_id]


_CLAIMS: Final[Mapping[str, Callable[[Allowed], Schema | None]]] = {
    "exists": lambda what: _visual(what, _named(what), "exists"),
    "located": lambda what: _visual(what, _named(what), "located"),
    "count": _count,
    "reading": lambda what: _visual(what, what.found, "reading", reading=line(LETTERING_CHARACTERS)),
    "field": lambda what: _visual(what, what.fields, "field", value=line(LETTERING_CHARACTERS)),
    "absent": _absent,
}
