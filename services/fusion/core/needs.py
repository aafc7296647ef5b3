"""What a plan needs to see, and the plans of calls that come without a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.errors import InvalidField
from services.common.plans import Aspect, Engine, Order, Plan, RelationKind, Target, Task
from services.common.regions import Capability
from services.fusion.core.scene import palette

if TYPE_CHECKING:
    from collections.abc import Sequence

CALLER: Final = Engine(name="caller", version="")
"""Who planned a call that names its targets itself."""

MAX_PHRASES: Final = 32
MAX_PHRASE_CHARACTERS: Final = 200

_MEASURED_ASPECTS: Final = frozenset({Aspect.COLOR, Aspect.NEARNESS})
_MEASURED_RELATIONS: Final = frozenset({RelationKind.SAME_COLOR, RelationKind.IN_FRONT_OF, RelationKind.BEHIND})
_MEASURED_ORDERS: Final = frozenset({Order.NEAREST, Order.FARTHEST})


_ADJECTIVES: Final = palette.BASIC - {"orange"}
"""Colours that begin a phrase and are said of the noun that follows; an orange may be the thing itself."""


def needed(plan: Plan) -> dict[Capability, list[Target]]:
    """The capabilities that a plan needs and the targets that need them; a task about the whole picture has none.

    What an earlier turn was about is not searched for again.
    """
    needs: dict[Capability, list[Target]] = {}
    for target in plan.targets:
        if not target.earlier:
            needs.setdefault(Capability.READ_TEXT if target.is_text else Capability.DETECT, []).append(target)
    if not plan.targets and plan.task in (Task.READ, Task.DESCRIBE):
        needs[Capability.READ_TEXT] = []
    if not plan.targets and plan.task is Task.DESCRIBE:
        needs[Capability.DETECT] = []
    return needs


def appearance(plan: Plan) -> bool:
    """Whether the plan asks for what is measured in pixels: colours, or nearness to the camera."""
    return (
        plan.aspect in _MEASURED_ASPECTS
        or any(relation.kind in _MEASURED_RELATIONS for relation in plan.relations)
        or any(target.attributes for target in plan.targets if not target.is_text)
        or any(target.rank is not None and target.rank.order in _MEASURED_ORDERS for target in plan.targets)
    )


def plan_to_read() -> Plan:
    """The plan of `Read`: all lettering."""
    return Plan(task=Task.READ, engine=CALLER)


def plan_to_ground(phrases: Sequence[str]) -> Plan:
    """The plan of `Ground`: one target a phrase; in double quotes, lettering.

    Raises:
        InvalidField: No phrase, too many, an empty or an over-long one.
    """
    if not 1 <= len(phrases) <= MAX_PHRASES:
        raise InvalidField("phrases", f"{len(phrases)} phrases", remedy=f"give 1 to {MAX_PHRASES}")
    targets = tuple(_target(f"t{number}", phrase) for number, phrase in enumerate(phrases, start=1))
    return Plan(task=Task.LOCATE, engine=CALLER, targets=targets)


def _target(target_id: str, phrase: str) -> Target:
    text = phrase.strip()
    literal = text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == '"' else ""
    if not (literal or text.strip('"').strip()):
        raise InvalidField("phrases", "a phrase is empty", remedy="say what to find")
    if len(text) > MAX_PHRASE_CHARACTERS:
        raise InvalidField(
            "phrases",
            f"a phrase has {len(text)} characters",
            remedy=f"at most {MAX_PHRASE_CHARACTERS} are searched for",
        )
    if literal:
        return Target(target_id, literal_text=literal, is_text=True)
    first, _, rest = text.casefold().partition(" ")
    if first in _ADJECTIVES and rest.strip():
        return Target(target_id, noun=rest.strip(), attributes=(first,))
    return Target(target_id, noun=text.casefold())
