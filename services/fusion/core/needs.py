"""What a plan needs to see, and the plans of calls that come without a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from services.common.errors import InvalidField
from services.common.plans import Engine, Plan, Target, Task
from services.common.regions import Capability

if TYPE_CHECKING:
    from collections.abc import Sequence

CALLER: Final = Engine(name="caller", version="")
"""Who planned a call that names its targets itself."""

MAX_PHRASES: Final = 32
MAX_PHRASE_CHARACTERS: Final = 200


def needed(plan: Plan) -> dict[Capability, list[Target]]:
    """The capabilities that a plan needs and the targets that need them. Reading everything needs READ_TEXT alone."""
    needs: dict[Capability, list[Target]] = {}
    for target in plan.targets:
        needs.setdefault(Capability.READ_TEXT if target.is_text else Capability.DETECT, []).append(target)
    if plan.task is Task.READ and not plan.targets:
        needs[Capability.READ_TEXT] = []
    return needs


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
    return Target(target_id, noun=text.casefold())
